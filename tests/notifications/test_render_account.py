"""Codes, changes of an account, requests and personal data in every language: the facts, one button, one segment."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from customers.models import EmailChange
from customers.services.emails import email_code
from customers.types import AccountFact, PrivacyKind, PrivacyState
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import context
from notifications.rendering import Rendered
from notifications.types import Kind
from orders.models import LookUp
from orders.services.look_up import look_up_code
from orders.types import RequestKind, RequestState
from tests.notifications import stories
from tests.notifications.stories import LANGUAGES, PLACED, told
from tests.notifications.test_render_kinds import DAY, Page, buttons

HOME = "https://borealis.platform.test/"
ERASED_ON = {
    "en": "Sunday, November 22",
    "de": "Sonntag, 22. November",
    "zh-hans": "11月22日星期日",
    "id": "Minggu, 22 November",
    "pt-br": "domingo, 22 de novembro",
}
FETCH_BY = {
    "en": "Thursday, November 26",
    "de": "Donnerstag, 26. November",
    "zh-hans": "11月26日星期四",
    "id": "Kamis, 26 November",
    "pt-br": "quinta-feira, 26 de novembro",
}
DONE_AT = {
    "en": "Thursday, November 19, 9:12 AM CST",
    "de": "Donnerstag, 19. November, 09:12 Nordamerikanische Zentralzeit",
    "zh-hans": "11月19日星期四 09:12 北美中部时间",
    "id": "Kamis, 19 November, 09.12 CST",
    "pt-br": "quinta-feira, 19 de novembro, 09:12 (horário Central)",
}
PACKED = {
    "en": "It was packed before we could.",
    "de": "Sie war schon gepackt, bevor wir es konnten.",
    "zh-hans": "在我们处理之前已经打包。",
    "id": "Pesanan sudah dikemas sebelum sempat kami ubah.",
    "pt-br": "Ele foi embalado antes que pudéssemos.",
}


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


def both(mail: Rendered) -> tuple[str, str]:
    """What the two parts say, blanks joined."""
    return " ".join(Page(mail).words.split()), " ".join(mail.text.split())


def sound(mail: Rendered, *, has_button: bool = True) -> Rendered:
    """What holds for every mail we ship."""
    page = Page(mail)
    assert buttons(mail) == int(has_button)
    assert page.tags.count("h1") == 1
    assert "prefers-color-scheme: dark" in mail.html
    assert len(mail.html.encode()) < 50_000
    assert "{{" not in mail.html + mail.text + mail.subject
    assert "{%" not in mail.html + mail.text + mail.subject
    assert "[[" not in mail.html + mail.text
    assert "400 Grand Blvd" in mail.text
    assert mail.fallback_reason == ""
    assert "  " not in mail.subject
    assert "!" not in page.words + mail.subject
    assert not re.search(r"\bplease\b|\bsoon\b|successfully", page.words, re.IGNORECASE)
    return mail


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_of_an_order_stands_in_both_parts_and_in_no_subject(voltline: Merchant, language: str) -> None:
    about = stories.about(Kind.ORDER_CODE, stories.order())
    code = look_up_code(LookUp.objects.get())
    mail = sound(told(Kind.ORDER_CODE, "email", language, **about), has_button=False)
    for part in both(mail):
        assert all(fact in part for fact in (code, "V-58213", "10"))
    assert "V-58213" in mail.subject
    assert code not in mail.subject
    assert Page(mail).links == ["https://voltline.example/legal"]  # nothing to press: a code is typed where it was asked for


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_by_text_is_one_segment_with_the_shop_the_code_and_no_link(voltline: Merchant, language: str) -> None:
    about = stories.about(Kind.ORDER_CODE, stories.order())
    sms = told(Kind.ORDER_CODE, "sms", language, **about)
    assert sms.text.startswith("Borealis")
    assert all(fact in sms.text for fact in (look_up_code(LookUp.objects.get()), "V-58213", "10"))
    assert "http" not in sms.text
    assert sms.segments == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_for_a_new_address_says_nothing_of_whose_account_it_is(voltline: Merchant, language: str) -> None:
    about = stories.about(Kind.EMAIL_CODE, stories.order())
    code = email_code(EmailChange.objects.get())
    mail = sound(told(Kind.EMAIL_CODE, "email", language, **about), has_button=False)
    for part in both(mail):
        assert code in part
        assert "10" in part
        assert not any(name in part for name in ("Maya", "V-58213", "maya@"))
    assert "Borealis" in mail.subject
    assert code not in mail.subject


@pytest.mark.parametrize("what", [fact for fact in AccountFact if fact != AccountFact.SIGNED_IN])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_of_the_account_says_what_when_where_and_what_to_do(voltline: Merchant, language: str, what: AccountFact) -> None:
    order = stories.order()
    change = stories.account_change(order, what)
    mail = sound(told(Kind.ACCOUNT_NOTICE, "email", language, customer=order.customer, subject_id=change.pk))
    for part in both(mail):
        assert DONE_AT[language] in part
        assert "Firefox, Windows" in part
        assert "+1 816 555 0100" in part  # whom to ask
    assert f"{HOME}profile/security/" in Page(mail).links
    assert f"{HOME}profile/security/" in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_changes_of_an_account_are_told_in_the_same_words(voltline: Merchant, language: str) -> None:
    order = stories.order()
    facts = [fact for fact in AccountFact if fact != AccountFact.SIGNED_IN]
    rows = [stories.account_change(order, what).pk for what in facts]
    mails = [told(Kind.ACCOUNT_NOTICE, "email", language, customer=order.customer, subject_id=row) for row in rows]
    assert len({mail.subject for mail in mails}) == len(facts) == 6
    assert len({mail.text for mail in mails}) == 6


def test_a_browser_nobody_knows_is_left_out(voltline: Merchant) -> None:
    order = stories.order()
    change = stories.account_change(order, device="<b>evil</b> https://evil.example")
    mail = told(Kind.ACCOUNT_NOTICE, "email", "en", customer=order.customer, subject_id=change.pk)
    assert "Thursday, November 19, 9:12 AM CST. If it was you" in mail.text
    assert "evil" not in mail.html + mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", RequestKind.values)
def test_a_request_is_confirmed_with_the_day_of_the_answer_and_is_not_called_done(voltline: Merchant, what: str, language: str) -> None:
    order = stories.order()
    over: dict[str, Any] = {"kind": what} if what == RequestKind.ADDRESS else {"kind": what, "address": {}}
    mail = sound(told(Kind.REQUEST_RECEIVED, "email", language, order=order, subject_id=stories.asked(order, **over).pk))
    assert "V-58213" in mail.subject
    for said in (mail.subject, *both(mail)):
        assert DAY[language]["ship"] in said  # the answer is due that day, too
    for part in both(mail):
        assert "Halo headphones" in part
        assert ("98 Red River St" in part) == (what == RequestKind.ADDRESS)
    assert [link for link in Page(mail).links if link and "/view/" in link]


DECIDED = [
    (RequestKind.ADDRESS, RequestState.ACCEPTED, ""),
    (RequestKind.ADDRESS, RequestState.REFUSED, "order_sent"),
    (RequestKind.CANCEL, RequestState.REFUSED, "order_sent"),
    (RequestKind.CANCEL, RequestState.REFUSED, "Made for you: <b>cut</b> yesterday."),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("what", "state", "reason"), DECIDED)
def test_the_answer_says_yes_or_no_why_and_what_is_left(
    voltline: Merchant, what: RequestKind, state: RequestState, reason: str, language: str
) -> None:
    order = stories.order()
    row = stories.asked(order, kind=what, state=state, reason=reason)
    mail = sound(told(Kind.REQUEST_DECIDED, "email", language, order=order, subject_id=row.pk))
    for part in both(mail):
        assert DAY[language]["arrive"] in part
        assert "1208 E 6th St" in part  # where it goes as things stand
        assert (DAY[language]["return"] in part) == (what == RequestKind.CANCEL)
        if reason == "order_sent":
            assert PACKED[language] in part
        elif reason:
            assert "Made for you: <b>cut</b> yesterday." in part  # as text
    assert "<b>cut" not in mail.html
    sms = told(Kind.REQUEST_DECIDED, "sms", language, order=order, subject_id=row.pk)
    assert sms.text.startswith("Borealis")
    assert "V-58213" in sms.text
    assert "https://borealis.platform.test/l/" in sms.text
    assert sms.segments == (2 if language == "zh-hans" else 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_and_no_are_told_apart_in_the_subject(voltline: Merchant, language: str) -> None:
    order = stories.order()
    rows = [stories.asked(order, kind=what, state=state, reason=reason) for what, state, reason in DECIDED[:3]]
    mails = [told(Kind.REQUEST_DECIDED, "email", language, order=order, subject_id=row.pk) for row in rows]
    assert len({mail.subject for mail in mails}) == 3


PRIVACY = [
    (PrivacyKind.EXPORT, PrivacyState.DONE, FETCH_BY),
    (PrivacyKind.EXPORT, PrivacyState.REFUSED, None),
    (PrivacyKind.ERASURE, PrivacyState.REQUESTED, ERASED_ON),
    (PrivacyKind.ERASURE, PrivacyState.REFUSED, None),
    (PrivacyKind.ERASURE, PrivacyState.WITHDRAWN, None),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "state", "day"), PRIVACY)
def test_a_privacy_request_tells_its_day_or_its_reason(
    voltline: Merchant, kind: PrivacyKind, state: PrivacyState, day: dict[str, str] | None, language: str
) -> None:
    reason = "We could not tell that it is you." if state == PrivacyState.REFUSED else ""
    row = stories.privacy_request(stories.order(), kind, state, reason=reason, expires_at=PLACED + timedelta(days=7))
    mail = sound(told(Kind.PRIVACY, "email", language, customer=row.customer, subject_id=row.pk))
    for part in both(mail):
        assert (day or {}).get(language, "") in part
        assert reason in part
    assert f"{HOME}privacy/" in Page(mail).links
    assert f"{HOME}privacy/" in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_a_privacy_request_has_its_own_subject(voltline: Merchant, language: str) -> None:
    order = stories.order()
    rows = [stories.privacy_request(order, kind, state, expires_at=PLACED) for kind, state, _ in PRIVACY]
    mails = [told(Kind.PRIVACY, "email", language, customer=order.customer, subject_id=row.pk) for row in rows]
    assert len({mail.subject for mail in mails}) == len({mail.text for mail in mails}) == len(PRIVACY)


def test_why_an_erasure_waits_is_not_told_as_a_refusal(voltline: Merchant) -> None:
    row = stories.privacy_request(stories.order(), PrivacyKind.ERASURE, PrivacyState.REQUESTED, reason="an order is open")
    mail = told(Kind.PRIVACY, "email", "en", customer=row.customer, subject_id=row.pk)
    assert "an order is open" not in mail.text
    assert "If an order or a return is still open then, it is finished first." in mail.text


@pytest.mark.parametrize(
    "kind", [Kind.ORDER_CODE, Kind.EMAIL_CODE, Kind.ACCOUNT_NOTICE, Kind.REQUEST_RECEIVED, Kind.REQUEST_DECIDED, Kind.PRIVACY]
)
def test_a_row_that_is_gone_leaves_nothing_to_tell(voltline: Merchant, kind: Kind) -> None:
    about = stories.about(kind, stories.order())
    with pytest.raises(context.NothingToTell):
        told(kind, "email", "en", **{**about, "subject_id": 999_999})


def test_an_answer_after_new_year_names_the_year(voltline: Merchant) -> None:
    order = stories.order()
    row = stories.asked(order, answer_by=date(2027, 1, 4))
    assert "Monday, January 4, 2027" in told(Kind.REQUEST_RECEIVED, "email", "en", order=order, subject_id=row.pk).text
