"""What the receipt of an order says, in the reader's language. Called a receipt: an invoice is the shop's own, with its number."""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal

from django.utils.translation import gettext as _

from merchants.models import Branding, Merchant
from orders.models import Order, OrderLine
from portal.formats import address_lines, day_text, money_text
from portal.paper.receipt import Receipt, Row

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def receipt_name(order: Order) -> str:
    """A file name any system takes, whatever the shop calls its orders."""
    number = UNSAFE.sub("-", order.number).strip("-._")[:60]
    return f"receipt-{number or order.public_id}.pdf"


class Writer:
    """Amounts of one currency and days of one zone, as one language writes them."""

    def __init__(self, *, language: str, currency: str, zone: tzinfo) -> None:
        self.language, self.currency, self.zone = language, currency, zone

    def money(self, amount: Decimal) -> str:
        return money_text(amount, self.currency, language=self.language)

    def less(self, amount: Decimal) -> str:
        return f"−{self.money(amount)}"

    def day(self, moment: datetime) -> str:
        return day_text(moment.astimezone(self.zone).date(), language=self.language, this_year=0, form="plain")

    def address(self, address: Mapping[str, object]) -> list[str]:
        return address_lines(address, language=self.language)


def receipt_of(order: Order, *, merchant: Merchant, branding: Branding, language: str, zone: tzinfo) -> Receipt:
    """Reads what `order_page` has loaded; no query of its own."""
    write = Writer(language=language, currency=order.currency, zone=zone)
    is_paid = order.paid_total > 0
    return Receipt(
        title=_("Receipt") if is_paid else _("Order summary"),
        country=merchant.country,
        shop=merchant.name,
        seller=_seller(merchant, branding),
        facts=_facts(order, write),
        parties=_parties(order, write),
        head=(_("Item"), _("Pieces"), _("Each"), _("Amount")),
        rows=[_row(line, write) for line in sorted(order.lines.all(), key=lambda line: (line.position, line.pk))],
        sums=_sums(order, write),
        payments=(_("Paid with"), _payments(order, write)),
        notes=_notes(order, branding, is_paid=is_paid),
        page=_("Page %(page)s"),
    )


def _seller(merchant: Merchant, branding: Branding) -> list[str]:
    """Who sells, as far as the merchant has told: company, address, tax number."""
    named = branding.legal_name if branding.legal_name != merchant.name else ""
    tax = _("Tax number: %(number)s") % {"number": branding.tax_number} if branding.tax_number else ""
    lines = [named, *branding.postal_address.splitlines(), tax, branding.support_email]
    return [text.strip() for text in lines if text.strip()]


def _facts(order: Order, write: Writer) -> list[tuple[str, str]]:
    facts = [(_("Order"), order.number), (_("Ordered on"), write.day(order.placed_at))]
    if order.paid_at is not None:
        facts.append((_("Paid on"), write.day(order.paid_at)))
    if order.cancelled_at is not None:
        facts.append((_("Cancelled on"), write.day(order.cancelled_at)))
    return facts


def _parties(order: Order, write: Writer) -> list[tuple[str, list[str]]]:
    """Who bought, and where it went when that is elsewhere."""
    bill, ship = write.address(order.billing_address), write.address(order.shipping_address)
    name = f"{order.first_name} {order.last_name}".strip()
    buyer = bill or ship or ([name] if name else [])
    parties = [(_("Sold to"), buyer), (_("Sent to"), ship if ship != buyer else [])]
    return [(label, lines) for label, lines in parties if lines]


def _row(line: OrderLine, write: Writer) -> Row:
    off = _("%(sum)s off") % {"sum": write.money(line.discount)} if line.discount else ""
    removed = _("%(n)s cancelled") % {"n": line.quantity_removed} if line.quantity_removed else ""
    tax = _("tax %(sum)s") % {"sum": write.money(line.tax)} if line.tax else ""
    detail = " · ".join(text for text in (line.variant_title, line.sku, off, tax, removed) if text)
    return Row(line.title, detail, str(line.quantity), write.money(line.unit_price), write.money(line.total))


def _sums(order: Order, write: Writer) -> list[tuple[str, str, bool]]:
    sums = [(_("Products"), write.money(order.subtotal), False)]
    if order.discount_total:
        sums.append((_("Discount"), write.less(order.discount_total), False))
    sums.append((_("Shipping costs"), write.money(order.shipping_total), False))
    if order.tax_total and not order.taxes_included:
        sums.append((_("Tax"), write.money(order.tax_total), False))
    sums.append((_("Total"), write.money(order.total), True))
    if order.tax_total and order.taxes_included:
        sums.append((_("Tax included"), write.money(order.tax_total), False))
    refunds = [row for row in order.refunds.all() if row.amount] if order.refunded_total else []
    for refund in sorted(refunds, key=lambda row: (row.refunded_at, row.pk)):
        sums.append((_("Refunded %(day)s") % {"day": write.day(refund.refunded_at)}, write.less(refund.amount), False))
    if order.refunded_total:
        sums.append((_("Paid after refunds"), write.money(max(order.paid_total - order.refunded_total, Decimal(0))), True))
    return sums


def _payments(order: Order, write: Writer) -> list[tuple[str, str]]:
    """Masked, as the shop told it; an order paid in a way nobody named says the sum alone."""
    paid = [payment for payment in order.payments.all() if payment.paid_at is not None]
    if not paid:
        return [(_("Paid"), write.money(order.paid_total))] if order.paid_total else []
    return [
        (" ".join(text for text in (row.method, f"•••• {row.last4}" if row.last4 else "") if text), write.money(row.amount)) for row in paid
    ]


def _notes(order: Order, branding: Branding, *, is_paid: bool) -> list[str]:
    notes = [] if is_paid else [_("Not paid yet.")]
    if branding.support_email:
        notes.append(_("This is not a tax invoice. If you need one, write to %(email)s.") % {"email": branding.support_email})
    else:
        notes.append(_("This is not a tax invoice. If you need one, ask the shop."))
    return notes
