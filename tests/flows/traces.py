"""One shopper's whole story, with the same mark in every column that can name them, and a search for the mark in the whole database."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from connectors.models import Connection, InboxItem, Poll
from customers.models import AccountChange, ContactRule, Customer, EmailChange, Passkey, PrivacyRequest, SavedAddress, SignInRequest
from customers.registry import holdings
from customers.services import open_session, record_consent, suppress
from events.models import Delivery, Event, Work
from merchants.models import IdempotencyKey, User
from notifications.models import Attempt, Callback, InboundText, Message, MessageContent, Note, ProviderAccount, SandboxDelivery, ShortLink
from notifications.types import Kind, MessageState
from orders.models import Addition, GuestAccess, LookUp, Order, OrderLine, OrderRequest, Payment, Refund
from orders.types import RequestState
from returns.models import CasePhoto, Claim, ClaimLine, Exchange, MoneyBack, ParcelAnswer, Return, ReturnLine, Withdrawal
from reviews.models import Review, ReviewChange, ReviewNote, ReviewPhoto, ReviewReply, ReviewVote, Survey, Theme, ThemeMark, Voice
from reviews.models.ratings import FeedbackTask, ParcelRating, Rating, RatingChange, ReviewDraft, SurveyAnswer, SurveyScore
from rewards.models import Coupon, ReferralCode
from tests.conftest import NOW
from tests.factories import place_order, ship
from tracking.models import Incident, IncidentNote, Scan, Shipment, WaitingScans
from tracking.types import IncidentType, ShipmentStatus

MARK = "77331177"  # digits only: the same in small letters, capitals, JSON and a telephone number
LAST_YEAR, MONTH = NOW - timedelta(days=300), timedelta(days=30)
# One row each: told apart by a number behind the mark.
UNIQUE = {"dedupe_key", "track_token", "fingerprint", "code", "digest", "credential_fingerprint", "nonce", "path"}
PLACE = {"name": MARK, "street": MARK, "postcode": MARK, "city": "Berlin", "region": "", "country": "DE", "phone": MARK}
JSON: dict[str, Any] = {
    "shipping_address": PLACE,
    "billing_address": PLACE,
    "address": PLACE,
    "folded": {"to": ["2026-01-31T10:00:00+00:00", MARK]},
    "data": {"warnings": [MARK], "fields": ["email"]},
    "transports": [MARK],
}


def live(source: str = "shopify") -> Customer:
    """An order of last year, paid, sent, delivered and partly refunded, with a row in every table that knows its shopper."""
    order = place_order(source=source, number="1001", placed_at=LAST_YEAR, updated_at=LAST_YEAR, at=LAST_YEAR)
    parcel = ship(order, status=ShipmentStatus.DELIVERED, delivered_at=LAST_YEAR + 3 * timedelta(days=1), updated_at=LAST_YEAR)
    assert order.customer is not None
    _account(order.customer)
    _order(order)
    _parcel(order, parcel)
    _cases(order, parcel)
    _said(order, parcel)
    _messages(order)
    _news(order, parcel)
    return order.customer


def _account(customer: Customer) -> None:
    open_session(customer=customer, user_agent="Firefox", at=NOW)
    record_consent(customer=customer, channel="email", is_granted=True, source="preferences", wording="Offers by e-mail.", at=NOW)
    suppress(channel="sms", recipient=MARK, reason="stop", at=NOW)
    ContactRule.objects.create(customer=customer, language="de", updated_at=NOW)
    SavedAddress.objects.create(customer=customer, name="x", street="x", city="x", country="DE", created_at=NOW, updated_at=NOW)
    Passkey.objects.create(customer=customer, credential="x", credential_fingerprint="x", public_key=b"x", created_at=NOW)
    EmailChange.objects.create(customer=customer, email="x", email_normalised="x", nonce="x", created_at=NOW, expires_at=NOW)
    AccountChange.objects.create(customer=customer, what="signed_in", at=NOW)
    SignInRequest.objects.create(email_normalised="x", nonce="x", link_fingerprint="x", created_at=NOW, expires_at=NOW)
    PrivacyRequest.objects.create(
        customer=customer, kind="export", state="done", source="profile", requested_at=NOW - MONTH, due_by=NOW, expires_at=NOW + MONTH
    )
    staff = User.objects.create_user(f"agent-{uuid4()}@example.com")
    kind = ContentType.objects.get_for_model(Customer)
    LogEntry.objects.create(user=staff, content_type=kind, object_id=str(customer.pk), object_repr="x", action_flag=CHANGE)
    IdempotencyKey.objects.create(key="k", endpoint="orders", request_hash="h", status=201, body={}, created_at=NOW)
    Coupon.objects.create(customer=customer, code="A", worth="percent", value=5, issued_at=NOW, expires_at=NOW)
    ReferralCode.objects.create(customer=customer, code="B", created_at=NOW)


def _order(order: Order) -> None:
    Refund.objects.create(order=order, external_id="R1", amount=5, refunded_at=LAST_YEAR)
    Addition.objects.create(order=order, product_external_id="p", title="Scarf", currency="EUR", requested_at=LAST_YEAR)
    OrderRequest.objects.create(order=order, kind="cancel", state=RequestState.REFUSED, requested_at=LAST_YEAR, answer_by=LAST_YEAR)
    LookUp.objects.create(order=order, channel="email", nonce="x", browser_fingerprint="x", created_at=NOW, expires_at=NOW)
    GuestAccess.objects.create(order=order, channel="email", fingerprint="x", created_at=NOW, expires_at=NOW)
    event = Event.objects.filter(thread=order.pk).earliest("pk")
    Delivery.objects.create(event=event, handler="gone.handler", state=Work.DEAD, due_at=NOW)


def _parcel(order: Order, parcel: Shipment) -> None:
    Scan.objects.create(shipment=parcel, key=uuid4(), status="delivered", at=NOW, source="shop", received_at=NOW)
    WaitingScans.objects.create(number="x", news={}, source="x", key=uuid4(), received_at=NOW)
    incident = Incident.objects.create(
        type=IncidentType.STALLED,
        state="resolved",
        subject=f"shipment:{parcel.pk}",
        shipment=parcel,
        act_by=NOW,
        opened_at=NOW,
        updated_at=NOW,
    )
    IncidentNote.objects.create(incident=incident, at=NOW, act="note")


def _cases(order: Order, parcel: Shipment) -> None:
    """A return and a claim that are settled, with money, a replacement and a picture; and a statement of withdrawal."""
    line, at = OrderLine.objects.filter(order=order).earliest("pk"), LAST_YEAR
    case = Return.objects.create(order=order, rma="R-1", state="closed", origin="account", currency="EUR", requested_at=at)
    sent = ReturnLine.objects.create(case=case, order_line=line, quantity=1, reason="other", reason_kind="wish", outcome="refund")
    claim = Claim.objects.create(
        order=order, number="C-1", problem="damaged", state="resolved", origin="account", currency="EUR", opened_at=at, answer_by=at
    )
    ClaimLine.objects.create(claim=claim, order_line=line, quantity=1)
    MoneyBack.objects.create(order=order, case=case, way="credit", amount=5, currency="EUR", state="sent", due_by=at, created_at=at)
    Exchange.objects.create(order=order, line=sent, title="Shirt", quantity=1, state="delivered", currency="EUR", created_at=at)
    CasePhoto.objects.create(order=order, claim=claim, created_at=at, ready_at=at)
    ParcelAnswer.objects.create(shipment=parcel, answer="fine", at=at)
    Withdrawal.objects.create(order=order, order_number="1001", state="settled", language="en", declared_at=at, receipt="x")


def _said(order: Order, parcel: Shipment) -> None:
    """A review that was changed, answered and talked about, a picture, a draft, a survey, and what was heard in all of it."""
    line, at, who = OrderLine.objects.filter(order=order).earliest("pk"), LAST_YEAR, {"order": order, "customer": order.customer}
    review = Review.objects.create(
        **who, order_line=line, product_key="p", product_title="Shirt", state="published", language="en", written_at=at, published_at=at
    )
    Rating.objects.create(review=review, stars=2, at=at)
    RatingChange.objects.create(review=review, stars=1, at=at)
    ReviewChange.objects.create(review=review, step="edited", at=at)
    ReviewNote.objects.create(review=review, is_of_staff=False, text="x", at=at)
    ReviewReply.objects.create(review=review, text="x", at=at)
    ReviewPhoto.objects.create(order=order, order_line=line, review=review, created_at=at, ready_at=at)
    ReviewVote.objects.create(review=review, customer=order.customer, is_helpful=True, at=at)
    ReviewDraft.objects.create(order_line=line, at=at)
    ParcelRating.objects.create(shipment=parcel, order=order, delivery=1, at=at)
    survey = Survey.objects.create(name="NPS", key="nps", created_at=at, updated_at=at)
    answer = SurveyAnswer.objects.create(**who, survey=survey, version=1, subject=f"order:{order.pk}", at=at)
    SurveyScore.objects.create(answer=answer, question="why", kind="open", text="x")
    FeedbackTask.objects.create(review=review, order=order, opened_at=at, due_at=at, state="solved", closed_at=at)
    voice = Voice.objects.create(**who, source="review", source_id=str(review.pk), text="x", said_at=at)
    theme = Theme.objects.create(key="size", created_at=at)
    ThemeMark.objects.create(theme=theme, voice=voice, said_at=at)


def _messages(order: Order) -> None:
    account = ProviderAccount.objects.create(channel="email", provider="sandbox", rank=7, is_active=False, created_at=NOW)
    note = Note.objects.create(text="x", digest="x", written_at=NOW)
    states = [MessageState.DELIVERED, MessageState.PENDING, MessageState.UNKNOWN, MessageState.SENDING]
    for state in states:
        row = Message.objects.create(
            kind=Kind.NOTE,
            channel="email",
            state=state,
            dedupe_key=f"note:{state}",
            customer=order.customer,
            order=order,
            subject_id=note.pk,
            language="en",
            decided_at=NOW,
            due_at=NOW + MONTH,
            account=account,
        )
        MessageContent.objects.create(message=row, text="x")
        SandboxDelivery.objects.create(message=row, channel="email", recipient="x", sender="shop", text="x")
        ShortLink.objects.create(path="/", message=row)
        Attempt.objects.create(message=row, fence=1, account=account)
        Callback.objects.create(message=row, account=account, provider_id=str(row.pk), state="sent", received_at=NOW)
    InboundText.objects.create(account=account, provider_id="in", sender="x", received_at=NOW)


def _news(order: Order, parcel: Shipment) -> None:
    shop = Connection.objects.create(connector="shopify", slug=f"told-{uuid4()}", created_at=NOW)
    InboxItem.objects.create(connection=shop, topic="orders/create", event_id="1", body=b"{}", state=Work.DONE, due_at=NOW)
    Poll.objects.create(connection=shop, shipment=parcel, number="x", state=Work.DONE, started_at=NOW, due_at=NOW)


def declared() -> Iterator[tuple[type[models.Model], str]]:
    """Every column that was declared able to name a person."""
    for holding in holdings():
        for label, columns in holding.personal.items():
            for column in columns:
                yield apps.get_model(label), column


def leave_mark() -> list[str]:
    """Put the mark in every declared column of every row in scope; returns the declared tables that have no row."""
    empty = []
    for model, column in declared():
        rows = list(model._base_manager.order_by("pk")) if model is LogEntry else list(model._default_manager.order_by("pk"))
        empty += [] if rows else [model._meta.label]
        for number, row in enumerate(rows):
            value = _marked(model._meta.get_field(column), number)
            if value is not None:
                type(row)._base_manager.filter(pk=row.pk).update(**{column: value})
    return sorted(set(empty))


def _marked(field: Any, number: int) -> Any:
    if isinstance(field, models.JSONField):
        return JSON.get(field.name, {"text": MARK})
    if isinstance(field, models.BinaryField):
        return f'{{"email":"{MARK}"}}'.encode()
    if isinstance(field, models.GenericIPAddressField | models.DateField):
        return None
    text = f"{MARK}{number}" if field.name in UNIQUE else MARK
    return text[: field.max_length] if field.max_length else text


def traces() -> list[str]:
    """`table.column` of every place where the mark stands, as far as the merchant in scope can see."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_name, column_name, data_type from information_schema.columns where table_schema = 'public' order by 1, 2"
        )
        for table, column, kind in cursor.fetchall():
            place = f'"{table}"."{column}"'
            there = f"position(%s::bytea in {place}) > 0" if kind == "bytea" else f"position(%s in {place}::text) > 0"
            cursor.execute(f'select count(*) from "{table}" where {there}', [MARK])
            found += [f"{table}.{column}"] if (cursor.fetchone() or [0])[0] else []
    return found


def books(order: Order) -> tuple[Any, ...]:
    """What tax law asks to keep."""
    order.refresh_from_db()
    lines = list(OrderLine.objects.filter(order=order).order_by("position").values_list("title", "quantity", "unit_price", "tax", "total"))
    paid = list(Payment.objects.filter(order=order).values_list("method", "amount"))
    back = list(Refund.objects.filter(order=order).values_list("amount", "refunded_at"))
    return order.number, order.placed_at, order.currency, order.total, order.tax_total, order.shipping_total, lines, paid, back
