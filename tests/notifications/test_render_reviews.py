"""Questions, reviews, surveys and themes: every message says its facts in every language, the same for every author, and no more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import causes, context
from notifications.background import load_background
from notifications.house import load
from notifications.models import Message
from notifications.notes import Notes
from notifications.review_entries import ABOUT_REVIEWS
from notifications.types import Kind
from orders.models import Order
from reviews.models import Review
from reviews.tokens import invite_token, request_token
from reviews.types import Ground, ReviewState
from tests.factories import incoming_line
from tests.notifications import said, stories
from tests.notifications.stories import LANGUAGES, told
from tests.notifications.test_render_kinds import Page, buttons
from tracking.models import Shipment
from tracking.types import ShipmentStatus

KINDS = [entry.kind for entry in ABOUT_REVIEWS]
ASKING = [Kind.REVIEW_REQUEST, Kind.REVIEW_REMINDER, Kind.SURVEY, Kind.THEME_DONE]
NOW = said.ASKED + timedelta(hours=1)
HOME = "https://borealis.platform.test"
TEN_PERCENT = {"en": "10%", "de": "10\xa0%", "zh-hans": "10%", "id": "10%", "pt-br": "10%"}
CAME = {"en": "Monday, November 23", "de": "Montag, 23. November", "zh-hans": "11月23日星期一", "id": "Senin, 23 November",
        "pt-br": "segunda-feira, 23 de novembro"}  # fmt: skip


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


def arrived(order: Order) -> Shipment:
    return stories.now_in(stories.sent(order), ShipmentStatus.DELIVERED, delivered_at=said.CAME)


def both(mail: Any) -> tuple[str, str]:
    return " ".join(Page(mail).words.split(" ")), mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_message_is_whole_in_every_language(voltline: Merchant, kind: Kind, language: str) -> None:
    mail = told(kind, "email", language, now=NOW, **stories.about(kind, stories.order()))
    assert mail.label.startswith(f"shipped {kind}/email/{language}@")
    assert len(mail.html.encode()) <= 102_000
    assert mail.subject
    assert Page(mail).lang == language
    assert buttons(mail) == 1
    for part in both(mail):
        for broken in ("{{", "[[", "—", "None"):
            assert broken not in part, broken
    assert ("/unsubscribe/" in mail.html and "/unsubscribe/" in mail.text) == (kind in ASKING)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_names_what_came_and_when_and_offers_every_number_of_stars_alike(voltline: Merchant, language: str) -> None:
    order = stories.order()
    row = said.request(order, arrived(order))
    mail = told(Kind.REVIEW_REQUEST, "email", language, now=NOW, order=order, customer=order.customer, topic="reviews", subject_id=row.pk)
    form = f"{HOME}/review/{request_token(row)}/"
    assert "V-58213" in mail.subject
    for part in both(mail):
        assert CAME[language] in part
        assert "Halo headphones" in part
        assert "Braided USB-C cable" in part
        assert "Spark 65 W charger" not in part  # it is in another parcel
    for line in order.lines.filter(external_id__in=["L1", "L3"]):
        taps = [f"{form}?line={line.public_id}&stars={stars}" for stars in range(1, 6)]
        assert [link for link in Page(mail).links if f"line={line.public_id}&" in str(link)] == taps
        assert all(tap in mail.text for tap in taps)
    assert f"{form}#not-here" in Page(mail).links
    assert f"{HOME}/reviews/about/" in Page(mail).links


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_given_for_writing_is_disclosed_in_the_question(voltline: Merchant, language: str) -> None:
    order = stories.order()
    row = said.request(order, arrived(order))
    about: dict[str, Any] = {"now": NOW, "order": order, "customer": order.customer, "subject_id": row.pk}
    assert TEN_PERCENT[language] not in told(Kind.REVIEW_REQUEST, "email", language, **about).text
    said.thanks_rule()
    for kind in (Kind.REVIEW_REQUEST, Kind.REVIEW_REMINDER):
        for part in both(told(kind, "email", language, **about)):
            assert TEN_PERCENT[language] in part
            assert "60" in part


@pytest.mark.parametrize("gone", ["used up", "given", "off", "currency"])
def test_nothing_is_promised_that_is_not_given(voltline: Merchant, gone: str) -> None:
    order = stories.order()
    row = said.request(order, arrived(order))
    said.thanks_rule(per_month=0 if gone == "used up" else 5, is_on=gone != "off", currency="EUR" if gone == "currency" else "")
    if gone == "given":
        said.coupon(order)
    mail = told(Kind.REVIEW_REQUEST, "email", "en", now=NOW, order=order, customer=order.customer, subject_id=row.pk)
    assert "10%" not in mail.text
    assert "As thanks" not in mail.html


def test_what_was_reviewed_or_taken_off_is_not_asked_about_again(voltline: Merchant) -> None:
    order = stories.order()
    row = said.request(order, arrived(order))
    said.review(order, "L1")
    mail = told(Kind.REVIEW_REMINDER, "email", "en", now=NOW, order=order, customer=order.customer, subject_id=row.pk)
    assert "Halo headphones" not in mail.text
    assert "Braided USB-C cable" in mail.text
    Review.objects.update(state=ReviewState.WITHDRAWN)
    order.lines.filter(external_id="L3").update(quantity_removed=2)
    mail = told(Kind.REVIEW_REMINDER, "email", "en", now=NOW, order=order, customer=order.customer, subject_id=row.pk)
    assert "Halo headphones" in mail.text
    assert "Braided USB-C cable" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ground", list(Ground))
def test_a_refusal_names_its_published_ground_and_what_helps_and_never_the_stars(voltline: Merchant, ground: Ground, language: str) -> None:
    order = stories.order()
    row = said.rejected(order, ground, note="Leave <b>Tom</b> out.")
    mail = told(Kind.REVIEW_REJECTED, "email", language, now=NOW, order=order, customer=order.customer, subject_id=row.pk)
    words = causes.words(language)
    for part in both(mail):
        assert words["ground"][ground] in part
        assert words["ground_help"][ground] in part
        assert "Leave <b>Tom</b> out." in part
    assert "<b>Tom" not in mail.html
    assert "Halo headphones" in mail.subject
    assert f"{HOME}/reviews/{row.public_id}/edit/" in Page(mail).links


@pytest.mark.parametrize("language", LANGUAGES)
def test_reviews_published_together_are_one_message_with_one_code(voltline: Merchant, language: str) -> None:
    order = stories.order()
    first = said.review(order, "L1")
    said.review(order, "L3", decided_at=said.ASKED + timedelta(minutes=2))
    said.review(order, "L2", state=ReviewState.PENDING, decided_at=None)
    said.coupon(order)
    mail = told(Kind.REVIEW_PUBLISHED, "email", language, now=NOW, order=order, customer=order.customer, subject_id=first.pk)
    for part in both(mail):
        assert "Halo headphones" in part
        assert "Braided USB-C cable" in part
        assert "Spark" not in part
        assert part.count("34679-CDFGH") == 1
        assert TEN_PERCENT[language] in part
    assert f"{HOME}/products/KEY%2FL1/reviews/" in Page(mail).links


def test_the_code_is_told_once(voltline: Merchant) -> None:
    order = stories.order()
    about = {"order": order, "customer": order.customer}
    row, later = said.review(order, "L1"), said.review(order, "L3", decided_at=said.ASKED + timedelta(days=1))
    given = said.coupon(order)
    before = stories.message(Kind.REVIEW_PUBLISHED, "email", "en", **about, subject_id=row.pk)
    Message.objects.filter(pk=before.pk).update(state="sent", sent_at=given.issued_at - timedelta(minutes=1))
    assert "34679-CDFGH" in told(Kind.REVIEW_PUBLISHED, "email", "en", now=NOW, **about, subject_id=later.pk).text
    Message.objects.filter(pk=before.pk).update(sent_at=given.issued_at)
    assert "34679-CDFGH" not in told(Kind.REVIEW_PUBLISHED, "email", "en", now=NOW, **about, subject_id=later.pk).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_is_told_word_for_word_and_says_who_reads_it(voltline: Merchant, language: str) -> None:
    order = stories.order()
    row = said.review(order)
    shown, private = said.reply(row), said.note(row)
    about: dict[str, Any] = {"now": NOW, "order": order, "customer": order.customer, "subject_id": row.pk}
    public = told(Kind.REVIEW_ANSWERED, "email", language, **about, dedupe_key=f"review_answered:review1:answered-reply{shown.pk}:email:x")
    alone = told(Kind.REVIEW_ANSWERED, "email", language, **about, dedupe_key=f"review_answered:review1:answered-note{private.pk}:email:x")
    for part in both(public):
        assert "Thank you, Maya." in part
        assert "We pass it on." in part
        assert "Which size did you get?" not in part
    for part in both(alone):
        assert "Which size did you get?" in part
        assert "Thank you, Maya." not in part
    assert public.subject != alone.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_survey_offers_both_scales_in_the_readers_language(voltline: Merchant, language: str) -> None:
    order = stories.order()
    row = said.invite(order)
    mail = told(Kind.SURVEY, "email", language, now=NOW, order=order, customer=order.customer, topic="reviews", subject_id=row.pk)
    page = f"{HOME}/survey/{invite_token(row)}/"
    for key in ("product", "delivery"):
        assert [link for link in Page(mail).links if f"?{key}=" in str(link)] == [f"{page}?{key}={n}" for n in range(1, 6)]
    words = {"de": ("Wie gefällt es?", "Wie war die Lieferung?", "Zweimal tippen, fertig.")}
    for part in both(mail):
        for text in words.get(language, ("How do you like it?", "How was the delivery?", "Two taps, and you are done.")):
            assert text in part
        assert causes.words(language)["scales"]["csat_high"] in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_raised_something_reads_what_was_done_and_what_they_wrote(voltline: Merchant, language: str) -> None:
    order = stories.order()
    mail = told(Kind.THEME_DONE, "email", language, now=NOW, order=order, customer=order.customer, subject_id=said.mark(order).pk)
    name, note = (
        ("Schmale Polster", "Die Polster sind jetzt breiter.") if language == "de" else ("Narrow ear pads", "The ear pads are wider now.")
    )
    for part in both(mail):
        assert name in part
        assert note in part
        assert "The pads press on my ears." in part


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_is_gone_leaves_nothing_to_tell(voltline: Merchant, kind: Kind) -> None:
    with pytest.raises(context.NothingToTell):
        told(kind, "email", "en", **{**stories.about(kind, stories.order()), "subject_id": 999_999})


@pytest.mark.parametrize("kind", [Kind.REVIEW_REQUEST, Kind.REVIEW_PUBLISHED])
def test_a_batch_is_composed_with_the_statements_of_one(
    voltline: Merchant, kind: Kind, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def messages(count: int) -> list[Message]:
        rows = []
        for number in range(count):
            order = stories.order(number=f"V-{count}-{number}", email=f"maya{count}{number}@example.com")
            row = said.request(order, arrived(order)) if kind == Kind.REVIEW_REQUEST else said.review(order)
            about = {"order": order, "customer": order.customer, "subject_id": row.pk}
            rows.append(stories.message(kind, "email", "en", **about))
        return list(Message.objects.select_related("customer", "order").filter(pk__in=[row.pk for row in rows]))

    house = load()

    def compose(rows: list[Message]) -> None:
        notes, background = Notes(is_kept=True), load_background(rows)
        for row in rows:
            assert context.build(message=row, now=NOW, house=house, notes=notes, background=background)

    counts = 6 if kind == Kind.REVIEW_REQUEST else 7
    one, six = messages(1), messages(6)
    with django_assert_num_queries(counts):
        compose(one)
    with django_assert_num_queries(counts):
        compose(six)


def test_hostile_words_stay_words(voltline: Merchant) -> None:
    order = stories.order(lines=(replace(incoming_line(external_id="L1"), title="<img src=x onerror=alert(1)>{{ merchant.name }}"),))
    row = said.review(order)
    shown = said.reply(row, "<script>alert(1)</script>\u202egnp.exe {{ customer.first_name }}")
    key = f"review_answered:review1:answered-reply{shown.pk}:email:x"
    mail = told(Kind.REVIEW_ANSWERED, "email", "en", now=NOW, order=order, customer=order.customer, subject_id=row.pk, dedupe_key=key)
    assert "<script>alert" not in mail.html
    assert "<img src=x" not in mail.html
    assert "{{ customer.first_name }}" in mail.text
    assert "\u202e" not in mail.text + mail.html
