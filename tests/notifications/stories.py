"""Messages about believable orders. With `MAIL_GALLERY=/some/folder` every rendered mail is kept there to be looked at."""

import os
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from catalog.models import Product
from catalog.services import relate_products, upsert_product
from core.encryption import random_id
from customers.models import AccountChange, EmailChange, PrivacyRequest, SignInRequest
from customers.types import AccountFact, PrivacyKind, PrivacyState, Topic
from merchants.models import Branding
from merchants.services import save_branding
from notifications import context, rendering
from notifications.models import Message, Note, ProviderAccount
from notifications.registry import entry_of
from notifications.rendering import Rendered
from notifications.types import Kind
from orders.models import LookUp, Order, OrderRequest, Refund
from orders.services import record_refund
from orders.services.additions import ORDER_SENT
from orders.types import Address, IncomingPayment, IncomingRefund, RequestKind, RequestState
from returns.models import ReturnPolicy
from tests.factories import incoming_line, place_order, ship
from tests.notifications import cases, said
from tracking.models import Incident, Scan, Shipment
from tracking.types import Cause, Choice, DeliveredHow, IncidentType, ShipmentStatus

PLACED = datetime(2026, 11, 19, 15, 12, tzinfo=UTC)  # a Thursday
SENT = datetime(2026, 11, 20, 16, 40, tzinfo=UTC)
NEXT_DAY = SENT + timedelta(days=1)
LANGUAGES = ("en", "de", "zh-hans", "id", "pt-br")
MAYA = Address(name="Maya Chen", street="1208 E 6th St", street2="Apt 4", postcode="78702", city="Austin", region="TX", country="US")
DEVICE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
PICTURES = "https://pictures.voltline.example"
GALLERY = os.environ.get("MAIL_GALLERY", "")


def dress(**over: Any) -> Branding:
    """Give the current merchant a look, a postal address and people who answer."""
    row: Branding = Branding.objects.get()
    values: dict[str, Any] = {
        "color": "#c3ea34",
        "neutral_hue": 255,
        "font": "grotesque",
        "display_weight": 700,
        "radius": 12,
        "reply_to": "help@voltline.example",
        "support_phone": "+1 816 555 0100",
        "support_team": "Dana, Luis or Priya",
        "support_hours": "8 AM to 9 PM Central",
        "postal_address": "400 Grand Blvd, Kansas City, MO 64106",
        "imprint_url": "https://voltline.example/legal",
        **over,
    }
    for name, value in values.items():
        setattr(row, name, value)
    ProviderAccount.objects.get_or_create(channel="sms", provider="sandbox", defaults={"created_at": PLACED})
    ReturnPolicy.objects.update_or_create(defaults={"window_days": 30, "is_free": True, "refund_days": 5})
    return save_branding(row)


def order(**over: Any) -> Order:
    """Maya's headphones, charger and two cables."""
    lines = (
        incoming_line(
            external_id="L1",
            title="Halo headphones",
            variant_title="Graphite",
            unit_price=Decimal("249.00"),
            image_url=f"{PICTURES}/phones.png",
        ),
        incoming_line(
            external_id="L2",
            title="Spark 65 W charger",
            variant_title="White, 2 ports",
            unit_price=Decimal("49.00"),
            image_url=f"{PICTURES}/charger.png",
        ),
        incoming_line(
            external_id="L3",
            title="Braided USB-C cable",
            options={"Length": "6 ft"},
            quantity=2,
            unit_price=Decimal("15.00"),
            image_url=f"{PICTURES}/cable.png",
        ),
    )
    total = Decimal("355.06")
    values: dict[str, Any] = {
        "number": "V-58213",
        "currency": "USD",
        "placed_at": PLACED,
        "lines": lines,
        "total": total,
        "subtotal": Decimal("328.00"),
        "shipping_total": Decimal(0),
        "tax_total": Decimal("27.06"),
        "taxes_included": False,
        "email": "maya@example.com",
        "phone": "+15125550142",
        "first_name": "Maya",
        "last_name": "Chen",
        "shipping_address": MAYA,
        "shipping_method": "UPS Ground",
        "payments": (IncomingPayment(external_id="P1", method="Mastercard", last4="7702", amount=total, paid_at=PLACED),),
        **over,
    }
    return place_order(at=values["placed_at"], quiet=True, **values)


def sent(row: Order, **over: Any) -> Shipment:
    """A UPS parcel with the headphones and one cable; the rest follows."""
    values: dict[str, Any] = {
        "carrier": "UPS",
        "service": "Ground",
        "tracking_number": "1Z999AA10123456784",
        "tracking_url": "https://www.ups.com/track?tracknum=1Z999AA10123456784",
        "updated_at": SENT,
        "shipped_at": SENT,
        "eta": date(2026, 11, 24),
        "lines": {"L1": 1, "L3": 1},
        **over,
    }
    return ship(row, at=values["updated_at"], quiet=True, **values)


def refunded(row: Order, **over: Any) -> Refund:
    values: dict[str, Any] = {"external_id": "R1", "amount": Decimal("49.00"), "refunded_at": SENT, "lines": {"L2": 1}, **over}
    refund = record_refund(order=row, refund=IncomingRefund(**values), at=values["refunded_at"], quiet=True)
    assert refund is not None
    return refund


def sign_in(email: str = "maya@example.com") -> SignInRequest:
    values = {"email_normalised": email, "nonce": random_id(), "link_fingerprint": random_id(), "created_at": PLACED}
    row: SignInRequest = SignInRequest.objects.create(**values, expires_at=PLACED.replace(minute=22))
    return row


def now_in(parcel: Shipment, status: ShipmentStatus, **over: Any) -> Shipment:
    """The parcel as later news leave it."""
    for name, value in {"status": status, **over}.items():
        setattr(parcel, name, value)
    parcel.save()
    return parcel


def scan(parcel: Shipment, status: ShipmentStatus, **over: Any) -> Scan:
    values: dict[str, Any] = {"at": NEXT_DAY, "received_at": NEXT_DAY, "city": "AUSTIN", "source": "api", **over}
    row: Scan = Scan.objects.create(shipment=parcel, status=status, key=uuid4(), **values)
    return row


def incident(type: IncidentType, *, order: Order, shipment: Shipment | None = None, **over: Any) -> Incident:
    """Trouble with a parcel, or with an order that was not sent."""
    subject = f"shipment:{shipment.pk}" if shipment is not None else f"order:{order.pk}"
    values: dict[str, Any] = {"act_by": NEXT_DAY, "opened_at": NEXT_DAY, "updated_at": NEXT_DAY, **over}
    row: Incident = Incident.objects.create(type=type, subject=subject, order=order, shipment=shipment, **values)
    return row


def on_offer(row: Order) -> list[Product]:
    """Three things that go with the headphones."""
    sold = upsert_product(external_id="HALO", title="Halo headphones", at=PLACED)
    row.lines.filter(external_id="L1").update(product=sold)
    facts: dict[str, Any] = {"at": PLACED, "currency": "USD", "stock": 9}
    found = [
        upsert_product(external_id="CASE", title="Halo travel case", price=Decimal("39.00"), image_url=f"{PICTURES}/case.png", **facts),
        upsert_product(external_id="PADS", title="Memory foam ear pads", variant_title="Graphite", price=Decimal("24.50"), **facts),
        upsert_product(external_id="STAND", title="Walnut headphone stand", price=Decimal("59.00"), **facts),
    ]
    relate_products(external_id="HALO", related=[product.external_id for product in found])
    return found


LATE: dict[str, Any] = {
    "promised_by": date(2026, 11, 24),
    "expected_by": date(2026, 11, 27),
    "cause": Cause.WEATHER,
    "facts": {"last_city": "DALLAS", "last_scan_at": SENT.isoformat()},
}


def about(kind: Kind, row: Order) -> dict[str, Any]:
    """What a message of this kind is about, for an order without parcels; the parcel is then in the state that goes with it."""
    if (found := _about_room(kind, row)) is not None:
        return found
    if kind in (Kind.DISPATCH_DELAYED, Kind.CHOICE_RECEIVED):
        facts: dict[str, Any] = {
            "expected_by": date(2026, 11, 26),
            "promised_by": date(2026, 11, 20),
            "cause": Cause.RETAILER,
            "choice": Choice.REPLACE,
        }
        return {"order": row, "subject_id": incident(IncidentType.UNSHIPPED_PAST_PROMISE, order=row, **facts).pk}
    if kind == Kind.NOTE:
        words = Note.objects.create(text="The belt comes on Monday.\nThe shirts are with you.", digest=random_id(), written_at=SENT)
        return {"order": row, "subject_id": words.pk}
    if kind in (Kind.SIGN_IN, Kind.REFUND):
        return {"order": row, "subject_id": refunded(row).pk} if kind == Kind.REFUND else {"subject_id": sign_in().pk}
    if kind == Kind.ADDITIONS:
        on_offer(row)
        return {"order": row, "topic": Topic.OFFERS}
    if kind in (Kind.ORDER_CONFIRMATION, Kind.THANKS, Kind.CANCELLATION):
        return {"order": row}
    if kind in (Kind.REQUEST_RECEIVED, Kind.REQUEST_DECIDED):
        decided = kind == Kind.REQUEST_DECIDED
        return {"order": row, "subject_id": asked(row, **({"state": RequestState.REFUSED, "reason": ORDER_SENT} if decided else {})).pk}
    if kind == Kind.ORDER_CODE:
        return {"order": row, "subject_id": look_up(row).pk}
    if kind in (Kind.EMAIL_CODE, Kind.ACCOUNT_NOTICE, Kind.PRIVACY):
        return _about_account(kind, row)
    parcel = sent(row)
    return {"order": row, "shipment": parcel, **_about_parcel(kind, row, parcel)}


def _about_room(kind: Kind, row: Order) -> dict[str, Any] | None:
    """The same for what another room tells of."""
    if entry_of(kind).is_about_case:
        return cases.about(kind, row)
    if entry_of(kind).is_about_feedback:
        return said.about(kind, row, now_in(sent(row), ShipmentStatus.DELIVERED, delivered_at=said.CAME))
    return None


def asked(row: Order, **over: Any) -> OrderRequest:
    """Maya wants it sent to her office."""
    values: dict[str, Any] = {
        "kind": RequestKind.ADDRESS,
        "address": asdict(replace(MAYA, company="Grackle Labs", street="98 Red River St", street2="", postcode="78701")),
        "requested_at": PLACED,
        "answer_by": date(2026, 11, 20),
        **over,
    }
    made: OrderRequest = OrderRequest.objects.create(order=row, **values)
    return made


def look_up(row: Order, channel: str = "email") -> LookUp:
    values = {"nonce": random_id(), "browser_fingerprint": random_id(), "created_at": PLACED, "expires_at": PLACED + timedelta(minutes=10)}
    made: LookUp = LookUp.objects.create(order=row, channel=channel, **values)
    return made


def account_change(row: Order, what: AccountFact = AccountFact.PASSWORD_SET, **over: Any) -> AccountChange:
    made: AccountChange = AccountChange.objects.create(customer=row.customer, what=what, at=PLACED, **{"device": DEVICE, **over})
    return made


def privacy_request(row: Order, kind: PrivacyKind, state: PrivacyState, **over: Any) -> PrivacyRequest:
    values = {"source": "profile", "requested_at": PLACED, "due_by": date(2026, 12, 19), **over}
    made: PrivacyRequest = PrivacyRequest.objects.create(customer=row.customer, kind=kind, state=state, **values)
    return made


def _about_account(kind: Kind, row: Order) -> dict[str, Any]:
    if kind == Kind.EMAIL_CODE:
        address = {"email": "maya@new.example", "email_normalised": "maya@new.example"}
        change = EmailChange.objects.create(
            customer=row.customer, nonce=random_id(), created_at=PLACED, expires_at=PLACED + timedelta(minutes=10), **address
        )
        return {"customer": row.customer, "subject_id": change.pk}
    if kind == Kind.ACCOUNT_NOTICE:
        return {"customer": row.customer, "subject_id": account_change(row).pk}
    return {"customer": row.customer, "subject_id": privacy_request(row, PrivacyKind.ERASURE, PrivacyState.REQUESTED).pk}


def _about_parcel(kind: Kind, row: Order, parcel: Shipment) -> dict[str, Any]:
    status = ShipmentStatus
    match kind:
        case Kind.ARRIVED_IN_CITY:
            now_in(parcel, status.IN_TRANSIT, arrived_at=NEXT_DAY)
        case Kind.OUT_FOR_DELIVERY:
            now_in(parcel, status.OUT_FOR_DELIVERY)
        case Kind.ATTEMPT_FAILED:
            now_in(parcel, status.ATTEMPT_FAILED)
            tried = scan(parcel, status.ATTEMPT_FAILED, cause=Cause.CONSIGNEE, reason="consignee_not_home")
            return {"subject_id": tried.pk}
        case Kind.READY_FOR_PICKUP | Kind.PICKUP_EXPIRING:
            now_in(parcel, status.READY_FOR_PICKUP, pickup_until=date(2026, 11, 27))
            scan(parcel, status.READY_FOR_PICKUP, text="UPS Access Point, 500 E 7th St")
            if kind == Kind.PICKUP_EXPIRING:
                return {"subject_id": incident(IncidentType.PICKUP_EXPIRING, order=row, shipment=parcel).pk}
        case Kind.DELAYED:
            return {"subject_id": incident(IncidentType.ETA_SLIPPED, order=row, shipment=parcel, **LATE).pk}
        case Kind.LOST_SUSPECTED:
            facts = {"last_scan_at": SENT.isoformat(), "last_city": "Dallas"}
            type_ = IncidentType.LOST_SUSPECTED
            return {"subject_id": incident(type_, order=row, shipment=parcel, reason="stalled", facts=facts, news_by=date(2026, 11, 27)).pk}
        case Kind.DELIVERED | Kind.RECEIPT_DENIED:
            how = {"delivered_how": DeliveredHow.NEIGHBOUR, "delivered_to": "P. Ortiz"}
            now_in(parcel, status.DELIVERED, delivered_at=NEXT_DAY, **how)
            if kind == Kind.RECEIPT_DENIED:
                type_, due = IncidentType.DELIVERED_NOT_RECEIVED, date(2026, 11, 27)
                return {"subject_id": incident(type_, order=row, shipment=parcel, news_by=due).pk}
    return {}


def message(kind: Kind, channel: str, language: str, **about: Any) -> Message:
    """A message row, waiting to be composed."""
    values = {"dedupe_key": random_id(), "due_at": PLACED, "decided_at": PLACED, "recipient": "maya@example.com", **about}
    row = Message.objects.create(kind=kind, channel=channel, language=language, **values)
    fresh: Message = Message.objects.select_related("order").get(pk=row.pk)
    return fresh


def told(kind: Kind, channel: str, language: str, *, now: datetime = PLACED, version: Any = None, **about: Any) -> Rendered:
    """The message as it would go out."""
    facts = context.build(message=message(kind, channel, language, **about), now=now)
    rendered = rendering.render(kind=kind, channel=channel, language=language, context=facts, version=version)
    keep(f"{kind}-{language}-{channel}", rendered)
    return rendered


def keep(name: str, rendered: Rendered) -> None:
    if GALLERY:
        folder = Path(GALLERY)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.txt").write_text(f"{rendered.subject}\n\n{rendered.text}")
        if rendered.html:
            (folder / f"{name}.html").write_text(rendered.html)
