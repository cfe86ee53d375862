"""The shops and carriers we speak with. One entry each; `docs` and the admin read the same list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connectors.carriers.aftership import codes as aftership_codes
from connectors.carriers.aftership import parse as aftership
from connectors.carriers.aftership import verify as aftership_calls
from connectors.carriers.easypost import codes as easypost_codes
from connectors.carriers.easypost import parse as easypost
from connectors.carriers.easypost import verify as easypost_calls
from connectors.carriers.seventeentrack import codes as seventeentrack_codes
from connectors.carriers.seventeentrack import parse as seventeentrack
from connectors.carriers.seventeentrack import verify as seventeentrack_calls
from connectors.carriers.shippo import codes as shippo_codes
from connectors.carriers.shippo import parse as shippo
from connectors.carriers.shippo import verify as shippo_calls
from connectors.shops.shopify import cart as shopify_cart
from connectors.shops.shopify import codes as shopify_codes
from connectors.shops.shopify import parse as shopify
from connectors.shops.shopify import verify as shopify_calls
from connectors.shops.woocommerce import cart as woocommerce_cart
from connectors.shops.woocommerce import codes as woocommerce_codes
from connectors.shops.woocommerce import parse as woocommerce
from connectors.shops.woocommerce import verify as woocommerce_calls
from connectors.types import CartAddress, Headers, Hook, Ignored, Kind, Parse, Parsed
from orders.registry import CartItem

Guess = Callable[[dict[str, Any]], str]
Topic = Callable[[Hook, dict[str, Any]], str]


class UnknownConnector(ValueError):
    """No shop or carrier of this name is spoken with."""


def _no_account(headers: Headers) -> str:
    return ""


def _no_ping(hook: Hook) -> bool:
    return False


def _no_cart(account: str, items: Sequence[CartItem]) -> str:
    return ""


def _no_call(secret: str, hook: Hook) -> bool:
    """It is called by us and calls us never: every call to its address is refused."""
    return False


def _no_event(hook: Hook, content: dict[str, Any], fingerprint: str) -> str:
    return fingerprint


def _nothing(topic: str, body: dict[str, Any], source: str) -> Parsed:
    return Ignored("this connection tells nothing")


def in_header(name: str) -> Topic:
    """The topic stands in a header."""
    return lambda hook, content: hook.headers.get(name, "")


def in_body(guess: Guess) -> Topic:
    """The topic stands in the body, where the vendor's parser looks for it."""
    return lambda hook, content: guess(content)


@dataclass(frozen=True, slots=True)
class Connector:
    """One kind of shop or carrier: how its calls are verified and read, and what its payloads mean."""

    name: str
    label: str | Promise
    kind: Kind
    topics: tuple[str, ...]
    topic_field: str  # the header or the key that names the topic
    topic: Topic
    verify: Callable[[str, Hook], bool]
    event_id: Callable[[Hook, dict[str, Any], str], str]  # call, content, the body's fingerprint
    parse: Parse
    guess: Guess
    help: str | Promise  # where a person enters the address and the secret
    account_header: str = ""
    account: Callable[[Headers], str] = _no_account
    is_ping: Callable[[Hook], bool] = _no_ping
    cart: CartAddress = _no_cart  # the address that puts items into its cart
    is_secret_theirs: bool = False  # the vendor makes it, so it must be entered here
    secret_parameter: str = ""  # the vendor signs nothing: the secret is part of the address


CONNECTORS = {
    connector.name: connector
    for connector in (
        Connector(
            name="shopify",
            label="Shopify",
            kind=Kind.SHOP,
            topics=shopify_codes.TOPICS,
            topic_field=shopify_calls.TOPIC,
            topic=in_header(shopify_calls.TOPIC),
            verify=shopify_calls.verify,
            event_id=shopify_calls.event_id_of,
            parse=shopify.parse,
            guess=shopify.guess,
            help=_(
                "In Shopify, subscribe your app's webhooks to this address, in JSON. Enter the app's own secret here."
                " The topic fulfillment_events/create brings the parcels' scans."
            ),
            account_header=shopify_calls.ACCOUNT,
            account=shopify_calls.account_of,
            cart=shopify_cart.cart,
        ),
        Connector(
            name="woocommerce",
            label="WooCommerce",
            kind=Kind.SHOP,
            topics=woocommerce_codes.TOPICS,
            topic_field=woocommerce_calls.TOPIC,
            topic=in_header(woocommerce_calls.TOPIC),
            verify=woocommerce_calls.verify,
            event_id=woocommerce_calls.event_id_of,
            parse=woocommerce.parse,
            guess=woocommerce.guess,
            help=_("In WooCommerce, open Settings, Advanced, Webhooks and make one webhook for each topic with this address and secret."),
            account_header=woocommerce_calls.ACCOUNT,
            account=woocommerce_calls.account_of,
            cart=woocommerce_cart.cart,
            is_ping=woocommerce_calls.is_ping,
        ),
        Connector(
            name="easypost",
            label="EasyPost",
            kind=Kind.CARRIER,
            topics=easypost_codes.EVENTS,
            topic_field="description",
            topic=in_body(easypost.guess),
            verify=easypost_calls.verify,
            event_id=easypost_calls.event_id_of,
            parse=easypost.parse,
            guess=easypost.guess,
            help=_("In EasyPost, open Webhooks & Events, add a webhook with this address and enter the secret as its webhook secret."),
        ),
        Connector(
            name="aftership",
            label="AfterShip",
            kind=Kind.CARRIER,
            topics=aftership_codes.EVENTS,
            topic_field="event",
            topic=in_body(aftership.guess),
            verify=aftership_calls.verify,
            event_id=aftership_calls.event_id_of,
            parse=aftership.parse,
            guess=aftership.guess,
            help=_("In AfterShip Tracking, open Settings, Webhooks and add this address. Enter the webhook secret shown there here."),
            is_secret_theirs=True,
        ),
        Connector(
            name="shippo",
            label="Shippo",
            kind=Kind.CARRIER,
            topics=shippo_codes.EVENTS,
            topic_field="event",
            topic=in_body(shippo.guess),
            verify=shippo_calls.verify,
            event_id=shippo_calls.event_id_of,
            parse=shippo.parse,
            guess=shippo.guess,
            help=_(
                "In Shippo, open Settings, API, Webhooks and add a webhook for the event Track Updated with this whole address:"
                " the token at its end is the secret. If Shippo gave you a signing secret, enter that one here."
            ),
            secret_parameter=shippo_calls.TOKEN,
        ),
        Connector(
            name="17track",
            label="17TRACK",
            kind=Kind.CARRIER,
            topics=seventeentrack_codes.EVENTS,
            topic_field="event",
            topic=in_body(seventeentrack.guess),
            verify=seventeentrack_calls.verify,
            event_id=seventeentrack_calls.event_id_of,
            parse=seventeentrack.parse,
            guess=seventeentrack.guess,
            help=_(
                "In 17TRACK's API dashboard, open Settings and enter this address as the webhook. The secret is the API key shown there."
            ),
            is_secret_theirs=True,
        ),
        Connector(
            name="webhook",
            label=_("Your own program"),
            kind=Kind.OWN,
            topics=(),
            topic_field="type",
            topic=in_body(lambda content: ""),
            verify=_no_call,
            event_id=_no_event,
            parse=_nothing,
            guess=lambda content: "",
            help=_(
                "Your program is called at its https address when money goes back or a replacement is due, signed as Standard Webhooks"
                " describes it. Answer 200 with an id once it is done, 202 when you tell us later through the API."
            ),
        ),
    )
}
# What is written where a name may not begin with a digit.
ALIASES = {"seventeentrack": "17track"}


def connector_named(name: str) -> Connector:
    """Raises UnknownConnector."""
    try:
        return CONNECTORS[ALIASES.get(name, name)]
    except KeyError:
        raise UnknownConnector(f"unknown connector {name[:40]!r}; known: {', '.join(CONNECTORS)}") from None
