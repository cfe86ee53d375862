from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from merchants.acting import acting, command
from merchants.scope import merchant_scope
from merchants.selectors import base_url
from merchants.services import MerchantExists, create_merchant
from merchants.types import Language


class Command(BaseCommand):
    help = "Open a merchant."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", required=True)
        parser.add_argument("--locale", default="en", help="en, de, zh-hans, id, pt-br; a region (de-AT) is read for the country")
        parser.add_argument("--timezone", default="UTC")
        parser.add_argument("--country", default="")
        parser.add_argument("--currency", default="USD")

    def handle(self, *args: Any, **options: Any) -> None:
        language, country = split_locale(options["locale"])
        try:
            with acting(command("create_merchant")):
                merchant = create_merchant(
                    slug=options["slug"],
                    name=options["name"],
                    language=language,
                    country=options["country"] or country or "US",
                    currency=options["currency"],
                    timezone=options["timezone"],
                    at=now(),
                )
        except (ValidationError, MerchantExists) as error:
            raise CommandError("; ".join(error.messages) if isinstance(error, ValidationError) else str(error)) from None
        with merchant_scope(merchant.pk):
            self.stdout.write(base_url())


def split_locale(locale: str) -> tuple[str, str]:
    """`de-AT` -> ("de", "AT"); `zh-Hans` -> ("zh-hans", ""); `pt-BR` -> ("pt-br", "BR")."""
    whole = locale.replace("_", "-").lower()
    language, _, rest = whole.partition("-")
    country = rest.upper() if len(rest) == 2 else ""
    return (whole if whole in Language.values or not country else language), country
