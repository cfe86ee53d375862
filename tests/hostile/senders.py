"""Whoever calls us, and how each proves it: shops, carriers, message providers. Their addresses come from the registries."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from twilio.request_validator import RequestValidator

from connectors.registry import CONNECTORS
from connectors.types import Kind
from merchants.scope import merchant_scope
from notifications.channels.email_callbacks import VIEWS
from notifications.models import ProviderAccount
from notifications.services import save_account
from tests.admin.world import message_row
from tests.conftest import NOW
from tests.connectors.carrier_calls import signed
from tests.connectors.conftest import headers_of, open_connection, payload
from tests.connectors.test_mutated_payloads import SAMPLES
from tests.hostile.stage import PLATFORM, House
from tests.notifications import test_channels_callbacks as mails
from tests.notifications.test_inbound import fields as inbound_fields

FORM = "application/x-www-form-urlencoded"
SECRET = "the-secret-of-this-house"
SHOPS = [name for name, row in CONNECTORS.items() if row.kind == Kind.SHOP]
CALLERS = [name for name, row in CONNECTORS.items() if row.kind in (Kind.SHOP, Kind.CARRIER)]
PROVIDERS = sorted(VIEWS)
SIGNATURES = {
    "shopify": "X-Shopify-Hmac-SHA256", "woocommerce": "X-WC-Webhook-Signature", "easypost": "X-Hmac-Signature",
    "aftership": "aftership-hmac-sha256", "17track": "sign", "shippo": "Shippo-Auth-Signature",
}  # fmt: skip
EVENTS: dict[str, Mapping[str, Any]] = {
    "mailgun": {"event": "failed", "severity": "permanent", "reason": "bounce"},
    "postmark": {"RecordType": "Bounce", "Type": "HardBounce", "ID": 1, "Email": "sam@example.com"},
    "sendgrid": {"event": "bounce", "type": "bounce", "reason": "550"},
    "ses": {"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": mails.GONE}},
}
BUILD: dict[str, Callable[..., tuple[str, dict[str, str]]]] = {name: getattr(mails, name) for name in PROVIDERS}


@dataclass
class Hook:
    """A connection of the house and how its other end calls."""

    connector: str
    row: Any
    client: Client

    def samples(self) -> list[tuple[str, Any]]:
        """Topic and payload of everything this connector is known to tell."""
        return [(topic, payload(f"{name}/{file}")) for name, topic, file in SAMPLES if name == self.connector]

    def proof(self, topic: str, body: bytes, *, secret: str = SECRET, event_id: str = "e") -> tuple[dict[str, str], str]:
        """Headers and query that a call of the other end has."""
        if self.connector in SHOPS:
            return headers_of(self.row, topic, body, secret=secret, event_id=event_id, shop=""), ""
        return signed(self.connector, body, secret)

    def call(self, topic: str, body: bytes, *, headers: Mapping[str, str | None] | None = None, **over: Any) -> Any:
        """Post as the other end does; a header of None is left out."""
        path, query, method = over.pop("path", f"/hooks/{self.row.public_id}/"), over.pop("query", None), over.pop("method", "POST")
        own, told = self.proof(topic, body, **over)
        sent = {"Host": PLATFORM, **own, **(headers or {})}
        path += told if query is None else query
        kept = {name: value for name, value in sent.items() if value is not None}
        return self.client.generic(method, path, body, "application/json", headers=kept)


def hook_of(house: House, connector: str) -> Hook:
    """A new connection."""
    return Hook(connector, open_connection(house.merchant, connector, NOW, secret=SECRET), Client())


@dataclass
class Post:
    """An account of the house at a message provider, a message that went out through it, and how the provider calls back."""

    provider: str
    sent: Any
    client: Client

    @property
    def path(self) -> str:
        return f"/callbacks/{self.provider}/{self.sent.account.public_id}/"

    def body(self, event: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        """Body and headers the provider would send about the message."""
        if self.provider == "sendgrid":
            return mails.sendgrid(self.sent, dict(event))
        return BUILD[self.provider](self.sent, dict(event))

    def signed(self, body: str) -> dict[str, str]:
        """Headers that make any body of the provider's a genuine one; Mailgun signs within it."""
        if self.provider == "sendgrid":
            return sendgrid_headers(body)
        return self.body(EVENTS[self.provider])[1]

    def call(self, body: str | bytes, headers: Mapping[str, str], **over: Any) -> Any:
        """Post it."""
        path, method = over.pop("path", self.path), over.pop("method", "POST")
        kind = over.pop("content_type", "application/json")
        raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
        return self.client.generic(method, path, raw, kind, headers={"Host": PLATFORM, **headers})

    def tell(self, event: Mapping[str, Any]) -> Any:
        """A genuine call about the event."""
        return self.call(*self.body(event))


def sendgrid_headers(body: str) -> dict[str, str]:
    """SendGrid's signature of any body."""
    stamp = b"1700000000"
    raw = stamp + body.encode("utf-8", "surrogatepass")
    signature = base64.b64encode(mails.KEY.sign(raw, ec.ECDSA(hashes.SHA256()))).decode()
    return {"X-Twilio-Email-Event-Webhook-Signature": signature, "X-Twilio-Email-Event-Webhook-Timestamp": stamp.decode()}


def _sent(house: House, provider: str) -> Any:
    """An account at the provider, and a message that went out through it."""
    channel, settings, secrets = mails.ACCOUNTS[provider]
    with merchant_scope(house.merchant.pk):
        account = save_account(channel=channel, provider=provider, settings=settings, secrets=secrets, at=NOW)
        ProviderAccount.objects.filter(pk=account.pk).update(is_active=False)  # hears what it sent, and sends nothing more
        about = {"channel": channel, "state": "sent", "sent_at": NOW, "account": account, "provider_id": f"{provider}-1"}
        message = message_row(house.world, **about)
    return mails.Sent(house.merchant, account, message)


def post_of(house: House, provider: str) -> Post:
    """A new account at a mail provider."""
    return Post(provider, _sent(house, provider), Client())


def phone_of(house: House) -> "Phone":
    """A new account at Twilio."""
    return Phone(_sent(house, "twilio"), Client())


@dataclass
class Phone:
    """The house's account at Twilio: status callbacks and shoppers' texts, both signed forms."""

    sent: Any
    client: Client

    def call(self, part: str, sent: Mapping[str, str], *, raw: str | None = None, key: str = mails.TOKEN, **over: Any) -> Any:
        """Post a form; `part` is the message's token, or `inbound`."""
        path = f"/callbacks/twilio/{self.sent.account.public_id}/{part}/"
        signature = RequestValidator(key).compute_signature(f"https://{PLATFORM}{path}", dict(sent))
        headers = {"Host": PLATFORM, "X-Twilio-Signature": signature, **over.pop("headers", {})}
        body = urlencode(sent) if raw is None else raw
        return self.client.generic(
            over.pop("method", "POST"), path + over.pop("query", ""), body.encode(), over.pop("content_type", FORM), headers=headers
        )

    def status(self, **over: str) -> Any:
        """News of the message."""
        return self.call(self.sent.message.token, mails.twilio_fields(**over))

    def text(self, words: str, number: int = 1) -> Any:
        """A text of the shopper's."""
        return self.call("inbound", inbound_fields(words, number=number, AccountSid=mails.SID))


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
