from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from core.text import BadEmail, normalise_email
from customers.models import Customer
from customers.services import make_link
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import base_url


class Command(BaseCommand):
    help = "Print a one-time link that signs a shopper in; it works for ten minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--merchant", required=True)
        parser.add_argument("--email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = Merchant.objects.filter(slug=options["merchant"]).first()
        if merchant is None:
            raise CommandError(f"there is no merchant {options['merchant']!r}")
        try:
            email = normalise_email(options["email"])
        except BadEmail as error:
            raise CommandError(f"--email: {error}") from None
        with merchant_scope(merchant.pk):
            customer = Customer.objects.filter(email_normalised=email).first()
            if customer is None:
                raise CommandError(f"{merchant.name} has no customer {email}")
            self.stdout.write(f"{base_url()}/sign-in/confirm/{make_link(customer=customer, at=now())}/")
