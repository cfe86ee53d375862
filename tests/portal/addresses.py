"""Every address of the portal, from its resolver, filled with what belongs to one shopper."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.urls import URLPattern, get_resolver, reverse

from catalog.services import upsert_product
from catalog.tokens import preview_token
from core.encryption import fingerprint
from customers.models import Customer, Passkey, PrivacyRequest, SavedAddress, SignInRequest
from customers.services import preference_token, request_sign_in, sign_in_secrets, unsubscribe_token
from customers.types import Channel, PrivacyKind, Topic
from merchants.models import Merchant, MerchantModel
from merchants.scope import merchant_scope
from notifications.models import Message, MessageContent, ShortLink
from notifications.types import Kind, MessageState
from orders.models import Order, OrderRequest
from orders.selectors import offer_token
from orders.tokens import gift_token, order_link_token
from orders.types import RequestKind
from returns.models import CasePhoto, Claim, Return, ReturnLine, Withdrawal
from reviews.models import Review, ReviewNote, ReviewPhoto, ReviewRequest, Survey
from reviews.models.ratings import Rating
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.services.surveys import save_survey
from reviews.tokens import request_token, survey_token
from reviews.types import ReviewState
from tests.conftest import NOW
from tests.factories import ship
from tests.portal.world import unsent
from tracking.models import Shipment
from tracking.types import ShipmentStatus

PORTAL = "postpurchase.urls_portal"


def patterns() -> dict[str, URLPattern]:
    """Name -> pattern of every address of the portal."""
    found: dict[str, URLPattern] = {}
    for included in get_resolver(PORTAL).url_patterns:
        for pattern in [included] if isinstance(included, URLPattern) else included.url_patterns:
            assert isinstance(pattern, URLPattern) and pattern.name, f"{pattern} has no name"
            found[pattern.name] = pattern
    return found


def arguments(name: str) -> set[str]:
    """What has to be filled in."""
    return set(patterns()[name].pattern.converters)


NAMES = sorted(patterns())


@dataclass(frozen=True, slots=True)
class Belongings:
    """One shopper's things: by argument, and where that is not enough by the address's name."""

    by_argument: Mapping[str, str]
    by_name: Mapping[str, Mapping[str, str]]

    def path(self, name: str) -> str:
        """The address of this shopper's own; KeyError where nobody has said yet what belongs into it."""
        own = {**self.by_argument, **self.by_name.get(name, {})}
        return reverse(name, urlconf=PORTAL, kwargs={argument: own[argument] for argument in arguments(name)})


def belongings(order: Order) -> Belongings:
    """Everything an address can lead to, made for the order's shopper. To be called in the merchant's scope."""
    customer = order.customer
    assert customer is not None
    came: dict[str, Any] = {"status": ShipmentStatus.DELIVERED, "delivered_at": NOW, "updated_at": NOW}
    parcel = ship(order, at=NOW, lines={order.lines.earliest("position").external_id: 1}, **came)
    unsent(order)
    own = {
        "public_id": order.public_id,
        "line_id": order.lines.earliest("position").public_id,
        "shipment_id": parcel.public_id,
        "request_id": _request(order),
        **_cases(order, parcel),
        **_opinions(order, parcel),
        "slug": "where-is-my-parcel",
        "code": ShortLink.objects.create(code="abc", path="/").code,
    }
    tracked = {name: {"token": order.track_token} for name in NAMES if name.startswith("track")}
    message = _message(order, customer)
    asked = request_token(ReviewRequest.objects.get(shipment=parcel))
    loose = ReviewPhoto.objects.get(order=order, review=None).public_id
    return Belongings(
        own,
        {
            **tracked,
            **{name: {"public_id": Review.objects.get(order=order).public_id} for name in ("review", "review-edit", "review-withdraw")},
            "review-form": {"token": asked},
            "review-form-photos": {"token": asked},
            "review-form-photo": {"token": asked, "photo_id": loose},
            **{name: {"photo_id": loose} for name in ("order-review-photo", "review-photo")},
            "survey": {"token": survey_token(Survey.objects.get(key="csat"), order)},
            **{name: {"token": message} for name in ("message", "message-letter")},
            "view": {"token": order_link_token(order, at=NOW)},
            "gift": {"token": gift_token(order)},
            "gift-return-new": {"token": gift_token(order)},
            "gift-return": {"token": gift_token(order), "case_id": _gift_return(order)},
            "withdrawal": {"token": _withdrawal()},
            "offer": {"token": offer_token(order)},
            "preferences-link": {"token": preference_token(customer=customer)},
            "unsubscribe": {"token": unsubscribe_token(customer=customer, topic=Topic.OFFERS, channel=Channel.EMAIL)},
            "sign-in-confirm": {"token": _sign_in(customer)},
            "security-passkey": {"public_id": _passkey(customer)},
            "product-preview": {"token": preview_token(upsert_product(external_id="P", title="Linen shirt", at=NOW).public_id, at=NOW)},
            **_profile(customer),
        },
    )


def _cases(order: Order, parcel: Shipment) -> dict[str, str]:
    """A return with a question to answer, a claim, and a photo that belongs to neither yet."""
    values: dict[str, Any] = {"order": order, "currency": order.currency}
    case = Return.objects.create(rma="R-1", origin="account", requested_at=NOW, state="info_needed", question="Worn?", **values)
    bought = order.lines.earliest("position")
    ReturnLine.objects.create(case=case, order_line=bought, quantity=1, reason="too_small", reason_kind="wish", outcome="refund")
    told: dict[str, Any] = {"problem": "damaged", "opened_at": NOW, "answer_by": NOW.date(), "state": "info_needed", "origin": "account"}
    claim = Claim.objects.create(number="C-1", shipment=parcel, wanted="refund", **told, **values)
    photo = CasePhoto.objects.create(order=order, size=10, created_at=NOW)
    return {"case_id": case.public_id, "claim_id": claim.public_id, "photo_id": photo.public_id}


def _opinions(order: Order, parcel: Shipment) -> dict[str, str]:
    """A published review with a private note, a question about another line, a photo of it that was not sent off, and a survey."""
    first, second = order.lines.earliest("position"), order.lines.latest("position")
    whose: dict[str, Any] = {"order": order, "order_line": first, "customer": order.customer}
    whose |= {"product_key": "P", "product_title": first.title}
    text: dict[str, Any] = {"text": "Sheds a green light.", "author": "Sam", "language": "en"}
    when: dict[str, Any] = {"written_at": NOW, "decided_at": NOW, "published_at": NOW}
    row = Review.objects.create(state=ReviewState.PUBLISHED, is_verified=True, **whose, **text, **when)
    Rating.objects.create(review=row, stars=4, at=NOW)
    ReviewNote.objects.create(review=row, is_of_staff=True, text="Which bulb is in it?", at=NOW)
    about: dict[str, Any] = {"lines": [second.pk], "state": "asked", "delivered_at": NOW, "due_at": NOW, "asked_at": NOW}
    ReviewRequest.objects.create(order=order, shipment=parcel, ends_at=NOW + timedelta(days=90), **about)
    ReviewPhoto.objects.create(order=order, order_line=second, size=10, created_at=NOW)
    csat = DEFAULTS["csat"]
    save_survey(survey=None, name="CSAT", key="csat", trigger="none", days=1, definition=csat.definition, is_on=True, at=NOW)
    return {"review_id": row.public_id, "key": "P"}


def _gift_return(order: Order) -> str:
    values: dict[str, Any] = {"order": order, "currency": order.currency, "rma": "R-2", "origin": "gift", "is_gift": True}
    return str(Return.objects.create(requested_at=NOW, recipient={"name": "Kim", "email": "kim@example.com"}, **values).public_id)


def _withdrawal() -> str:
    values = {
        "name": "S. B.",
        "order_number": "77",
        "email": "s@example.com",
        "language": "en",
        "declared_at": NOW,
        "receipt": "I withdraw.",
    }
    return str(Withdrawal.objects.create(**values).public_id)


def _request(order: Order) -> str:
    values = {"kind": RequestKind.CANCEL, "requested_at": NOW, "answer_by": NOW.date()}
    return str(OrderRequest.objects.create(order=order, **values).public_id)


def _message(order: Order, customer: Customer) -> str:
    told = {"kind": Kind.ORDER_CONFIRMATION, "channel": "email", "state": MessageState.DELIVERED, "dedupe_key": f"of-{order.pk}"}
    about = {"order": order, "customer": customer, "recipient": customer.email, "language": "en", "reasons": []}
    row = Message.objects.create(**told, **about, decided_at=NOW, due_at=NOW, sent_at=NOW)
    MessageContent.objects.create(message=row, subject="Your order", text="Linen shirt", html="<p>Linen shirt</p>")
    return str(row.token)


def _sign_in(customer: Customer) -> str:
    request_sign_in(email=customer.email, ip="", browser="", next_path="/", at=NOW - timedelta(minutes=1))
    return sign_in_secrets(SignInRequest.objects.latest("created_at"))[1]


def _passkey(customer: Customer) -> str:
    values = {"credential": "key", "credential_fingerprint": fingerprint("key"), "public_key": b"key", "name": "Sam's phone"}
    return str(Passkey.objects.create(customer=customer, created_at=NOW, **values).public_id)


def _profile(customer: Customer) -> dict[str, dict[str, str]]:
    where = {"name": "Sam Berg", "street": "Torstraße 1", "postcode": "10119", "city": "Berlin", "country": "DE"}
    address = SavedAddress.objects.create(customer=customer, created_at=NOW, updated_at=NOW, **where).public_id
    asked = {"kind": PrivacyKind.EXPORT, "source": "profile", "requested_at": NOW, "due_by": (NOW + timedelta(days=30)).date()}
    request = PrivacyRequest.objects.create(customer=customer, **asked).public_id
    found = {name: {"public_id": address} for name in NAMES if name.startswith("address")}
    return {**found, **{name: {"public_id": request} for name in NAMES if name.startswith("privacy")}}


# Counts of who looked for what: rows about nobody.
COUNTED = {"support.Reading", "support.DayCount", "support.SearchMiss"}


def everything(merchant: Merchant) -> dict[str, str]:
    """A digest of every table of the merchant: equal before and after means that nothing at all was written."""
    with merchant_scope(merchant.pk), connection.cursor() as cursor:
        found = {}
        for model in apps.get_models():
            if not issubclass(model, MerchantModel) or model._meta.label in COUNTED or not model._meta.managed:
                continue
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"select coalesce(string_agg(row::text, '|' order by row.id), '') from {table} row")
            found[model._meta.label] = hashlib.sha256(cursor.fetchone()[0].encode()).hexdigest()
        return found
