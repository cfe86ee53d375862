"""One row of every table staff can see, for one merchant, with canaries where secrets lie."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client

from catalog.models import Product, SizeTable
from connectors.models import Command, InboxItem, Poll
from connectors.services import connect
from customers.models import PrivacyRequest
from customers.services import record_consent
from events.models import Delivery, Event, Work
from merchants.audit import Line, write_platform
from merchants.models import AuditEntry, Branding, Domain, Membership, Merchant, User, seal
from merchants.scope import merchant_scope
from merchants.services import add_staff, create_api_key
from merchants.types import Deed, Role, Scope
from notifications.automations import switch
from notifications.models import (
    Attempt,
    Callback,
    InboundText,
    Message,
    MessageContent,
    ProviderAccount,
    SandboxDelivery,
    TemplateVersion,
)
from notifications.types import Kind, MessageState
from orders.models import Addition, FulfilmentPolicy, OrderRequest, Promise
from returns.models import MoneyBack, ReturnPlace, ReturnPolicy, ReturnReason
from reviews.models import Review, ReviewImport, ReviewPlan, ReviewRule, Survey, Theme
from rewards.models import CouponRule, ThanksRule
from rewards.services import give_coupon, redeem_referral, referral_code
from support.models import Article
from tests.conftest import NOW
from tests.factories import customer, place_order, ship
from tracking.models import Incident, IncidentRule

HOST = "platform.test"
CANARY = "canary-9f3c-secret"
PASSWORD = "canary-old-password"


def person(email: str, merchant: Merchant | None = None, role: Role | None = None, **extra: Any) -> User:
    """A user, with a role at the merchant when one is named."""
    user = User.objects.create_user(email, "a long enough password", **extra)
    if merchant is not None and role is not None:
        with merchant_scope(merchant.pk):
            add_staff(user=user, role=role, at=NOW)
    return user


def signed_in(user: User, **options: Any) -> Client:
    client = Client(HTTP_HOST=HOST, **options)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@dataclass
class World:
    """Primary keys by model label, and the person who owns the merchant."""

    merchant: Merchant
    owner: User
    rows: dict[str, int]
    canaries: tuple[str, ...]

    def add(self, row: Any) -> Any:
        self.rows[row._meta.label_lower] = row.pk
        return row


def build(merchant: Merchant) -> World:
    """Fill a merchant. Two merchants filled this way look alike in everything."""
    owner = person(f"owner@{merchant.slug}.example", merchant, Role.OWNER)
    world = World(merchant, owner, {}, (CANARY, PASSWORD))
    with merchant_scope(merchant.pk):
        world.add(merchant)
        world.add(owner)
        world.add(Membership.objects.get(user=owner))
        world.add(Domain.objects.get())
        world.add(Branding.objects.get())
        key, token = create_api_key(name="till", scopes=[Scope.ORDERS_READ], at=NOW)
        world.canaries += (token, key.fingerprint)
        world.add(key)
        _shop(world)
        _mail(world)
        _queue(world)
        world.add(AuditEntry.objects.earliest("pk"))
        world.add(write_platform(Line(Deed.PASSWORD_LINK)))
    return world


def _shop(world: World) -> None:
    sam = world.add(customer())
    month = NOW.date() + timedelta(days=30)
    world.add(PrivacyRequest.objects.create(customer=sam, kind="export", source="staff", requested_at=NOW, due_by=month))
    record_consent(customer=sam, channel="email", is_granted=True, source="checkout", at=NOW)
    world.add(Product.objects.create(external_id="P1", sku="SHIRT-M", title="Linen shirt", created_at=NOW, updated_at=NOW))
    columns = [{"name": "Size", "unit": ""}, {"name": "Chest", "unit": "cm"}]
    world.add(SizeTable.objects.create(name="Shirts", columns=columns, rows=[["M", "96"]]))
    order = world.add(place_order(number="1001"))
    world.add(Addition.objects.create(order=order, product_external_id="P1", title="Linen shirt", currency="EUR", requested_at=NOW))
    parcel = world.add(ship(order))
    world.add(OrderRequest.objects.create(order=order, kind="cancel", note="Twice", requested_at=NOW, answer_by=NOW.date()))
    world.add(
        Incident.objects.create(
            type="stalled", subject=f"shipment:{parcel.pk}", shipment=parcel, order=order, opened_at=NOW, updated_at=NOW, act_by=NOW
        )
    )
    world.add(IncidentRule.objects.create(type="stalled", updated_at=NOW))
    Promise.objects.create(order=order, subject="order", kind="arrive_by", date=NOW.date(), said_at=NOW, source="merchant")
    world.add(CouponRule.objects.create(value=10, currency="EUR", minimum=50, referral_value=10))
    world.add(give_coupon(order=order, at=NOW))
    code = referral_code(customer=sam, at=NOW).code
    world.add(redeem_referral(code=code, order_number="2001", customer_email="kim@example.com", at=NOW))
    world.add(FulfilmentPolicy.objects.create())
    world.add(ReturnPolicy.objects.create(how="Put it back into the box."))
    world.add(ReturnReason.objects.create(code="too_small", kind="wish"))
    address = {"street": "Lagerweg 1", "postcode": "10115", "city": "Berlin", "country": "DE"}
    world.add(ReturnPlace.objects.create(key="depot", name="Depot", address=address, ways={"own": "0"}, is_default=True))
    _reviews(world)


def _reviews(world: World) -> None:
    """A review that waits, and what the merchant says about asking, surveys and themes."""
    world.add(ReviewPlan.objects.create())
    world.add(ReviewRule.objects.create(match="sku", value="SHIRT-M", is_asked=False))
    world.add(ThanksRule.objects.create(value=5))
    batch = world.add(ReviewImport.objects.create(origin_name="Old shop", rows=1, taken=1, at=NOW))
    about = {"product_key": "P1", "product_title": "Linen shirt", "language": "en", "written_at": NOW, "batch": batch}
    world.add(Review.objects.create(order_id=world.rows["orders.order"], text="Soft", **about))
    question = {"key": "words", "kind": "open", "text": {"en": "What could we do better?"}, "is_required": True, "choices": [], "low": None,
                "reason_text": {}}  # fmt: skip
    asked = {"intro": {}, "thanks": {}, "questions": [question]}
    world.add(Survey.objects.create(name="In own words", key="open", definition=asked, created_at=NOW, updated_at=NOW))
    world.add(Theme.objects.create(key="size", names={"en": "Size"}, words={"en": ["too small"]}, created_at=NOW))


def _mail(world: World) -> None:
    account = ProviderAccount(channel="sms", provider="twilio", settings={"account_sid": "AC" + "0" * 32}, created_at=NOW)
    seal(account, "secret", json.dumps({"auth_token": CANARY}))
    account.save()
    world.add(account)
    ProviderAccount.objects.create(channel="email", provider="sandbox", created_at=NOW)
    world.add(switch(kind=Kind.THANKS, channel="sms", is_on=False, at=NOW))
    world.add(
        TemplateVersion.objects.create(
            kind=Kind.DISPATCH, channel="sms", language="en", number=1, source="{{ order.number }}", created_at=NOW, updated_at=NOW
        )
    )
    world.add(Article.objects.create(slug="refund", stages=["returning"], created_at=NOW, updated_at=NOW))
    world.add(InboundText.objects.create(account=account, provider_id="SM1", sender="+4915123456789", text="Where is it?", received_at=NOW))
    message = world.add(message_row(world, state=MessageState.DEAD, last_error="the provider is away"))
    MessageContent.objects.create(message=message, subject="Your order 1001", text="Thank you.", html="<p>Thank <b>you</b>.</p>")
    Attempt.objects.create(message=message, fence=1, outcome="not_accepted", detail="503")
    Callback.objects.create(account=account, message=message, provider_id="x", state="bounced", received_at=NOW)
    SandboxDelivery.objects.create(
        message=message, channel="email", recipient="sam@example.com", sender="s", subject="Hello", text="Thank you."
    )


def message_row(world: World, **over: Any) -> Message:
    """A message about the merchant's order."""
    number = Message.objects.count()
    values: dict[str, Any] = {
        "kind": Kind.ORDER_CONFIRMATION,
        "channel": "email",
        "dedupe_key": f"made-{number}",
        "order_id": world.rows["orders.order"],
        "recipient": "sam@example.com",
        "language": "en",
        "decided_at": NOW - timedelta(seconds=number),
        "due_at": NOW,
        "reasons": [{"condition": "suppressed", "ok": True, "detail": ""}],
    }
    row: Message = Message.objects.create(**{**values, **over})
    return row


def _queue(world: World) -> None:
    connection, _ = connect(connector="shopify", secret=CANARY, account="acme.myshopify.com", at=NOW)
    seal(connection, "previous_secret", PASSWORD)
    connection.save()
    world.add(connection)
    world.canaries += (connection.secret, connection.previous_secret)
    item = InboxItem.objects.create(
        connection=connection,
        topic="orders/create",
        event_id="e1",
        body=b'{"private": "body"}',
        state=Work.DEAD,
        due_at=NOW,
        last_error="boom",
    )
    world.add(item)
    seal(connection, "api_key", CANARY)
    connection.save(update_fields=["api_key"])
    world.canaries += (connection.api_key,)
    world.add(
        Poll.objects.create(
            connection=connection, shipment_id=world.rows["tracking.shipment"], number="RR1", due_at=NOW, started_at=NOW, state=Work.DEAD
        )
    )
    order = world.rows["orders.order"]
    money = MoneyBack.objects.create(
        order_id=order, way="original", amount=1, currency="EUR", state="asked", due_by=NOW.date(), created_at=NOW
    )
    asked = {"kind": "refund", "subject": money.pk, "key": money.public_id, "state": Work.DEAD, "due_at": NOW, "created_at": NOW}
    world.add(Command.objects.create(connection=connection, order_id=order, **asked))
    event = Event.objects.create(type="orders.order.placed", payload={}, occurred_at=NOW)
    world.add(Delivery.objects.create(event=event, handler="some.handler", due_at=NOW, state=Work.DEAD, last_error="ValueError: no"))
