"""What goes back, comes instead or was broken: every message says its facts in every language, and no more than its reader may know."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import context
from notifications.case_entries import ABOUT_CASES
from notifications.types import Kind
from notifications.words import Words
from orders.tokens import gift_token
from returns.models import Return
from returns.types import ClaimState, MoneyWay, Outcome, ReturnState, Way
from tests.notifications import cases, stories
from tests.notifications.stories import LANGUAGES, SENT, told
from tests.notifications.test_render_kinds import Page, buttons

KINDS = [entry.kind for entry in ABOUT_CASES]
TEXTED = [Kind.RETURN_APPROVED, Kind.RETURN_REMINDER, Kind.RETURN_REFUNDED]
HAND_OVER = {
    "en": "Monday, November 30",
    "de": "Montag, 30. November",
    "zh-hans": "11月30日星期一",
    "id": "Senin, 30 November",
    "pt-br": "segunda-feira, 30 de novembro",
}
REFUND = {
    "en": "Thursday, December 10",
    "de": "Donnerstag, 10. Dezember",
    "zh-hans": "12月10日星期四",
    "id": "Kamis, 10 Desember",
    "pt-br": "quinta-feira, 10 de dezembro",
}
AMOUNT = {"en": "$59.10", "de": "59,10\xa0$", "zh-hans": "US$59.10", "id": "US$59,10", "pt-br": "US$\xa059,10"}
DAY: dict[Kind, str] = {
    Kind.RETURN_RECEIVED: "answer_by",
    Kind.RETURN_HANDED_OVER: "arrive_by",
    Kind.RETURN_ARRIVED: "inspect_by",
    Kind.CLAIM_RECEIVED: "answer_by",
}


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


def both(mail: Any) -> tuple[str, str]:
    return " ".join(Page(mail).words.split(" ")), mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_message_names_its_case_and_what_it_is_about_and_lacks_nothing(voltline: Merchant, kind: Kind, language: str) -> None:
    mail = told(kind, "email", language, now=SENT, **stories.about(kind, stories.order()))
    assert mail.label.startswith(f"shipped {kind}/email/{language}@")
    assert mail.fallback_reason == ""
    assert len(mail.html.encode()) <= 102_000
    assert mail.subject
    assert Page(mail).lang == language
    for part in both(mail):
        assert "{{" not in part
        assert "[[" not in part
        assert "—" not in part
        if kind in (Kind.WITHDRAWAL_RECEIPT, Kind.WITHDRAWAL_UNFOUNDED):
            continue
        number = "C-" if kind.value.startswith("claim") else "R-7K3F-9Q2M"
        assert number in part
        assert number in mail.subject
        assert ("Halo headphones" if kind.value.startswith("claim") else "Spark 65 W charger") in part
    assert buttons(mail) == (0 if kind.value.startswith("withdrawal") else 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_approval_says_how_what_to_pack_where_to_and_until_when(voltline: Merchant, language: str) -> None:
    order = stories.order()
    case = cases.sent_back(order, way=Way.CODE, label_code="7731-AKQ")
    mail = told(Kind.RETURN_APPROVED, "email", language, now=SENT, order=order, subject_id=case.pk)
    assert HAND_OVER[language] in mail.subject
    for part in both(mail):
        for fact in (
            "7731-AKQ",
            "Tape the box well.",
            "Keep the proof of postage.",
            "12 Depot Rd",
            "UPS",
            AMOUNT[language],
            REFUND[language],
        ):
            assert fact in part, fact
        assert "Braided USB-C cable" in part
    assert f"https://borealis.platform.test/orders/{order.public_id}/returns/{case.public_id}/" in Page(mail).links


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(DAY))
def test_the_day_of_the_next_step_is_in_subject_and_text(voltline: Merchant, kind: Kind, language: str) -> None:
    order = stories.order()
    about = stories.about(kind, order)
    mail = told(kind, "email", language, now=SENT, **about)
    days = {"answer_by": date(2026, 11, 20), "arrive_by": date(2026, 12, 4), "inspect_by": date(2026, 12, 8)}
    said = Words(language, "US", "America/Chicago").day(days[DAY[kind]], now=SENT.date())
    for part in (mail.subject, *both(mail)):
        assert said in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_money_names_the_amount_and_the_day_at_the_bank(voltline: Merchant, language: str) -> None:
    order = stories.order()
    row = cases.money(order, cases.sent_back(order), bank_by=date(2026, 11, 30))
    mail = told(Kind.RETURN_REFUNDED, "email", language, now=SENT, order=order, subject_id=row.pk)
    assert AMOUNT[language].replace("\xa0", " ") in mail.subject
    for part in both(mail):
        assert AMOUNT[language] in part
        assert HAND_OVER[language] in part  # the bank's day is that day, too
        assert "The cable is frayed." in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_store_credit_names_its_code_and_no_bank(voltline: Merchant, language: str) -> None:
    order = stories.order()
    row = cases.money(order, cases.sent_back(order), way=MoneyWay.CREDIT, credit_code="MAYA-59", bank_by=None)
    mail = told(Kind.RETURN_REFUNDED, "email", language, now=SENT, order=order, subject_id=row.pk)
    for part in both(mail):
        assert "MAYA-59" in part
        assert HAND_OVER[language] not in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_says_why_and_what_may_help(voltline: Merchant, language: str) -> None:
    order = stories.order()
    reasons = set()
    for help in ("warranty", "sell_on", "donate", "ask", ""):
        case = cases.sent_back(order, ReturnState.DECLINED, rma=f"R-{help}", reason="Too late: <b>November 2</b>.", next_best=help)
        mail = told(Kind.RETURN_DECLINED, "email", language, now=SENT, order=order, subject_id=case.pk)
        assert "Too late: <b>November 2</b>." in mail.text
        assert "<b>November" not in mail.html
        reasons.add(mail.text.replace(f"R-{help}", "").replace(case.public_id, ""))
    assert len(reasons) == 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_inspection_that_took_something_off_says_how_much_and_why(voltline: Merchant, language: str) -> None:
    mail = told(Kind.RETURN_INSPECTED, "email", language, now=SENT, **stories.about(Kind.RETURN_INSPECTED, stories.order()))
    less = {"en": "$54.10", "de": "54,10\xa0$", "zh-hans": "US$54.10", "id": "US$54,10", "pt-br": "US$\xa054,10"}[language]
    for part in both(mail):
        assert less in part
        assert "Braided USB-C cable: The cable is frayed." in part


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", [ClaimState.APPROVED, ClaimState.DECLINED])
def test_the_answer_to_a_claim_says_yes_or_no(voltline: Merchant, state: ClaimState, language: str) -> None:
    order = stories.order()
    row = cases.claim(order, state=state, resolution=Outcome.REFUND, amount=Decimal("59.10"), reason="It fell after the delivery.")
    mail = told(Kind.CLAIM_DECIDED, "email", language, now=SENT, order=order, subject_id=row.pk)
    for part in both(mail):
        assert (AMOUNT[language] in part) == (state == ClaimState.APPROVED)
        assert ("It fell after the delivery." in part) == (state == ClaimState.DECLINED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_holds_the_statement_word_for_word_with_its_time_and_zone(voltline: Merchant, language: str) -> None:
    row = cases.withdrawal(None, language=language)
    mail = told(Kind.WITHDRAWAL_RECEIPT, "email", language, now=SENT, subject_id=row.pk)
    zone = {
        "en": "9:12 AM CST", "de": "09:12 Nordamerikanische Zentralzeit", "zh-hans": "09:12 北美中部时间", "id": "09.12 CST",
        "pt-br": "09:12 (horário Central)",
    }  # fmt: skip
    for part in both(mail):
        assert zone[language] in part
        assert "2026" in part
        for line in cases.RECEIPT.splitlines():
            assert line in part
    assert "V-58213" in mail.subject


def test_a_receipt_says_nothing_of_an_order_and_has_no_machine_readable_part(voltline: Merchant) -> None:
    row = cases.withdrawal(stories.order())
    mail = told(Kind.WITHDRAWAL_RECEIPT, "email", "en", now=SENT, subject_id=row.pk)
    assert "355.06" not in mail.html + mail.text
    assert "1208 E 6th" not in mail.html + mail.text
    assert "ld+json" not in mail.html


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.value.startswith(("claim", "withdrawal"))])
def test_news_of_a_gift_tell_neither_order_nor_giver_nor_price(voltline: Merchant, kind: Kind) -> None:
    order = stories.order()
    about = stories.about(kind, order)
    Return.objects.update(is_gift=True, recipient={"name": "Ida Roe", "email": "ida@example.com", "language": "en"})
    mail = told(kind, "email", "en", now=SENT, subject_id=about["subject_id"])
    words = mail.subject + mail.html + mail.text
    for secret in ("V-58213", "Maya", "1208 E 6th", "355.06", order.public_id + "/returns", order.track_token, "/view/"):
        assert secret not in words, secret
    if kind != Kind.EXCHANGE_SHIPPED:
        assert f"https://borealis.platform.test/gift/{gift_token(order)}/return/" in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TEXTED)
def test_a_text_message_holds_the_fact_and_stays_short(voltline: Merchant, kind: Kind, language: str) -> None:
    order = stories.order()
    about = stories.about(kind, order)
    Return.objects.update(label_code="7731-AKQ")
    sms = told(kind, "sms", language, now=SENT, **about)
    assert sms.text.startswith("Borealis")
    assert "R-7K3F-9Q2M" in sms.text
    assert ("7731-AKQ" in sms.text) == (kind != Kind.RETURN_REFUNDED)
    assert "https://borealis.platform.test/l/" in sms.text
    assert sms.segments <= (2 if language == "zh-hans" else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_is_gone_leaves_nothing_to_tell(voltline: Merchant, kind: Kind) -> None:
    with pytest.raises(context.NothingToTell):
        told(kind, "email", "en", **{**stories.about(kind, stories.order()), "subject_id": 999_999})


def test_without_a_label_yet_it_says_that_one_follows_and_promises_no_day(voltline: Merchant) -> None:
    order = stories.order()
    case = cases.sent_back(order, ReturnState.APPROVED, label_state="asked", label_url="")
    mail = told(Kind.RETURN_RECEIVED, "email", "en", now=SENT, order=order, subject_id=case.pk)
    assert mail.subject == "Return R-7K3F-9Q2M: approved, your label follows"
    assert "Please do not send" not in mail.text


def test_a_day_that_is_over_is_promised_no_more(voltline: Merchant) -> None:
    order = stories.order()
    case = cases.sent_back(order, ReturnState.REQUESTED, answer_by=date(2026, 11, 19))
    mail = told(Kind.RETURN_RECEIVED, "email", "en", now=SENT, order=order, subject_id=case.pk)
    assert mail.subject == "Return R-7K3F-9Q2M: we have your request"


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_a_mail_tells_of_returns_it_links_to_start_one_and_to_withdraw(voltline: Merchant, language: str) -> None:
    order = stories.order()
    mail = told(Kind.ORDER_CONFIRMATION, "email", language, order=order)
    for link in (f"https://borealis.platform.test/orders/{order.public_id}/returns/", "https://borealis.platform.test/withdraw/"):
        assert link in Page(mail).links
        assert link in mail.text


def test_a_hundred_lines_stay_under_what_mail_programs_show(voltline: Merchant) -> None:
    order = stories.order()
    case = cases.sent_back(order)
    line: Any = case.lines.first()
    for _ in range(98):
        line.pk = None
        line.save(force_insert=True)
    mail = told(Kind.RETURN_APPROVED, "email", "en", now=SENT, order=order, subject_id=case.pk)
    assert "and 75 more" in mail.text
    assert len(mail.html.encode()) <= 102_000
