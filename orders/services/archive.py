"""Orders a shopper has put away. It tidies the list and says nothing about the order, so nobody is told."""

from datetime import datetime

from orders.models import Order


def archive_order(*, order: Order, at: datetime) -> None:
    """Take the order out of the shopper's list; put away before, it keeps its day."""
    Order.objects.filter(pk=order.pk, archived_at=None).update(archived_at=at)


def unarchive_order(*, order: Order) -> None:
    """Put the order back into the shopper's list."""
    Order.objects.filter(pk=order.pk).exclude(archived_at=None).update(archived_at=None)
