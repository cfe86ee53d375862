"""How each vendor's calls are read and answered: Twilio's messages, Postmark's mails, EasyPost's trackers, merchants' shops and sinks.

Pure reading and writing; whether a call has its effect is the script's business (`providerd`).
"""

import base64
import binascii
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.chaos.providerd_held import Held, Store
from tests.chaos.providerd_script import Call


@dataclass(frozen=True, slots=True)
class Asked:
    """One HTTP request, taken apart."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> "Asked":
        parts = urlsplit(target)
        lower = {name.lower(): value for name, value in headers.items()}
        return cls(method, parts.path, _plain(parts.query), lower, body)

    @property
    def form(self) -> dict[str, str]:
        return _plain(self.body.decode())

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"{}")

    @property
    def basic(self) -> tuple[str, str]:
        """User and password; two empty texts when there are none."""
        kind, _, told = self.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(told).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return (user, password) if kind.lower() == "basic" else ("", "")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deed:
    """What a call comes to: how it is known, who may do it, its effect and answer, and what is journalled besides."""

    call: Call
    act: Callable[[], Reply]  # does it, once, and says so
    secret: str | None = None  # what the call proved itself with; None: needs no proof
    message: Held | None = None  # of a send
    told: Mapping[str, Any] = field(default_factory=dict)
    stranger: Reply = field(default_factory=lambda: Reply(401, {"ErrorCode": 10, "Message": "No such server token."}))


def read(asked: Asked, store: Store, *, lag: float) -> Deed | None:
    """Raises ValueError and KeyError for what no vendor would understand."""
    for pattern, method, speak in ROUTES:
        if asked.method == method and (match := re.fullmatch(pattern, asked.path)):
            return speak(asked, store, lag, **match.groupdict())
    return None


def _plain(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# Twilio

TWILIO_REFUSAL = {
    "21610": "Attempt to send to unsubscribed recipient",
    "21211": "Invalid 'To' Phone Number",
}


def twilio_send(asked: Asked, store: Store, lag: float, sid: str) -> Deed:
    form = asked.form
    callback = form.get("StatusCallback", "")
    key = callback.rstrip("/").rpartition("/")[2]
    made = Held(
        "twilio", sid, f"SM{uuid.uuid4().hex}", key, form["To"], form.get("From") or form["MessagingServiceSid"], form["Body"], callback
    )
    return Deed(
        Call("send", "twilio", sid, made.to, key),
        lambda: Reply(201, _twilio_message(made)),
        secret=asked.basic[1],
        message=made,
        stranger=Reply(401, {"code": 20003, "message": "Authenticate", "status": 401}),
    )


def twilio_list(asked: Asked, store: Store, lag: float, sid: str) -> Deed:
    to = asked.query.get("To", "")

    def act() -> Reply:
        found = [_twilio_message(one) for one in store.of_recipient("twilio", sid, to, lag=lag)]
        return Reply(200, {"messages": found[: int(asked.query.get("PageSize", "50"))], "next_page_uri": None, "page": 0})

    return Deed(Call("lookup", "twilio", sid, to, to), act, secret=asked.basic[1])


def twilio_account(asked: Asked, store: Store, lag: float, sid: str) -> Deed:
    return Deed(Call("check", "twilio", sid), lambda: Reply(200, {"sid": sid, "status": "active"}), secret=asked.basic[1])


def _twilio_message(held: Held) -> dict[str, Any]:
    made = format_datetime(datetime.fromtimestamp(held.taken_at, UTC))
    return {
        "sid": held.id, "account_sid": held.account, "to": held.to, "from": held.sender, "body": held.text, "status": "queued",
        "direction": "outbound-api", "date_created": made, "date_updated": made, "date_sent": None, "error_code": None,
        "error_message": None, "num_segments": "1", "num_media": "0", "price": None, "price_unit": "USD", "api_version": "2010-04-01",
        "messaging_service_sid": None, "subresource_uris": {}, "uri": f"/2010-04-01/Accounts/{held.account}/Messages/{held.id}.json",
    }  # fmt: skip


# Postmark

POSTMARK_REFUSAL = {
    "21610": (
        406,
        "You tried to send to an inactive recipient.\n Found inactive addresses: {to}.\n Inactive recipients are ones that have bounced.",
    ),
    "21211": (300, "Invalid 'To' address: '{to}'."),
}


def postmark_send(asked: Asked, store: Store, lag: float) -> Deed:
    mail, token = asked.json, asked.headers.get("x-postmark-server-token", "")
    key = (mail.get("Metadata") or {}).get("token", "")
    to = parseaddr(mail["To"])[1]
    known = store.account("postmark", token)
    made = Held(
        "postmark",
        token,
        str(uuid.uuid4()),
        key,
        to,
        parseaddr(mail["From"])[1],
        f"{mail.get('Subject', '')}\n{mail.get('TextBody', '')}",
        known.callback_url if known is not None else "",
    )
    answer = {"To": to, "SubmittedAt": _moment(made.taken_at), "MessageID": made.id, "ErrorCode": 0, "Message": "OK"}
    return Deed(Call("send", "postmark", token, to, key), lambda: Reply(200, answer), secret=token, message=made)


def postmark_search(asked: Asked, store: Store, lag: float) -> Deed:
    token, key = asked.headers.get("x-postmark-server-token", ""), asked.query.get("metadata_token", "")

    def act() -> Reply:
        found = [_postmark_message(one) for one in store.of_key("postmark", token, key, lag=lag)]
        return Reply(200, {"TotalCount": len(found), "Messages": found})

    return Deed(Call("lookup", "postmark", token, "", key), act, secret=token)


def postmark_server(asked: Asked, store: Store, lag: float) -> Deed:
    token = asked.headers.get("x-postmark-server-token", "")
    return Deed(Call("check", "postmark", token), lambda: Reply(200, {"ID": 1, "DeliveryType": "Live"}), secret=token)


def _postmark_message(held: Held) -> dict[str, Any]:
    subject, _, _text = held.text.partition("\n")
    return {
        "MessageID": held.id, "MessageStream": "outbound", "To": [{"Email": held.to, "Name": None}], "Recipients": [held.to],
        "ReceivedAt": _moment(held.taken_at), "From": held.sender, "Subject": subject, "Status": "Sent", "Metadata": {"token": held.key},
    }  # fmt: skip


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


# EasyPost


def easypost_make(asked: Asked, store: Store, lag: float) -> Deed:
    number = asked.json["tracker"]["tracking_code"]
    return Deed(Call("ask", "easypost", asked.basic[0], number, number), lambda: Reply(201, tracker(store, number)))


def easypost_batch(asked: Asked, store: Store, lag: float) -> Deed:
    numbers = asked.json["tracking_codes"]
    call = Call("ask", "easypost", asked.basic[0], ",".join(numbers), numbers[0] if numbers else "")
    return Deed(call, lambda: Reply(200, {"trackers": [tracker(store, number) for number in numbers], "has_more": False}))


def tracker(store: Store, number: str) -> dict[str, Any]:
    """What the carrier says of a number: what the harness told of it, else that nobody has seen it."""
    known = store.parcels.get(number, {})
    return {"id": f"trk_{number}", "object": "Tracker", "tracking_code": number, "status": "unknown", "tracking_details": [], **known}


# Merchants


def own(asked: Asked, store: Store, lag: float, name: str) -> Deed:
    """The merchant's own program: a signed webhook, answered with what it is called there."""
    key = asked.headers.get("webhook-id", "")

    def act() -> Reply:
        return Reply(200, {"id": f"own-{fingerprint(key)[:12]}", "times": store.count(name, key)})

    told = {"type": asked.json.get("type", ""), "signature": asked.headers.get("webhook-signature", "")}
    return Deed(Call("hook", "own", name, name, key), act, told={**told, "stamp": asked.headers.get("webhook-timestamp", "")})


def woo_refunds(asked: Asked, store: Store, lag: float, name: str, order: str) -> Deed:
    return Deed(Call("lookup", "woocommerce", name, order, order), lambda: Reply(200, store.refunds_of(name, order)))


def woo_refund(asked: Asked, store: Store, lag: float, name: str, order: str) -> Deed:
    told = asked.json
    mark = re.search(r"\[([\w-]+)\]", str(told.get("reason", "")))
    made = {"amount": told["amount"], "reason": told["reason"]}
    return Deed(
        Call("hook", "woocommerce", name, order, mark[1] if mark else ""), lambda: Reply(201, store.refund(name, order, made)), told=made
    )


def canary(asked: Asked, store: Store, lag: float, name: str) -> Deed:
    """Nobody of ours has any business here."""
    return Deed(Call("canary", "canary", name), lambda: Reply(200, {}))


Speak = Callable[..., Deed]
TWILIO = r"/2010-04-01/Accounts/(?P<sid>AC[0-9a-f]{32})"
ROUTES: tuple[tuple[str, str, Speak], ...] = (
    (rf"{TWILIO}/Messages\.json", "POST", twilio_send),
    (rf"{TWILIO}/Messages\.json", "GET", twilio_list),
    (rf"{TWILIO}\.json", "GET", twilio_account),
    (r"/email", "POST", postmark_send),
    (r"/messages/outbound", "GET", postmark_search),
    (r"/server", "GET", postmark_server),
    (r"/v2/trackers", "POST", easypost_make),
    (r"/v2/trackers/batch", "POST", easypost_batch),
    (r"/own/(?P<name>[\w-]+)", "POST", own),
    (r"/woo/(?P<name>[\w-]+)/wp-json/wc/v3/orders/(?P<order>\d+)/refunds", "GET", woo_refunds),
    (r"/woo/(?P<name>[\w-]+)/wp-json/wc/v3/orders/(?P<order>\d+)/refunds", "POST", woo_refund),
    (r"/canary/(?P<name>[\w-]+)", "GET", canary),
    (r"/canary/(?P<name>[\w-]+)", "POST", canary),
)
