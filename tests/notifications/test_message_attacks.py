"""What messages must not do whatever comes first: stay away, come twice, or say what is not so."""

from datetime import date, timedelta

import pytest

from events.services import emit
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.types import Kind
from orders.models import Promise
from tests.conftest import NOW
from tests.notifications import stories
from tests.notifications.conftest import Stub, in_state, make_due, messages, news, only_we_listen, open_accounts, release, run, states
from tests.notifications.stories import LANGUAGES, NEXT_DAY, incident, told
from tests.notifications.test_hold import LATER, TEN, late, parcel, unsent
from tests.notifications.test_render_parcels import voltline
from tracking.models import Incident
from tracking.types import IncidentState, IncidentType, ShipmentStatus

__all__ = ["voltline"]
S, T = ShipmentStatus, IncidentType
NEWS = date(2026, 11, 25)


@pytest.mark.parametrize(("type", "told_of"), [(T.STALLED, "delayed"), (T.ETA_SLIPPED, "")])
def test_silence_on_the_van_is_told_and_older_delays_are_not(wired: Merchant, stub: Stub, type: IncidentType, told_of: str) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.OUT_FOR_DELIVERY)
        news("delay.noticed", row, incident=incident(type, order=row.order, shipment=row, news_by=NEWS).pk)
    run()
    release(wired, LATER)
    assert {taken.channel for taken in stub.taken} == ({"email", "sms"} if told_of else set())


@pytest.mark.parametrize("status", [S.OUT_FOR_DELIVERY, S.ATTEMPT_FAILED])
def test_a_parcel_lost_on_the_van_is_told(wired: Merchant, stub: Stub, status: ShipmentStatus) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), status)
        news("loss.suspected", row, incident=incident(T.LOST_SUSPECTED, order=row.order, shipment=row, news_by=NEWS).pk)
    run()
    release(wired, LATER)
    assert states(wired) == {"lost_suspected/email": "sent"}


@pytest.mark.parametrize("is_early", [False, True])
def test_a_delay_that_goes_on_under_another_name_is_told(wired: Merchant, stub: Stub, is_early: bool) -> None:
    """Noticed as silence; a minute later the carrier itself calls it delayed. The shopper was told by nobody yet."""
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.IN_TRANSIT)
        first = incident(T.STALLED, order=row.order, shipment=row, news_by=NEWS, told_at=NOW)
        news("delay.noticed", row, incident=first.pk, telling=1)
    if not is_early:
        run()
    with merchant_scope(wired.pk):
        Incident.objects.filter(pk=first.pk).update(state=IncidentState.RESOLVED, resolution="cleared", resolved_at=NOW)
        incident(T.EXCEPTION, order=row.order, shipment=row, news_by=NEWS, told_at=NOW, cause="weather", promised_by=date(2026, 11, 19))
    run()
    release(wired, LATER)
    assert states(wired) == {"delayed/email": "sent", "delayed/sms": "sent"}
    assert "Bad weather" in next(taken.text for taken in stub.taken if taken.channel == "email")


def test_news_by_a_day_and_arrival_by_that_day_are_two_things_to_say(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        row = in_state(parcel(), S.IN_TRANSIT)
        trouble = late(row, expected_by=None, news_by=NEWS)
        news("delay.noticed", row, incident=trouble.pk, telling=1)
    run()
    release(wired, LATER)
    with merchant_scope(wired.pk):
        Incident.objects.filter(pk=trouble.pk).update(expected_by=NEWS, news_by=None)
        news("delay.noticed", row, incident=trouble.pk, telling=2, at=NOW + timedelta(days=1))
    run(NOW + timedelta(days=1))
    release(wired, NOW + timedelta(days=1) + TEN)
    assert len([taken for taken in stub.taken if taken.channel == "email"]) == 2


def test_two_notices_that_waited_for_a_provider_go_out_as_one(acme: Merchant, stub: Stub) -> None:
    with merchant_scope(acme.pk):
        order, trouble = unsent()
    run()
    release(acme, LATER)
    assert states(acme) == {"dispatch_delayed/email": "pending:no_provider"}
    later = NOW + timedelta(days=2)
    with merchant_scope(acme.pk):
        Incident.objects.filter(pk=trouble.pk).update(expected_by=None, news_by=NEWS)
        emit(type="tracking.dispatch.delayed", payload={"order": order.pk, "incident": trouble.pk, "telling": 2}, at=later)
        only_we_listen()
    run(later)
    open_accounts(acme, "email")
    make_due(acme)
    run(later + TEN)
    assert len(stub.taken) == 1
    assert sorted(row.state for row in messages(acme, kind="dispatch_delayed")) == ["cancelled", "sent"]


# -- true words -----------------------------------------------------------------------------------------------------------


def _delay(language: str, channel: str = "email", status: ShipmentStatus = S.IN_TRANSIT, **over: object) -> str:
    order = stories.order()
    row = stories.now_in(stories.sent(order), status)
    Incident.objects.update(state=IncidentState.RESOLVED)
    trouble = stories.incident(T.STALLED, order=order, shipment=row, **over)
    made = told(Kind.DELAYED, channel, language, order=order, shipment=row, subject_id=trouble.pk, now=NEXT_DAY)
    return f"{made.subject}\n{made.text}"


LATE_WORDS = {"en": "late", "de": "verspätet", "id": "terlambat", "zh-hans": "延误", "pt-br": "atras"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("promised", [None, date(2026, 12, 24)])
def test_a_parcel_that_is_not_late_is_not_called_late(voltline: Merchant, language: str, promised: date | None) -> None:
    for channel in ("email", "sms"):
        words = _delay(language, channel, promised_by=promised, news_by=NEWS).replace("Too late for you", "")
        assert LATE_WORDS[language] not in words.replace("paling lambat", "").replace("Terlalu lama", "")
    assert LATE_WORDS[language] in _delay(language, promised_by=date(2026, 11, 20), news_by=NEWS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", [S.IN_TRANSIT, S.RETURNING, S.DAMAGED])
def test_the_last_notice_promises_no_day(voltline: Merchant, language: str, status: ShipmentStatus) -> None:
    empty = {
        "en": ["by .", "by ,", "by  "],
        "de": ["bis .", "bis ,", "am."],
        "id": ["lambat .", " lambat,"],
        "zh-hans": ["最晚告知", "最晚。"],
        "pt-br": ["até .", "até ,", "até  "],
    }
    for channel in ("email", "sms"):
        words = _delay(language, channel, status, promised_by=date(2026, 11, 20), news_by=None)
        assert not any(bad in words for bad in empty[language])
    assert not Promise.objects.filter(kind="news_by").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_notice_of_an_unsent_order_promises_no_day(voltline: Merchant, language: str) -> None:
    order = stories.order()
    trouble = stories.incident(T.UNSHIPPED_PAST_PROMISE, order=order, promised_by=date(2026, 11, 20))
    mail = told(Kind.DISPATCH_DELAYED, "email", language, order=order, subject_id=trouble.pk, now=NEXT_DAY)
    assert not Promise.objects.filter(kind="news_by").exists()
    opened = {
        "en": "No new day yet",
        "de": "Noch kein neuer Tag",
        "id": "Hari baru belum pasti",
        "zh-hans": "日期待定",
        "pt-br": "Ainda sem nova data",
    }
    assert opened[language] in mail.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_waits_is_promised_no_day_nobody_would_keep(voltline: Merchant, language: str) -> None:
    order = stories.order()
    trouble = stories.incident(T.UNSHIPPED_PAST_PROMISE, order=order, choice="wait")
    told(Kind.CHOICE_RECEIVED, "email", language, order=order, subject_id=trouble.pk, now=NEXT_DAY)
    assert not Promise.objects.filter(kind="news_by").exists()


def test_an_order_of_which_a_part_left_is_not_called_unsent(voltline: Merchant) -> None:
    order = stories.order()
    stories.sent(order)
    trouble = stories.incident(T.UNSHIPPED_PAST_PROMISE, order=order, promised_by=date(2026, 11, 20), news_by=NEWS)
    mail = told(Kind.DISPATCH_DELAYED, "email", "en", order=order, subject_id=trouble.pk, now=NEXT_DAY)
    assert "part of it is not sent yet" in mail.subject
    assert "Part of your order has not left us in time" in mail.text


def test_a_day_an_exception_made_untrue_is_not_told(voltline: Merchant) -> None:
    about = stories.about(Kind.ARRIVED_IN_CITY, stories.order())
    stories.now_in(about["shipment"], S.IN_TRANSIT, eta_hidden="delayed")
    mail = told(Kind.ARRIVED_IN_CITY, "email", "en", now=NEXT_DAY, **about)
    assert "November 24" not in mail.text + mail.subject


REFUND_PROMISED = {
    "en": ["refund it", "you get a new one or your money back", "send back what you paid"],
    "de": ["erstatten es", "bekommen Sie Ersatz oder Ihr Geld zurück", "erstatten, was Sie"],
    "id": ["kembalikan uang Anda", "Anda mendapat barang pengganti"],
    "zh-hans": ["我们会补寄或退款", "另想办法或退款", "并退还您为此支付的款项"],
    "pt-br": ["reembolsamos", "você recebe um novo", "devolvemos o que você pagou"],
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [Kind.DELAYED, Kind.LOST_SUSPECTED, Kind.RECEIPT_DENIED, Kind.CHOICE_RECEIVED])
def test_no_refund_is_promised_that_the_shop_has_to_decide_upon(voltline: Merchant, language: str, kind: Kind) -> None:
    order = stories.order()
    mail = told(kind, "email", language, now=NEXT_DAY, **stories.about(kind, order))
    assert not [words for words in REFUND_PROMISED[language] if words in mail.text]
