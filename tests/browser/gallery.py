"""One shop in which every page of the portal has something to show: who looks at it, under which address."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from catalog.services import relate_products, upsert_product
from core.encryption import fingerprint
from customers.models import Customer, Passkey, SavedAddress, SignInRequest
from customers.services import (
    open_session,
    preference_token,
    record_consent,
    request_erasure,
    request_export,
    request_sign_in,
    sign_in_secrets,
    unsubscribe_token,
)
from customers.types import Channel, Topic
from merchants.models import Branding, Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant, save_branding
from notifications.models import Message, MessageContent
from notifications.types import Kind, MessageState
from orders.models import Order
from orders.selectors import offer_token
from orders.services import cancel_order, record_refund
from orders.services.look_up import open_guest
from orders.services.requests import request_cancel
from orders.tokens import gift_token, order_link_token
from orders.types import Address, IncomingLine, IncomingRefund, PaymentState
from returns.models import Return, ReturnPlace, ReturnPolicy
from returns.selectors.exchanges import targets_of
from returns.services import declare_withdrawal, inspect_return, label_made, open_claim, receive_return, request_return
from returns.types import Actor, Label, Origin, Outcome, ReturnState, Unpacked, Verdict, Way, Wish
from reviews.models import Review, ReviewPhoto, ReviewPlan, ReviewRequest, Survey
from reviews.rules.shipped_surveys import DEFAULTS
from reviews.selectors.surveys import survey_page
from reviews.services.drafts import save_draft
from reviews.services.imports import import_reviews
from reviews.services.moderation import decide_photo
from reviews.services.publishing import reject
from reviews.services.replies import reply, write_note
from reviews.services.submitting import rate_parcel, withdraw_review, write_review
from reviews.services.surveys import answer_survey, save_survey
from reviews.services.tallies import count_reviews
from reviews.services.votes import vote
from reviews.tokens import request_token, survey_token
from reviews.types import Words
from rewards.models import ThanksRule
from tests.factories import customer, incoming_line, place_order
from tests.portal.world import DAY, HOUR, parcel, scan, snowed_in, unsent
from tracking.models import Shipment
from tracking.types import ShipmentStatus as Status

NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)  # a Tuesday
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
PICTURES = Path(__file__).parents[2] / "demo" / "static"
LENA = Address(name="Lena Hoffmann", street="Torstraße 140", postcode="10119", city="Berlin", country="DE")
WHO = {"email": "lena@example.com", "phone": "+4915123456789", "first_name": "Lena", "last_name": "Hoffmann"}
LOOK: dict[str, Any] = {
    "color": "#5b2a4e",
    "neutral_hue": 70,
    "font": "serif",
    "display_weight": 400,
    "radius": 4,
    "support_email": "care@aurora.example",
    "support_phone": "+49 30 901820",
    "support_hours": "Mon to Sat, 8:00 to 20:00",
    "support_team": "Mehmet, Sabine and Jule",
    "postal_address": "Aurora Mode GmbH, Lindenstraße 9, 10969 Berlin",
    "shop_url": "https://aurora.example",
    "privacy_url": "https://aurora.example/privacy",
    "imprint_url": "https://aurora.example/imprint",
    "legal_name": "Aurora Mode GmbH",
    "tax_number": "DE123456789",
}
HOSTILE = "\u202eevil\u202c <img src=x onerror=alert(1)> ﷽ " + "Ω" * 60
GOODS = {
    "coat": ("Juniper wool coat", "38, anthracite", "289.00"),
    "boots": ("Fjord ankle boots", "39, black", "189.00"),
    "socks": ("Merino socks", "3 pairs", "29.00"),
    "scarf": ("Birch scarf", "sand", "92.00"),
    "shirt": ("Linden linen shirt", "M, white", "89.00"),
    "knit": ("Birch lambswool knit", "M, oatmeal", "119.00"),
    "trousers": ("Wide-leg trousers", "ink", "139.00"),
}


@dataclass(slots=True)
class Gallery:
    """The shop on a server, and who may look at what."""

    server: str
    merchant: Merchant
    orders: dict[str, Order] = field(default_factory=dict)
    people: dict[str, Customer] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)  # the first line of an order
    parcels: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)  # returns, claims and a withdrawal

    @property
    def host(self) -> str:
        return f"http://{self.merchant.slug}.{self.server}"

    def inside(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function in the shop's scope."""
        with merchant_scope(self.merchant.pk):
            return function(*args, **kwargs)

    def session(self, who: str) -> str:
        """A new session of one of the people; `lena, long ago` has to confirm before what matters."""
        name, _, is_old = who.partition(", ")
        at = NOW - DAY if is_old else NOW
        token: str = self.inside(open_session, customer=self.people[name], user_agent=FIREFOX, at=at)
        return token

    def place(self, name: str, *goods: str, days: int, number: str, **over: Any) -> Order:
        """An order of Lena's, so many days ago."""
        at = NOW - days * DAY
        order: Order = self.inside(place_order, **_order(self.host, number, goods, at, over))
        self.orders[name] = order
        return order


def _line(host: str, name: str) -> IncomingLine:
    title, variant, price = GOODS[name]
    picture = f"{host}/static/demo/{name}.png"
    return incoming_line(
        external_id=name,
        title=title,
        variant_title=variant,
        sku=name.upper(),
        unit_price=Decimal(price),
        image_url=picture,
        product_external_id=name,
    )


def _order(host: str, number: str, goods: tuple[str, ...], at: datetime, over: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": at,
        "number": number,
        "placed_at": at,
        "lines": tuple(_line(host, name) for name in goods),
        "shipping_address": LENA,
        "billing_address": LENA,
        **WHO,
        **over,
    }


def build(server: str) -> Gallery:
    """Aurora with Lena's orders in every state, Nora's none, Rita's two hundred."""
    at = NOW - 120 * DAY
    merchant = create_merchant(slug="aurora", name="Aurora", at=at, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    gallery = Gallery(server, merchant)
    gallery.inside(_furnish)
    gallery.inside(_travelling, gallery)
    gallery.inside(_ended, gallery)
    gallery.inside(_people, gallery)
    gallery.inside(_going_back, gallery)
    gallery.inside(_links, gallery)
    gallery.inside(_profile, gallery)
    gallery.inside(_opinions, gallery)
    return gallery


def _furnish() -> None:
    row = Branding.objects.get()
    for name, value in LOOK.items():
        setattr(row, name, value)
    save_branding(row)
    facts: dict[str, Any] = {"currency": "EUR", "stock": 5, "at": NOW - 120 * DAY}
    for name, (title, variant, price) in GOODS.items():
        upsert_product(external_id=name, title=title, variant_title=variant, price=Decimal(price), **facts)
    for name, title, price in (("gloves", "Birch gloves", "39.00"), ("hat", "Birch hat", "45.00")):
        upsert_product(external_id=name, title=title, price=Decimal(price), **facts)
    relate_products(external_id="scarf", related=["gloves", "hat"])
    ReturnPolicy.objects.create(window_days=30, is_free=True, refund_days=5, how="Bring it to any parcel shop with the label we send you.")


def _travelling(gallery: Gallery) -> None:
    """Orders something of which is still to come."""
    today = NOW.date()
    late = gallery.place("late", "coat", "boots", "socks", "scarf", days=5, number="A-20418", shipping_total=Decimal("0.00"))
    snowed_in(late, now=NOW, external_id="L1", lines={"coat": 1, "socks": 1}, to_country="DE")
    arrived = {"status": Status.DELIVERED, "delivered_at": NOW - 3 * HOUR, "delivered_how": "neighbour", "delivered_to": "Krüger"}
    came = parcel(late, at=NOW - 2 * DAY, external_id="L2", lines={"boots": 1}, **arrived)
    scan(came, Status.DELIVERED, at=NOW - 3 * HOUR, city="Berlin")
    gallery.parcels["delivered"] = came.public_id
    pickup = gallery.place("pickup", "shirt", days=8, number="A-20391")
    parcel(pickup, at=NOW - 6 * DAY, status=Status.READY_FOR_PICKUP, pickup_until=today + 4 * DAY)
    back = gallery.place("returning", "knit", days=22, number="A-20117")
    parcel(back, at=NOW - 19 * DAY, status=Status.RETURNING)
    overdue = gallery.place("unsent", "boots", days=9, number="A-20377")
    unsent(overdue, expected_by=today + 6 * DAY, cause="retailer", at=NOW - DAY)
    gallery.place("fresh", "scarf", "socks", days=0, number="A-20431")
    gallery.place("unpaid", "trousers", days=1, number="A-20429", payment_state=PaymentState.PENDING, is_confirmed=False)
    asked = gallery.place("asked", "boots", days=1, number="A-20425")
    gallery.parcels["request"] = request_cancel(order=asked, cause="changed_mind", at=NOW - HOUR).public_id
    moving = gallery.place("moving", "trousers", days=3, number="A-20410")
    soon = {"eta_by": today + DAY, "eta_from": today + DAY, "eta_source": "carrier", "shipped_at": NOW - DAY}
    scan(parcel(moving, at=NOW - DAY, status=Status.IN_TRANSIT, **soon), at=NOW - 8 * HOUR, city="Leipzig", country="DE")


def _ended(gallery: Gallery) -> None:
    """Orders that are over, one of them written by somebody who means harm."""
    done = gallery.place("delivered", "trousers", days=56, number="A-19660")
    arrived = {"status": Status.DELIVERED, "delivered_at": NOW - 53 * DAY, "delivered_how": "door"}
    scan(parcel(done, at=NOW - 55 * DAY, **arrived), Status.DELIVERED, at=NOW - 53 * DAY, city="Berlin", country="DE")
    gone = gallery.place("cancelled", "knit", days=6, number="A-20402")
    cancel_order(order=gone, reason="Ordered twice", at=NOW - 5 * DAY)
    back = IncomingRefund(external_id="R1", amount=gone.total, refunded_at=NOW - 4 * DAY)
    record_refund(order=gone, refund=back, at=NOW - 4 * DAY)
    bad = (incoming_line(title=HOSTILE, variant_title=HOSTILE[:100], image_url="javascript:alert(1)", external_id="X"),)
    where = Address(name=HOSTILE[:80], street=HOSTILE[:80], postcode="10119", city=HOSTILE[:60], country="DE")
    evil = gallery.place("hostile", days=400, number="A-\u202e1", lines=bad, shipping_address=where, billing_address=where)
    left = {"status": Status.DELIVERED, "delivered_at": NOW - 395 * DAY, "delivered_how": "safe_place", "delivered_to": HOSTILE[:80]}
    scan(parcel(evil, at=NOW - 398 * DAY, **left), Status.DELIVERED, at=NOW - 395 * DAY, city=HOSTILE[:60], text=HOSTILE)


BY_LENA, BY_US = Actor(Origin.ACCOUNT), Actor(Origin.STAFF)
HOME = {"name": "Aurora returns", "street": "Lindenstraße 9", "postcode": "10969", "city": "Berlin", "country": "DE"}


def _came(gallery: Gallery, name: str, *goods: str, number: str) -> Order:
    """An order all of which came three days ago."""
    order = gallery.place(name, *goods, days=8, number=number)
    came = {"status": Status.DELIVERED, "delivered_at": NOW - 3 * DAY, "delivered_how": "door"}
    row = parcel(order, at=NOW - 6 * DAY, external_id=f"S{number}", lines=dict.fromkeys(goods, 1), **came)
    gallery.parcels[name] = row.public_id
    return order


def _sent_back(
    order: Order, outcome: Outcome = Outcome.REFUND, *, way: Way = Way.CODE, days: int = 2, by: Actor = BY_LENA, **over: Any
) -> Return:
    line = order.lines.earliest("position")
    wish = Wish(line.public_id, 1, over.pop("reason", "too_small"), outcome, note="A little tight.", target=over.pop("target", ""))
    return request_return(order=order, wishes=[wish], way=way, at=NOW - days * DAY, by=by, **over)


def _going_back(gallery: Gallery) -> None:
    """Returns, claims and a withdrawal, each in a state worth looking at."""
    ways = {"code": "0", "store": "0", "pickup": "3.95"}
    ReturnPlace.objects.create(key="home", name="Berlin", address=HOME, ways=ways, is_default=True)
    ReturnPolicy.objects.update(outcomes={"credit": {"bonus_percent": 5}, "exchange": {}, "repair": {}})
    _came(gallery, "came", "boots", "socks", "scarf", number="A-20350")
    handed = _sent_back(_came(gallery, "to-send", "boots", number="A-20351"))
    code = Label(Way.CODE, code="AUR-7K3F-9Q2M", instructions="Show the code at any parcel shop.", provider="own", provider_id="1")
    label_made(case=handed, label=code, at=NOW - 2 * DAY)
    asked = _sent_back(_came(gallery, "asked-back", "knit", number="A-20352"))
    Return.objects.filter(pk=asked.pk).update(state=ReturnState.INFO_NEEDED, question="Is the label still on it?")
    refused = _sent_back(_came(gallery, "refused", "shirt", number="A-20353"))
    gone = {"state": ReturnState.DECLINED, "reason": "It was worn and washed.", "next_best": "sell_on", "ended_at": NOW - DAY}
    Return.objects.filter(pk=refused.pk).update(**gone)
    settled = _sent_back(_came(gallery, "settled", "trousers", number="A-20354"), days=3)
    unpacked = {row.pk: Unpacked(1) for row in settled.lines.all()}
    receive_return(case=settled, lines=unpacked, at=NOW - 2 * DAY, by=BY_US)
    inspect_return(case=settled, lines={pk: Verdict(1) for pk in unpacked}, at=NOW - DAY, by=BY_US)
    gift = _sent_back(_came(gallery, "given", "scarf", number="A-20355"), Outcome.CREDIT, by=Actor(Origin.GIFT), recipient=KIM)
    swap = _came(gallery, "swapped", "knit", number="A-20356")
    swapped = _sent_back(swap, Outcome.EXCHANGE, target=targets_of(order_line=swap.lines.get())[0].key)
    broken = _came(gallery, "broken", "boots", number="A-20357")
    lines = {broken.lines.get().public_id: 1}
    told: dict[str, Any] = {"problem": "damaged", "wanted": "replacement", "note": HOSTILE, "at": NOW - HOUR, "by": BY_LENA}
    claim = open_claim(order=broken, lines=lines, shipment=Shipment.objects.get(order=broken), **told)
    said: dict[str, Any] = {"name": "Lena Hoffmann", "email": WHO["email"], "scope": "", "lines": {}, "language": "en", "at": NOW - HOUR}
    withdrawn = declare_withdrawal(order=None, order_number="A-19999", **said)
    gallery.cases = {
        "to-send": handed.public_id,
        "asked-back": asked.public_id,
        "refused": refused.public_id,
        "settled": settled.public_id,
        "swapped": swapped.public_id,
        "gift": gift.public_id,
        "claim": claim.public_id,
        "withdrawal": withdrawn.public_id,
    }


KIM = {"name": "Kim", "email": "kim@example.com", "language": "en"}


def _people(gallery: Gallery) -> None:
    lena = gallery.orders["late"].customer
    assert lena is not None
    nora = customer(email="nora@example.com", phone="", first_name="Nora", last_name="", at=NOW - DAY)
    gallery.people = {"lena": lena, "nora": nora}


def _links(gallery: Gallery) -> None:
    """What messages lead to, and one of the messages."""
    lena, fresh = gallery.people["lena"], gallery.orders["fresh"]
    gallery.lines = {name: order.lines.earliest("position").public_id for name, order in gallery.orders.items()}
    told = {"kind": Kind.ORDER_CONFIRMATION, "channel": "email", "state": MessageState.DELIVERED, "dedupe_key": "gallery"}
    row = Message.objects.create(
        **told, order=fresh, customer=lena, recipient=lena.email, language="en", decided_at=NOW, due_at=NOW, sent_at=NOW, reasons=[]
    )
    html = "<html><head></head><body><h1>Thank you, Lena</h1><p>Your scarf leaves us on Thursday.</p></body></html>"
    MessageContent.objects.create(message=row, subject="Your order A-20431", text="Thank you, Lena.", html=html)
    gallery.tokens = {
        "message": row.token,
        "preferences": preference_token(customer=lena),
        "unsubscribe": unsubscribe_token(customer=lena, topic=Topic.OFFERS, channel=Channel.EMAIL),
        "offer": offer_token(fresh),
        "view": order_link_token(gallery.orders["moving"], at=NOW),
        "view-late": order_link_token(gallery.orders["late"], at=NOW),
        "view-old": order_link_token(gallery.orders["delivered"], at=NOW - 50 * DAY),
        "gift": gift_token(gallery.orders["moving"]),
        "gift-delivered": gift_token(gallery.orders["delivered"]),
        "gift-came": gift_token(gallery.orders["came"]),
        "gift-given": gift_token(gallery.orders["given"]),
        "sign-in": sign_in_link(lena),
        "guest": open_guest(order_id=gallery.orders["moving"].pk, channel=Channel.EMAIL, at=NOW),
    }


LOVED = "Warm, and they do not slip. After a week of rain the leather looks as on the first day."


def _asked(gallery: Gallery, name: str, **over: Any) -> ReviewRequest:
    """The question about an order's first parcel, as it lies there once it was sent."""
    parcel = Shipment.objects.get(order=gallery.orders[name])
    lines = sorted(parcel.lines.values_list("order_line_id", flat=True))
    values: dict[str, Any] = {"state": "asked", "asked_at": NOW - HOUR, "due_at": NOW - HOUR, "ends_at": NOW + 90 * DAY, **over}
    row: ReviewRequest = ReviewRequest.objects.create(
        order=gallery.orders[name], shipment=parcel, lines=lines, delivered_at=parcel.delivered_at, **values
    )
    return row


def _wrote(gallery: Gallery, name: str, stars: int, *, hours: int = 5, **over: Any) -> Review:
    line = gallery.orders[name].lines.earliest("position")
    words = Words(**{"title": "Good for the winter", "text": LOVED, "language": "en", "author": "Lena", **over})
    return write_review(line=line, words=words, stars=stars, at=NOW - hours * HOUR)


def _opinions(gallery: Gallery) -> None:
    """Reviews in every state, the links that ask for them, and surveys."""
    ReviewPlan.objects.create()
    ThanksRule.objects.create(value=10)
    bought = gallery.orders["came"].lines
    bought.filter(external_id="boots").update(options={"Size": "39", "Colour": "black"})
    request = _asked(gallery, "came")
    save_draft(line=bought.get(external_id="socks"), request=request, data={"stars": "4", "text": "Thin, but warm."}, at=NOW - HOUR)
    shown = _wrote(gallery, "broken", 5, pros="Warm, dry", cons="Laces too short", fit="true", can_share=True)
    _others(gallery, shown)
    rate_parcel(shipment=Shipment.objects.get(order=gallery.orders["broken"]), delivery=2, service=5, at=NOW - 5 * HOUR)
    reply(review=shown, text="Thank you, Lena. Longer laces are on their way to you.", user=None, at=NOW - 4 * HOUR)
    for is_of_staff, text in ((True, "Which colour may the laces be?"), (False, "Black, please."), (True, "They leave us tomorrow.")):
        write_note(review=shown, text=text, is_of_staff=is_of_staff, user=None, at=NOW - 3 * HOUR)
    waits = _wrote(gallery, "settled", 1, title="", text="Write to me at lena@example.com " + HOSTILE)
    refused = _wrote(gallery, "swapped", 3, hours=6, text="The driver rang at seven in the morning.")
    reject(review=refused, ground="off_topic", note="Tell us about the knit, and we publish it.", user=None, at=NOW - HOUR)
    gone = _wrote(gallery, "refused", 2, hours=7)
    withdraw_review(review=gone, at=NOW - HOUR)
    count_reviews(review_ids=[one.pk for one in (shown, waits, refused, gone)], at=NOW - HOUR)
    gallery.cases |= {"shown": shown.public_id, "waits": waits.public_id, "rejected": refused.public_id, "gone": gone.public_id}
    put_off = {"state": "deferred", "deferred_at": NOW - HOUR, "due_at": NOW + 15 * DAY}
    gallery.tokens |= {
        "review": request_token(request),
        "review-ended": request_token(_asked(gallery, "to-send", ends_at=NOW - HOUR)),
        "review-put-off": request_token(_asked(gallery, "asked-back", **put_off)),
        **{name: survey_token(_survey(name), gallery.orders["came"]) for name in ("csat", "nps", "ces")},
    }
    answered, over = _survey("csat-done"), _survey("csat-over")
    gallery.tokens["survey-done"] = survey_token(answered, gallery.orders["came"])
    gallery.tokens["survey-over"] = survey_token(over, gallery.orders["came"])
    page = survey_page(token=gallery.tokens["survey-done"], now=NOW)
    answer_survey(page=page, given={one.key: "2" for one in page.definition.questions if one.scale}, language="en", at=NOW - HOUR)
    Survey.objects.filter(pk=over.pk).update(is_on=False)


def _others(gallery: Gallery, shown: Review) -> None:
    """A picture of the boots, what somebody said of them elsewhere, and whom the review helped."""
    told: dict[str, Any] = {
        "order": shown.order,
        "order_line": shown.order_line,
        "created_at": shown.written_at,
        "ready_at": shown.written_at,
    }
    body = BytesIO()
    Image.new("RGB", (24, 24), "#7a8f6a").save(body, "JPEG")
    photo = ReviewPhoto.objects.create(review=shown, body=body.getvalue(), width=24, height=24, consented_at=shown.written_at, **told)
    decide_photo(photo=photo, user=None, at=NOW - 4 * HOUR)
    words = {
        "text": "Fallen klein aus. Auch bei Donaudampfschifffahrtsgesellschaftskapitänen.",
        "author": "Jo",
        "language": "de",
        "fit": "small",
    }
    rows = [
        {"product": "boots", "stars": "2", "written_at": "2026-03-01", **words},
        {"product": "boots", "stars": "4", "written_at": "2026-02-01"},
    ]
    import_reviews(rows=rows, origin_name="Elsewhere", file_name="", user=None, at=NOW - DAY)
    vote(review=shown, customer_id=gallery.people["nora"].pk, is_helpful=True, at=NOW - HOUR)


def _survey(name: str) -> Survey:
    """One of the shipped ones, under a key of its own."""
    shipped = DEFAULTS[name.partition("-")[0]]
    return save_survey(survey=None, name=name, key=name, trigger="none", days=1, definition=shipped.definition, is_on=True, at=NOW - DAY)


def _profile(gallery: Gallery) -> None:
    """What Lena keeps here, and Vera, who wants to be forgotten."""
    lena, where = gallery.people["lena"], {"street": "Torstraße 140", "postcode": "10119", "city": "Berlin", "country": "DE"}
    stamps = {"created_at": NOW - DAY, "updated_at": NOW - DAY}
    home = SavedAddress.objects.create(customer=lena, name="Lena Hoffmann", is_default=True, **where, **stamps)
    SavedAddress.objects.create(customer=lena, name=HOSTILE[:100], **where, **stamps)
    known = {"credential": "key", "credential_fingerprint": fingerprint("key"), "public_key": b"key"}
    key = Passkey.objects.create(customer=lena, name="Lena’s phone", created_at=NOW - 9 * DAY, used_at=NOW - DAY, **known)
    gallery.tokens |= {"address": home.public_id, "passkey": key.public_id}
    record_consent(customer=lena, topic=Topic.PARCELS, channel=Channel.SMS, is_granted=True, source="preferences", at=NOW - 3 * DAY)
    vera = customer(email="vera@example.com", phone="", first_name="Vera", last_name="", at=NOW - DAY)
    gallery.people["vera"] = vera
    request_erasure(customer=vera, source="profile", at=NOW - DAY)
    request_export(customer=lena, source="profile", at=NOW - HOUR)


def sign_in_link(person: Customer) -> str:
    """The token of a link that signs them in."""
    request_sign_in(email=person.email, ip="", browser="", next_path="/", at=NOW)
    _code, token = sign_in_secrets(SignInRequest.objects.latest("created_at"))
    return token
