from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors.registry import CONNECTORS, UnknownConnector, connector_named
from connectors.selectors import hook_address
from connectors.services import connect
from connectors.services.connections import BadConnection
from core.clock import now
from merchants.acting import acting, command
from merchants.models import Merchant
from merchants.scope import merchant_scope


class Command(BaseCommand):
    help = "Connect a shop or a carrier and print the address and secret to enter there; the secret is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("connector", help=", ".join(CONNECTORS))
        parser.add_argument("--merchant", required=True)
        parser.add_argument("--secret", default="", help="the vendor's own, e.g. a Shopify app's; made when left out and ours to make")
        parser.add_argument("--account", default="", help="the shop's address; calls that name another are refused")

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise CommandError(f"there is no merchant {options['merchant']!r}")
        try:
            with acting(command("connect")), merchant_scope(merchant.pk):
                row, secret = connect(connector=options["connector"], at=now(), secret=options["secret"], account=options["account"])
        except (UnknownConnector, BadConnection) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"address: {hook_address(connection=row, secret=secret)}")
        self.stdout.write(f"secret: {secret}")
        self.stderr.write(str(connector_named(row.connector).help), self.style.NOTICE)  # for the person; the two lines are for scripts too
