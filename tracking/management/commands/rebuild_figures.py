"""Count a merchant's delay figures anew, from its parcels."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tracking.services import rebuild_figures


class Command(BaseCommand):
    help = "Forget a merchant's delay figures and count every parcel anew; what is counted meanwhile waits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("merchant", help="slug")

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise CommandError(f"no merchant is called {options['merchant']!r}")
        with merchant_scope(merchant.pk):
            counted = rebuild_figures(now=now())
        self.stdout.write(f"{counted} parcels counted")
