from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from core.text import BadEmail, normalise_email
from customers.models import Customer
from customers.services import carry_out_due, request_erasure
from merchants.acting import acting, command
from merchants.models import Merchant
from merchants.scope import merchant_scope

BATCH = 200


class Command(BaseCommand):
    help = "Erase one shopper, or all whose orders came from one shop alone: what a platform asks for when a shop leaves it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--merchant", required=True)
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("--email")
        whom.add_argument("--shop", help="the connection's name, like shopify")
        parser.add_argument("--yes", action="store_true", help="do it; without it, only say how many it would be")

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise CommandError(f"there is no merchant {options['merchant']!r}")
        with merchant_scope(merchant.pk):
            ids = _by_email(options["email"]) if options["email"] else _by_shop(options["shop"])
        if not options["yes"]:
            self.stdout.write(f"{len(ids)} shoppers of {merchant.name} would be erased; add --yes to do it")
            return
        for start in range(0, len(ids), BATCH):
            with acting(command("erase_shoppers")), merchant_scope(merchant.pk):
                for person in Customer.objects.filter(pk__in=ids[start : start + BATCH]).order_by("pk"):
                    request_erasure(customer=person, source="command", at=now())
        reached = carry_out_due(now=now())
        self.stdout.write(f"asked for {len(ids)}, begun {reached['working']}, waiting {reached['requested']}")


def _by_email(email: str) -> list[int]:
    try:
        key = normalise_email(email)
    except BadEmail as error:
        raise CommandError(f"--email: {error}") from None
    return list(Customer.objects.filter(email_normalised=key, erased_at=None).values_list("pk", flat=True))


def _by_shop(source: str) -> list[int]:
    """Who also bought elsewhere at this merchant stays."""
    sources: dict[int, set[str]] = {}
    told = Customer.objects.filter(erased_at=None, orders__isnull=False).values_list("pk", "orders__source").distinct()
    for pk, name in told:
        sources.setdefault(pk, set()).add(name)
    return sorted(pk for pk, names in sources.items() if names == {source})
