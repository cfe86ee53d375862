"""From a carrier's scan to the shopper's mailbox: the right news, once, newest first, with what can be done."""

from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from events.models import Delivery
from events.services import run_until_quiet
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import Message, SandboxDelivery
from notifications.selectors import message_story
from notifications.services import note_to_customers, release_held
from orders.models import Promise
from orders.types import PromiseKind
from tests.conftest import NOW
from tests.factories import place_order, ship
from tracking.models import Incident, Shipment
from tracking.services import choose, deny_receipt, record_scans, sweep_incidents
from tracking.types import Choice, IncidentType, IncomingScan, IncomingTracking, Place, ShipmentStatus

S = ShipmentStatus
BERLIN, LEIPZIG = Place(city="Berlin", country="DE", postcode="10119"), Place(city="Leipzig", country="DE")
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=NOW.tzinfo)
TEN = timedelta(minutes=10)


def send(shop: Merchant) -> Shipment:
    """Sam's parcel, handed over on Friday; its first messages are out."""
    with merchant_scope(shop.pk):
        parcel = ship(place_order(), at=NOW + timedelta(hours=5), updated_at=NOW + timedelta(hours=5), shipped_at=NOW + timedelta(hours=5))
    work(shop, NOW + timedelta(hours=5))
    return parcel


def work(shop: Merchant, at: datetime) -> None:
    run_until_quiet(lambda: at)
    with merchant_scope(shop.pk):
        release_held(now=at)
    run_until_quiet(lambda: at)


def scanned(shop: Merchant, parcel: Shipment, status: S, at: datetime, place: Place = BERLIN, **over: object) -> None:
    scan = IncomingScan(status=status, at=at, raw_code=status.value, place=place, zone="Europe/Berlin", **over)  # type: ignore[arg-type]
    with merchant_scope(shop.pk):
        record_scans(news=IncomingTracking(source="api", scans=(scan,), shipment=parcel.public_id, carrier="DHL"), at=at)
    work(shop, at)


def told(shop: Merchant, **filters: object) -> list[str]:
    """Subjects of the mails about the way of the parcel, in the order in which they left."""
    with merchant_scope(shop.pk):
        rows: QuerySet[SandboxDelivery] = SandboxDelivery.objects.filter(channel="email", **filters).order_by("pk")
        early = ("order_confirmation", "dispatch")
        return [row.subject for row in rows.exclude(message__kind__in=early)]


def kinds(shop: Merchant, **filters: object) -> set[tuple[str, str]]:
    with merchant_scope(shop.pk):
        rows = Message.objects.filter(channel="email", **filters).exclude(kind__in=["order_confirmation", "dispatch"])
        return {(kind, f"{state}:{reason}".rstrip(":")) for kind, state, reason in rows.values_list("kind", "state", "reason")}


def test_a_parcel_is_followed_to_the_door_and_each_step_is_told_once(shop: Merchant) -> None:
    parcel = send(shop)
    steps = [
        (S.IN_TRANSIT, NOW + timedelta(hours=9), LEIPZIG),
        (S.IN_TRANSIT, MONDAY - timedelta(hours=3), BERLIN),
        (S.OUT_FOR_DELIVERY, MONDAY, BERLIN),
        (S.OUT_FOR_DELIVERY, MONDAY, BERLIN),
        (S.DELIVERED, MONDAY + timedelta(hours=3), BERLIN),
    ]
    for status, at, place in steps:
        scanned(shop, parcel, status, at, place, **({"how": "neighbour"} if status == S.DELIVERED else {}))
        work(shop, at + TEN)
    assert told(shop) == [
        "Order 1001 has reached Berlin",
        "Order 1001 arrives today",
        "Order 1001 has been delivered: left with a neighbour",
    ]
    with merchant_scope(shop.pk):
        assert not Delivery.objects.filter(state="dead").exists()
        texts = list(SandboxDelivery.objects.filter(channel="sms").order_by("pk").values_list("text", flat=True))
        assert [text for text in texts if "today" in text] == texts[-1:]


def test_three_scans_in_ten_minutes_make_one_message_the_newest(shop: Merchant) -> None:
    parcel = send(shop)
    scanned(shop, parcel, S.IN_TRANSIT, NOW + timedelta(hours=9), LEIPZIG)
    scanned(shop, parcel, S.IN_TRANSIT, MONDAY, BERLIN)
    scanned(shop, parcel, S.OUT_FOR_DELIVERY, MONDAY + timedelta(minutes=2))
    scanned(shop, parcel, S.ATTEMPT_FAILED, MONDAY + timedelta(minutes=4), cause="consignee", reason="not_home")
    work(shop, MONDAY + timedelta(minutes=14))
    assert told(shop) == ["Order 1001 could not be delivered. What to do now"]
    assert kinds(shop) == {
        ("arrived_in_city", "cancelled:newer_news"),
        ("out_for_delivery", "cancelled:newer_news"),
        ("attempt_failed", "delivered"),
    }
    with merchant_scope(shop.pk):
        text = SandboxDelivery.objects.get(message__kind="attempt_failed", channel="email").text
    assert "Nobody was in to take it." in text
    assert "next working day" in text


def test_a_parcel_to_collect_is_told_with_place_and_last_day(shop: Merchant) -> None:
    parcel = send(shop)
    scanned(shop, parcel, S.READY_FOR_PICKUP, MONDAY, text="Postfiliale 12, Invalidenstr. 8", pickup_until=date(2026, 11, 30))
    with merchant_scope(shop.pk):
        waiting = Message.objects.get(kind="ready_for_pickup", channel="email")
        assert message_story(message_id=waiting.pk).held_until == MONDAY + TEN
    work(shop, MONDAY + TEN)
    assert told(shop) == ["Order 1001 is ready to collect, until Monday, November 30"]
    with merchant_scope(shop.pk):
        assert "Postfiliale 12, Invalidenstr. 8 (Berlin)" in SandboxDelivery.objects.get(subject__contains="collect").text


def test_what_was_collected_within_the_ten_minutes_is_not_announced(shop: Merchant) -> None:
    parcel = send(shop)
    scanned(shop, parcel, S.READY_FOR_PICKUP, MONDAY)
    scanned(shop, parcel, S.DELIVERED, MONDAY + timedelta(minutes=5), how="collected")
    work(shop, MONDAY + TEN)
    assert told(shop) == ["Order 1001 has been delivered: collected"]


def test_a_parcel_that_is_not_there_is_looked_for_and_the_answer_has_a_day(shop: Merchant) -> None:
    parcel = send(shop)
    scanned(shop, parcel, S.DELIVERED, MONDAY)
    with merchant_scope(shop.pk):
        for _ in range(2):
            deny_receipt(shipment=Shipment.objects.get(), at=MONDAY + timedelta(hours=4))
    work(shop, MONDAY + timedelta(hours=4))
    with merchant_scope(shop.pk):
        day = Incident.objects.get(type=IncidentType.DELIVERED_NOT_RECEIVED).news_by
        replies = Promise.objects.filter(kind=PromiseKind.REPLY_BY)
        assert [row.date for row in replies] == [day]
    assert len(told(shop, message__kind="receipt_denied")) == 1
    assert "we look for your parcel, answer by" in told(shop)[-1]


def test_an_order_not_sent_in_time_is_told_and_the_choice_is_confirmed(shop: Merchant) -> None:
    with merchant_scope(shop.pk):
        order = place_order()
        assert order.ship_by is not None
        late = datetime.combine(order.ship_by, datetime.min.time(), tzinfo=NOW.tzinfo) + timedelta(days=2, hours=9)
        sweep_incidents(now=late)
    work(shop, late)
    work(shop, late + TEN)
    assert [subject.partition(",")[0] for subject in told(shop)] == ["Order 1001 is not sent yet"]
    with merchant_scope(shop.pk):
        text = SandboxDelivery.objects.get(message__kind="dispatch_delayed").text
        choose(incident=Incident.objects.get(type=IncidentType.UNSHIPPED_PAST_PROMISE), choice=Choice.WAIT, at=late + 2 * TEN)
    assert f"/track/{order.track_token}/choice/" in text
    work(shop, late + 2 * TEN)
    assert told(shop)[-1].startswith("Order 1001: you wait")


def test_one_late_parcel_gets_one_delay_message_however_often_it_is_looked_at(shop: Merchant) -> None:
    parcel = send(shop)
    scanned(shop, parcel, S.IN_TRANSIT, NOW + timedelta(hours=9), LEIPZIG)
    with merchant_scope(shop.pk):
        promised = Shipment.objects.get().promised_by
        assert promised is not None
        news = IncomingTracking(source="api", scans=(), shipment=parcel.public_id, eta_by=promised + timedelta(days=4), told_at=MONDAY)
        record_scans(news=news, at=MONDAY)
    for minutes in (0, 5, 10, 15, 60):
        at = MONDAY + timedelta(minutes=minutes)
        with merchant_scope(shop.pk):
            sweep_incidents(now=at)
        work(shop, at)
    assert len(told(shop, message__kind="delayed")) == 1
    assert "is late and now arrives by" in told(shop)[0]


def test_staffs_words_reach_the_shopper_of_an_incident(shop: Merchant) -> None:
    parcel = send(shop)
    scanned(shop, parcel, S.ATTEMPT_FAILED, MONDAY)
    with merchant_scope(shop.pk):
        found = list(Incident.objects.values_list("pk", flat=True))
        assert found
        assert note_to_customers(incident_ids=found, text="DHL comes again on Tuesday.", actor="ops@acme.example", at=MONDAY) == 1
    work(shop, MONDAY)
    assert told(shop) == ["Acme about your order 1001"]
