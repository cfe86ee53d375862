from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from merchants.acting import acting, command
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_api_key
from merchants.types import Scope


class Command(BaseCommand):
    help = "Make an API key and print it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--merchant", required=True)
        parser.add_argument("--scopes", default=",".join(Scope.values), help="comma-separated; all by default")
        parser.add_argument("--name", default="made on the command line")

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise CommandError(f"there is no merchant {options['merchant']!r}")
        try:
            with acting(command("create_api_key")), merchant_scope(merchant.pk):
                scopes = [scope.strip() for scope in options["scopes"].replace(" ", ",").split(",") if scope.strip()]
                _, token = create_api_key(name=options["name"], scopes=scopes, at=now())
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(token)
