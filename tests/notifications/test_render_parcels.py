"""Messages about parcels: what each must say, in each language, short, small and with one thing to do."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import causes, context, shipped
from notifications.models import ShortLink
from notifications.rendering import MAX_HTML, Rendered
from notifications.safety import check_markup
from notifications.types import Kind
from orders.models import Promise
from orders.types import PromiseKind
from tests.factories import incoming_line
from tests.notifications import stories
from tests.notifications.stories import LANGUAGES, NEXT_DAY, SENT, told
from tests.notifications.test_render_kinds import Page, buttons
from tracking.types import Cause, DeliveredHow, IncidentType, ShipmentStatus

FRIDAY = {
    "en": "Friday, November 27",
    "de": "Freitag, 27. November",
    "zh-hans": "11月27日星期五",
    "id": "Jumat, 27 November",
    "pt-br": "sexta-feira, 27 de novembro",
}
TUESDAY = {
    "en": "Tuesday, November 24",
    "de": "Dienstag, 24. November",
    "zh-hans": "11月24日星期二",
    "id": "Selasa, 24 November",
    "pt-br": "terça-feira, 24 de novembro",
}
THURSDAY = {
    "en": "Thursday, November 26",
    "de": "Donnerstag, 26. November",
    "zh-hans": "11月26日星期四",
    "id": "Kamis, 26 November",
    "pt-br": "quinta-feira, 26 de novembro",
}
SATURDAY = {
    "en": "Saturday, November 21",
    "de": "Samstag, 21. November",
    "zh-hans": "11月21日星期六",
    "id": "Sabtu, 21 November",
    "pt-br": "sábado, 21 de novembro",
}
WEATHER = {
    "en": "Bad weather holds it up on its way.",
    "de": "Schlechtes Wetter hält es unterwegs auf.",
    "zh-hans": "恶劣天气耽误了运输。",
    "id": "Cuaca buruk menghambat perjalanannya.",
    "pt-br": "O mau tempo está segurando o transporte.",
}
NOT_HOME = {
    "en": "Nobody was in to take it.",
    "de": "Es war niemand da, der es annehmen konnte.",
    "zh-hans": "派送时无人在家签收。",
    "id": "Tidak ada orang di rumah yang menerima.",
    "pt-br": "Não havia ninguém em casa para receber.",
}
AGAIN = {
    "en": "next working day",
    "de": "am nächsten Werktag",
    "zh-hans": "下一个工作日",
    "id": "hari kerja berikutnya",
    "pt-br": "no próximo dia útil",
}
SINCE = {
    "en": "UPS has not reported it since Friday, November 20.",
    "de": "UPS hat es seit Freitag, 20. November nicht mehr gemeldet.",
    "zh-hans": "自11月20日星期五起，UPS 没有更新过物流信息。",
    "id": "UPS tidak memberi kabar sejak Jumat, 20 November.",
    "pt-br": "UPS não registra movimentação desde sexta-feira, 20 de novembro.",
}
NEIGHBOUR = {
    "en": "left with a neighbour, P. Ortiz",
    "de": "beim Nachbarn abgegeben, P. Ortiz",
    "zh-hans": "由邻居 P. Ortiz 代收",
    "id": "dititipkan ke tetangga, P. Ortiz",
    "pt-br": "deixado com um vizinho, P. Ortiz",
}
MINE = {
    "en": "We were not ready in time. That is our mistake.",
    "de": "Wir waren nicht rechtzeitig fertig. Das ist unser Fehler.",
    "zh-hans": "我们没有按时备好货，这是我们的错。",
    "id": "Kami tidak siap tepat waktu. Ini kesalahan kami.",
    "pt-br": "Não conseguimos preparar tudo a tempo. O erro foi nosso.",
}
REPLACE = {"en": "Something else", "de": "Etwas anderes", "zh-hans": "换其他商品", "id": "Ganti barang", "pt-br": "Outro produto"}
CANCEL = {"en": "Cancel:", "de": "Stornieren:", "zh-hans": "取消：", "id": "Membatalkan:", "pt-br": "Cancelar:"}
NEW_OR_MONEY = {
    "en": "a new parcel or your money back",
    "de": "ein neues Paket oder Ihr Geld zurück",
    "zh-hans": "重新寄一件或退款",
    "id": "paket baru atau uang kembali",
    "pt-br": "um novo pacote ou seu dinheiro de volta",
}
TODAY = {"en": "Today", "de": "Heute", "zh-hans": "今天", "id": "Hari ini", "pt-br": "Hoje"}
AT = {
    "en": "10:40 AM CST",
    "de": "10:40 Nordamerikanische Zentralzeit",
    "zh-hans": "10:40 北美中部时间",
    "id": "10.40 CST",
    "pt-br": "10:40 (horário Central)",
}
SPOT = dict.fromkeys(LANGUAGES, "UPS Access Point, 500 E 7th St (Austin)") | {"zh-hans": "UPS Access Point, 500 E 7th St（Austin）"}

# What each must say, beside the order's number in the subject.
SAYS: dict[Kind, list[dict[str, str]]] = {
    Kind.ARRIVED_IN_CITY: [TUESDAY, dict.fromkeys(LANGUAGES, "Austin"), AT],
    Kind.OUT_FOR_DELIVERY: [SATURDAY, dict.fromkeys(LANGUAGES, "UPS")],
    Kind.ATTEMPT_FAILED: [NOT_HOME, AGAIN, AT],
    Kind.READY_FOR_PICKUP: [FRIDAY, SPOT],
    Kind.PICKUP_EXPIRING: [FRIDAY, SPOT],
    Kind.DELAYED: [FRIDAY, TUESDAY, WEATHER, dict.fromkeys(LANGUAGES, "Dallas")],
    Kind.DISPATCH_DELAYED: [THURSDAY, MINE, REPLACE, CANCEL],
    Kind.LOST_SUSPECTED: [FRIDAY, SINCE, NEW_OR_MONEY, dict.fromkeys(LANGUAGES, "Dallas")],
    Kind.DELIVERED: [SATURDAY, NEIGHBOUR, AT],
    Kind.CHOICE_RECEIVED: [REPLACE],
    Kind.RECEIPT_DENIED: [FRIDAY, NEIGHBOUR],
    Kind.NOTE: [dict.fromkeys(LANGUAGES, "The belt comes on Monday."), dict.fromkeys(LANGUAGES, "The shirts are with you.")],
}
IN_SUBJECT = {
    Kind.READY_FOR_PICKUP: FRIDAY,
    Kind.PICKUP_EXPIRING: FRIDAY,
    Kind.DELAYED: FRIDAY,
    Kind.DISPATCH_DELAYED: THURSDAY,
    Kind.LOST_SUSPECTED: FRIDAY,
    Kind.DELIVERED: {name: words.partition(",")[0].replace(" P. Ortiz ", "") for name, words in NEIGHBOUR.items()},
    Kind.RECEIPT_DENIED: FRIDAY,
    Kind.ARRIVED_IN_CITY: dict.fromkeys(LANGUAGES, "Austin"),
}
TEXTED = [kind for kind in SAYS if shipped.is_offered(kind, "sms")]
KINDS = pytest.mark.parametrize("kind", list(SAYS))
SPOKEN = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


def tell(kind: Kind, language: str = "en", channel: str = "email", **over: Any) -> Rendered:
    return told(kind, channel, language, now=NEXT_DAY, **{**stories.about(kind, stories.order()), **over})


def large(day: str) -> str:
    """The answer as the head of a mail has it: the weekday, and below it the day."""
    date, found, weekday = day.partition("星期")
    return f"{found}{weekday}{date}" if found else day.replace(", ", "")


@SPOKEN
@KINDS
def test_each_message_says_its_facts_in_both_parts(voltline: Merchant, kind: Kind, language: str) -> None:
    mail = tell(kind, language)
    page = Page(mail)
    assert mail.label.startswith(f"shipped {kind}/email/{language}@")
    assert "V-58213" in mail.subject
    for facts in SAYS[kind]:
        assert facts[language] in mail.text, facts[language]
        assert facts[language] in page.words or large(facts[language]) in page.words, facts[language]
    if kind in IN_SUBJECT:
        assert IN_SUBJECT[kind][language] in mail.subject


@SPOKEN
@KINDS
def test_each_mail_has_one_button_and_stays_small(voltline: Merchant, kind: Kind, language: str) -> None:
    mail = tell(kind, language)
    page = Page(mail)
    assert buttons(mail) == 1
    assert page.tags.count("h1") == 1
    assert len(mail.html.encode()) < 50_000
    assert len(mail.subject) <= 120
    assert "prefers-color-scheme: dark" in mail.html
    for mark in ("{{", "{%", "[[", "§", "None"):
        assert mark not in mail.html + mail.text + mail.subject
    assert "soon " not in page.words.lower()
    assert page.lang == language
    assert "  " not in mail.subject


@SPOKEN
@pytest.mark.parametrize("kind", TEXTED)
def test_each_sms_names_shop_and_order_and_fits_one_segment_where_the_alphabet_allows(
    voltline: Merchant, kind: Kind, language: str
) -> None:
    sms = tell(kind, language, "sms")
    assert sms.text.startswith("Borealis")
    assert "V-58213" in sms.text
    assert "https://borealis.platform.test/l/" in sms.text
    assert sms.segments == (2 if language == "zh-hans" else 1), (sms.segments, len(sms.text), sms.text)


def test_the_texted_kinds_are_the_urgent_ones() -> None:
    assert {kind.value for kind in TEXTED} == {
        "out_for_delivery", "attempt_failed", "ready_for_pickup", "pickup_expiring", "delayed", "delivered",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in SAYS if kind != Kind.DISPATCH_DELAYED])
def test_the_button_leads_to_the_tracking_page(voltline: Merchant, kind: Kind) -> None:
    mail = tell(kind)
    assert "/track/" in str(Page(mail).links[0] if kind != Kind.DELIVERED else Page(mail).links[1])


def test_the_choice_leads_to_a_page_that_asks_again(voltline: Merchant) -> None:
    about = stories.about(Kind.DISPATCH_DELAYED, order := stories.order())
    mail = told(Kind.DISPATCH_DELAYED, "email", "en", now=NEXT_DAY, **about)
    address = f"https://borealis.platform.test/track/{order.track_token}/choice/"
    assert Page(mail).links[0] == address
    assert address in mail.text
    assert "Halo headphones" in mail.text


def test_who_took_the_parcel_in_is_told_inside_and_not_in_the_subject(voltline: Merchant) -> None:
    mail = tell(Kind.DELIVERED)
    assert "P. Ortiz" in mail.text
    assert "P. Ortiz" not in mail.subject
    assert "P. Ortiz" not in tell_sms().text


def tell_sms() -> Rendered:
    return told(Kind.DELIVERED, "sms", "en", now=NEXT_DAY, **stories.about(Kind.DELIVERED, stories.order(number="V-2")))


def test_what_is_not_there_can_be_said_of_the_right_parcel(voltline: Merchant) -> None:
    order = stories.order()
    stories.sent(order, external_id="S1", lines={"L1": 1})
    second = stories.now_in(stories.sent(order, external_id="S2", lines={"L2": 1}), ShipmentStatus.DELIVERED, delivered_at=NEXT_DAY)
    mail = told(Kind.DELIVERED, "email", "en", order=order, shipment=second, now=NEXT_DAY)
    assert f"https://borealis.platform.test/track/{order.track_token}/not-here/?parcel=2" in mail.text


def delay(language: str = "en", **over: Any) -> Rendered:
    order = stories.order()
    parcel = stories.sent(order)
    trouble = stories.incident(over.pop("type", IncidentType.STALLED), order=order, shipment=parcel, **over)
    return told(Kind.DELAYED, "email", language, order=order, shipment=parcel, subject_id=trouble.pk, now=NEXT_DAY)


@SPOKEN
def test_the_old_day_is_struck_through_beside_the_new_one(voltline: Merchant, language: str) -> None:
    mail = tell(Kind.DELAYED, language)
    assert f"<del>{TUESDAY[language]}</del>" in mail.html


@SPOKEN
def test_without_a_new_day_the_day_of_the_next_news_is_told_and_kept(voltline: Merchant, language: str) -> None:
    mail = delay(language, news_by=date(2026, 11, 26))
    assert THURSDAY[language] in mail.subject
    assert THURSDAY[language] in mail.text
    assert [str(row.date) for row in Promise.objects.filter(kind=PromiseKind.NEWS_BY)] == ["2026-11-26"]


def test_days_that_are_over_are_not_told_and_none_is_made_up(voltline: Merchant) -> None:
    mail = delay(news_by=date(2026, 11, 1), expected_by=date(2026, 11, 10), promised_by=date(2026, 11, 9))
    assert mail.subject == "Order V-58213 is late"
    assert "there is no new day yet" in mail.text
    assert not Promise.objects.filter(kind=PromiseKind.NEWS_BY).exists()


def test_days_told_are_kept_once_on_whichever_channel(voltline: Merchant) -> None:
    about = stories.about(Kind.DELAYED, order := stories.order())
    for channel in ("email", "sms"):
        told(Kind.DELAYED, channel, "en", now=NEXT_DAY, **about)
    kept = Promise.objects.filter(order=order, subject=f"shipment:{about['shipment'].pk}", kind=PromiseKind.ARRIVE_BY)
    assert [str(row.date) for row in kept.order_by("pk")][-1:] == ["2026-11-27"]
    assert kept.filter(date=date(2026, 11, 27)).count() == 1


@pytest.mark.parametrize(
    ("kind", "promise", "day"),
    [
        (Kind.RECEIPT_DENIED, PromiseKind.REPLY_BY, "2026-11-27"),
        (Kind.LOST_SUSPECTED, PromiseKind.NEWS_BY, "2026-11-27"),
        (Kind.CHOICE_RECEIVED, PromiseKind.NEWS_BY, "2026-11-24"),
        (Kind.DISPATCH_DELAYED, PromiseKind.DISPATCH_BY, "2026-11-26"),
    ],
)
def test_each_day_named_is_a_promise_kept(voltline: Merchant, kind: Kind, promise: PromiseKind, day: str) -> None:
    tell(kind)
    assert day in [str(row.date) for row in Promise.objects.filter(kind=promise)]


@SPOKEN
@pytest.mark.parametrize(("cause", "reason"), [(c, "") for c in Cause] + [("carrier", r) for r in ("address_not_found", "missorted", "x")])
def test_every_cause_has_a_sentence(voltline: Merchant, language: str, cause: str, reason: str) -> None:
    sentence = causes.why(language, cause=cause, reasons=(reason,), carrier="UPS", since="")
    assert sentence
    assert "{" not in sentence
    assert sentence == causes.why(language, cause="", reasons=(cause, reason) if not reason else (reason, cause), carrier="UPS", since="")


@pytest.mark.parametrize(
    ("reason", "key"),
    [
        ("consignee_not_home", "not_home"),
        ("customs_documentation", "documents"),
        ("carrier_damaged_parcel", "damaged"),
        ("Weather Delay", "weather"),
        ("weather_delay", "weather"),
        ("address-correction", "address"),
        ("customs_clearance", "customs"),
        ("customs_delay", ""),
        ("pickup_missed", "unclaimed"),
        ("payment_due", "payment"),
        ("something_new", "something_new"),
        ("", ""),
    ],
)
def test_reasons_of_all_vocabularies_come_down_to_ours(reason: str, key: str) -> None:
    assert causes.key_of(reason) == key


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"cause": "customs", "reason": "customs_documentation"}, "Customs are missing a paper."),
        ({"cause": "customs"}, "Customs are holding it."),
        (
            {"cause": "carrier", "facts": {"last_scan_at": "2026-11-20T16:40:00+00:00"}},
            "UPS has not reported it since Friday, November 20.",
        ),
        ({"type": IncidentType.PREDICTED_LATE, "cause": "carrier"}, "UPS needs longer than planned."),
        ({"type": IncidentType.PREDICTED_LATE, "cause": "unknown"}, "UPS has not told us why."),
        ({"type": IncidentType.PREDICTED_LATE}, "UPS has not told us why."),
        ({"type": IncidentType.PREDICTED_LATE, "facts": {"cause_text_key": "carrier.strike"}}, "UPS is on strike."),
        ({"cause": "carrier", "facts": {"cause_text_key": "carrier", "last_scan_at": SENT.isoformat()}}, "not reported it since"),
        ({"facts": {"last_scan_at": "rubbish", "last_city": ["x"]}, "cause": "weather"}, "Bad weather holds it up on its way."),
    ],
)
def test_the_most_telling_cause_is_told(voltline: Merchant, over: dict[str, Any], says: str) -> None:
    assert says in delay(**over).text


@pytest.mark.parametrize(
    ("type", "status", "says"),
    [
        (IncidentType.RETURNING, ShipmentStatus.RETURNING, "on its way back to us"),
        (IncidentType.EXCEPTION, ShipmentStatus.DAMAGED, "was damaged on its way"),
        (IncidentType.EXCEPTION, ShipmentStatus.ON_HOLD, "is held up"),
        (IncidentType.ETA_SLIPPED, ShipmentStatus.IN_TRANSIT, "is late"),
    ],
)
def test_late_is_not_said_of_what_goes_back_or_is_broken(voltline: Merchant, type: IncidentType, status: ShipmentStatus, says: str) -> None:
    order = stories.order()
    parcel = stories.now_in(stories.sent(order), status)
    promised = date(2026, 11, 19) if says == "is late" else None
    trouble = stories.incident(type, order=order, shipment=parcel, promised_by=promised)
    for channel in ("email", "sms"):
        made = told(Kind.DELAYED, channel, "en", order=order, shipment=parcel, subject_id=trouble.pk, now=NEXT_DAY)
        assert says in made.text
        assert ("late" in made.text) is (says == "is late")


@SPOKEN
@pytest.mark.parametrize("how", list(DeliveredHow))
@pytest.mark.parametrize("by", ["", "P. Ortiz"])
def test_every_way_of_handing_over_has_words(language: str, how: str, by: str) -> None:
    words = causes.how(language, how=how, by=by)
    assert words
    assert "{" not in words
    if by and how in ("handed", "signed", "neighbour", "reception"):
        assert by in words


@pytest.mark.parametrize("how", ["", "telepathy"])
def test_nothing_is_said_of_a_handing_over_nobody_described(how: str) -> None:
    assert causes.how("en", how=how, by="P. Ortiz") == ""


@SPOKEN
@pytest.mark.parametrize("choice", ["wait", "replace", "cancel", ""])
def test_a_choice_is_confirmed_as_it_was_made(voltline: Merchant, language: str, choice: str) -> None:
    order = stories.order()
    trouble = stories.incident(IncidentType.UNSHIPPED_PAST_PROMISE, order=order, choice=choice, news_by=date(2026, 11, 27))
    mail = told(Kind.CHOICE_RECEIVED, "email", language, order=order, subject_id=trouble.pk, now=NEXT_DAY)
    others = {"wait", "replace", "cancel"} - {choice or "wait"}
    subjects = {
        other: told(
            Kind.CHOICE_RECEIVED,
            "email",
            language,
            order=order,
            now=NEXT_DAY,
            subject_id=stories.incident(
                IncidentType.UNSHIPPED_PAST_PROMISE, order=order, choice=other, news_by=date(2026, 11, 27), state="resolved"
            ).pk,
        ).subject
        for other in others
    }
    assert mail.subject not in subjects.values()
    # Who waits hears when it leaves; a day is named where somebody has to answer.
    assert (FRIDAY[language] in mail.subject) is (choice in ("replace", "cancel"))
    assert (FRIDAY[language] in mail.text) is (choice in ("replace", "cancel"))


def test_a_carrier_without_a_name_is_the_carrier(voltline: Merchant) -> None:
    order = stories.order()
    parcel = stories.now_in(stories.sent(order), ShipmentStatus.OUT_FOR_DELIVERY, carrier_name="", carrier_code="")
    mail = told(Kind.OUT_FOR_DELIVERY, "email", "en", order=order, shipment=parcel, now=NEXT_DAY)
    assert "The carrier has it on the van." in mail.text
    sms = told(Kind.OUT_FOR_DELIVERY, "sms", "en", order=order, shipment=parcel, now=NEXT_DAY)
    assert "with" not in sms.text


def test_a_pick_up_without_place_or_end_says_what_is_known(voltline: Merchant) -> None:
    order = stories.order()
    parcel = stories.now_in(stories.sent(order), ShipmentStatus.READY_FOR_PICKUP)
    mail = told(Kind.READY_FOR_PICKUP, "email", "en", order=order, shipment=parcel, now=NEXT_DAY)
    assert mail.subject == "Order V-58213 is ready to collect"
    assert "The carrier's message or page names the place." in mail.text


def test_an_attempt_whose_scan_is_gone_still_says_what_to_do(voltline: Merchant) -> None:
    order = stories.order()
    parcel = stories.now_in(stories.sent(order), ShipmentStatus.ATTEMPT_FAILED)
    mail = told(Kind.ATTEMPT_FAILED, "email", "en", order=order, shipment=parcel, subject_id=99_999, now=NEXT_DAY)
    assert "UPS could not hand it over at the address." in mail.text
    assert "The tracking page shows the next step." in mail.text


@pytest.mark.parametrize(("reason", "says"), [("refused", "If that is a mistake"), ("address_not_found", "check the address")])
def test_what_to_do_follows_from_why_it_failed(voltline: Merchant, reason: str, says: str) -> None:
    order = stories.order()
    parcel = stories.now_in(stories.sent(order), ShipmentStatus.ATTEMPT_FAILED)
    tried = stories.scan(parcel, ShipmentStatus.ATTEMPT_FAILED, reason=reason, has_time=False)
    mail = told(Kind.ATTEMPT_FAILED, "email", "en", order=order, shipment=parcel, subject_id=tried.pk, now=NEXT_DAY)
    assert says in mail.text
    assert "Saturday, November 21" in mail.text
    assert "10:40" not in mail.text


@pytest.mark.parametrize("kind", [Kind.DELAYED, Kind.OUT_FOR_DELIVERY, Kind.DELIVERED, Kind.ATTEMPT_FAILED])
def test_a_message_about_a_parcel_that_is_gone_is_not_composed(voltline: Merchant, kind: Kind) -> None:
    with pytest.raises(context.NothingToTell):
        told(kind, "email", "en", order=stories.order())


@pytest.mark.parametrize("kind", [Kind.DISPATCH_DELAYED, Kind.NOTE])
def test_a_message_about_a_row_that_is_gone_is_not_composed(voltline: Merchant, kind: Kind) -> None:
    with pytest.raises(context.NothingToTell):
        told(kind, "email", "en", order=stories.order(), subject_id=99_999)


SCRIPT = "<script>alert(1)</script>"


def without_facts(page: str) -> str:
    return page[: page.index('<script type="application/ld+json">')] + page[page.index("</script>") + 9 :]


@KINDS
def test_what_carriers_and_shops_write_stays_text(voltline: Merchant, kind: Kind) -> None:
    order = stories.order(lines=(incoming_line(external_id="L1", title=f"Shirt {SCRIPT}"), incoming_line(external_id="L3", title="x")))
    about = stories.about(kind, order)
    if "shipment" in about:
        parcel = about["shipment"]
        stories.now_in(
            parcel, parcel.status, carrier_name="{{ order.number }}<b>", carrier_code="",
            delivered_to="{by}{{ links.home }}<i>", tracking_url="javascript:alert(1)",
        )  # fmt: skip
        parcel.scans.update(text=f"Locker {SCRIPT}\u202e {{{{ order.number }}}}", city="<b>", reason="<b>", cause="")
        parcel.incidents.update(reason="{{ order.number }}", facts={"last_city": SCRIPT, "last_scan_at": "x", "cause_text_key": SCRIPT})
    mail = told(kind, "email", "en", now=NEXT_DAY, **about)
    check_markup(without_facts(mail.html))
    assert SCRIPT not in mail.html
    assert "javascript:" not in mail.html
    assert "\u202e" not in mail.html + mail.text
    if "shipment" in about:
        assert "{{ order.number }}&lt;b&gt;" in mail.html


@KINDS
def test_a_hundred_lines_stay_under_what_mail_programs_show(voltline: Merchant, kind: Kind) -> None:
    lines = tuple(incoming_line(external_id=f"L{n}", title=f"Thing {n} " + "衬" * 280) for n in range(100))
    about = stories.about(kind, stories.order(lines=lines))
    if "shipment" in about:
        about["shipment"].scans.update(text="x" * 500)
    mail = told(kind, "email", "zh-hans", now=NEXT_DAY, **about)
    assert len(mail.html.encode()) < MAX_HTML


def test_today_is_the_day_it_is_sent(voltline: Merchant) -> None:
    order = stories.order()
    parcel = stories.now_in(stories.sent(order), ShipmentStatus.OUT_FOR_DELIVERY)
    mail = told(Kind.OUT_FOR_DELIVERY, "email", "en", order=order, shipment=parcel, now=SENT + timedelta(days=4))
    assert "Tuesday, November 24" in mail.text


def test_an_sms_makes_one_short_link(voltline: Merchant) -> None:
    tell(Kind.DELAYED, "en", "sms")
    assert ShortLink.objects.count() == 1
