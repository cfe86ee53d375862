"""Two merchants with one of everything, alike in all of it: what hostile input is thrown at, and the stranger next door."""

from dataclasses import dataclass
from typing import Any

from django.test import Client

from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_api_key, create_merchant
from merchants.types import Scope
from notifications.models import ProviderAccount
from orders.models import Order
from tests.admin.world import World, build
from tests.admin.world import signed_in as staff_of
from tests.conftest import NOW
from tests.factories import place_order
from tests.portal.addresses import Belongings, belongings
from tests.portal.conftest import signed_in

PLATFORM = "platform.test"


@dataclass(frozen=True, slots=True)
class House:
    """One merchant: what staff see (`world`), what one shopper has (`own`), and the ways in."""

    merchant: Merchant
    world: World
    order: Order
    own: Belongings
    token: str
    revoked: str
    expired: str

    def shopper(self) -> Client:
        """The shopper, signed in."""
        assert self.order.customer is not None
        return signed_in(self.merchant, self.order.customer)

    def anybody(self) -> Client:
        """Somebody nobody knows, on the merchant's host."""
        return Client(HTTP_HOST=f"{self.merchant.slug}.platform.test", HTTP_ACCEPT_LANGUAGE="en")

    def owner(self) -> Client:
        """The merchant's owner at the desk."""
        return staff_of(self.world.owner)


def furnish(slug: str, **about: Any) -> House:
    """A merchant with one of everything."""
    merchant = create_merchant(slug=slug, name=slug.capitalize(), at=NOW, **about)
    world = build(merchant)
    with merchant_scope(merchant.pk):
        order = place_order(number="1002", source="shop", external_id="77", email="lena@example.com", phone="", currency=merchant.currency)
        own = belongings(order)
        _, token = create_api_key(name="hostile", scopes=list(Scope.values), at=NOW)
        key, revoked = create_api_key(name="revoked", scopes=list(Scope.values), at=NOW)
        type(key).objects.filter(pk=key.pk).update(revoked_at=NOW)
        ProviderAccount.objects.filter(channel="sms").update(is_active=False)  # nothing leaves this machine
        key, expired = create_api_key(name="expired", scopes=list(Scope.values), at=NOW)
        type(key).objects.filter(pk=key.pk).update(expires_at=NOW)
    return House(merchant, world, order, own, token, revoked, expired)


@dataclass(frozen=True, slots=True)
class Street:
    """The house under attack and the one next door."""

    here: House
    there: House


def build_street() -> Street:
    """Both houses, with nothing left to be worked off in either."""
    street = Street(
        furnish("acme", language="de", country="DE", currency="EUR", timezone="Europe/Berlin"),
        furnish("borealis", language="en", country="US", currency="USD", timezone="America/Chicago"),
    )
    run_until_quiet(lambda: NOW)
    return street
