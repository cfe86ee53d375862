"""A survey inside another message: one tap, for readers who may be asked, and never while something is wrong."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from customers.services import record_consent, set_contact_rule
from customers.types import Topic
from events.services import emit
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications import versions
from notifications.models import TemplateVersion
from notifications.studio import samples
from notifications.studio.check import TemplateRefused
from notifications.studio.lint import lint
from notifications.studio.preview import preview
from notifications.studio.types import Draft, Editing
from notifications.types import Kind
from notifications.variables import CARRIERS
from orders.models import Order
from orders.types import Address
from reviews.models import Survey
from reviews.tokens import read_survey_token, survey_token
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications import said, stories
from tests.notifications.conftest import Stub, only_we_listen, run

KEY: dict[str, Any] = {"kind": Kind.CANCELLATION, "channel": "email", "language": "en"}
TEXAS = Address(name="Sam Berg", street="1208 E 6th St", postcode="78702", city="Austin", region="TX", country="US")


@pytest.fixture
def voltline(borealis: Merchant) -> Iterator[Merchant]:
    with merchant_scope(borealis.pk):
        stories.dress()
        yield borealis


def carrying(survey: str = "csat", **fields: str) -> Draft:
    """The shipped cancellation with a survey at its end."""
    draft = versions.starting_draft(**KEY)
    block = {"id": "s1", "type": "survey", "fields": {"survey": survey, "heading": "One question", **fields}}
    blocks = [*(draft.blocks or ()), block]
    return Draft(**KEY, subject=draft.subject, blocks=tuple(blocks))


def publish() -> TemplateVersion:
    return versions.publish(version=versions.save_draft(draft=carrying(), editing=Editing(), by=None, at=NOW), at=NOW)


def told(merchant: Merchant, **over: Any) -> Order:
    """An order is cancelled, and its shopper told."""
    with merchant_scope(merchant.pk):
        order = place_order(quiet=True, **over)
        Order.objects.update(is_imported=False)
        emit(type="orders.order.cancelled", payload={"order": order.pk}, at=NOW)
        only_we_listen()
    return order


def agrees(order: Order, *, is_granted: bool = True) -> None:
    assert order.customer is not None
    record_consent(customer=order.customer, channel="email", is_granted=is_granted, topic=Topic.REVIEWS, source="test", at=NOW)


def test_who_agreed_gets_the_scale_with_links_of_the_order(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        survey = said.survey()
        publish()
    order = told(wired)
    with merchant_scope(wired.pk):
        agrees(order)
        token = survey_token(survey, order)
    run()
    mail = next(one for one in stub.taken if one.channel == "email")
    for part in (mail.html, mail.text):
        assert "One question" in part
        assert "How do you like it?" in part
        for n in range(1, 6):
            assert f"/survey/{token}/?product={n}" in part
    with merchant_scope(wired.pk):
        key = read_survey_token(token)
        assert key is not None
        assert (key.survey_public_id, key.ref) == (survey.public_id, order.public_id)


@pytest.mark.parametrize("why", ["never asked", "said no", "pause", "important", "trouble", "off", "other key", "guest"])
def test_others_get_the_message_without_it(wired: Merchant, stub: Stub, why: str) -> None:
    with merchant_scope(wired.pk):
        said.survey("nps" if why == "other key" else "csat", is_on=why != "off")
        publish()
    order = told(wired)
    with merchant_scope(wired.pk):
        if why != "never asked":
            agrees(order, is_granted=why != "said no")
        assert order.customer is not None
        if why in ("pause", "important"):
            until = NOW + timedelta(days=9) if why == "pause" else None
            set_contact_rule(customer=order.customer, is_important_only=why == "important", paused_until=until, language="", at=NOW)
        if why == "trouble":
            said.note(said.review(order), is_of_staff=False, at=NOW)
        if why == "guest":
            Order.objects.update(customer=None)
    run()
    mail = next(one for one in stub.taken if one.channel == "email")
    for part in (mail.html, mail.text):
        assert order.number in part
        assert "/survey/" not in part
        assert "How do you like it?" not in part


def test_where_the_law_lets_a_shop_ask_its_buyers_nobody_has_to_agree_first(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        said.survey()
        publish()
    told(wired, shipping_address=TEXAS, billing_address=TEXAS)
    run()
    assert "/survey/" in next(one for one in stub.taken if one.channel == "email").html


def test_wordings_without_a_survey_ask_for_none(wired: Merchant, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> list[Survey]:
        raise AssertionError("nobody carries one")

    monkeypatch.setattr("notifications.services.desk.live_surveys", asked)
    order = told(wired)
    with merchant_scope(wired.pk):
        said.survey()
        agrees(order)
    run()
    assert "/survey/" not in next(one for one in stub.taken if one.channel == "email").html


def test_a_key_nobody_can_answer_is_said_while_it_is_edited(voltline: Merchant) -> None:
    stories.order()
    found = [one for one in lint(carrying("nps"), NOW) if one.code == "survey"]
    assert [(one.severity, one.block, one.field) for one in found] == [("warning", "s1", "survey")]
    said.survey()
    assert "csat" in str(next(one for one in lint(carrying("nps"), NOW) if one.code == "survey").fix)
    assert [one for one in lint(carrying("csat"), NOW) if one.code == "survey"] == []


@pytest.mark.parametrize("key", ['x" %}{{ merchant.name }}', "a b", "<b>", "{{ order.number }}"])
def test_a_key_is_a_key(voltline: Merchant, key: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        versions.save_draft(draft=carrying(key), editing=Editing(), by=None, at=NOW)
    assert [(one.field, one.block) for one in refused.value.findings] == [("survey", "s1")]
    assert TemplateVersion.objects.count() == 0


def test_codes_and_questions_carry_no_survey(voltline: Merchant) -> None:
    for kind in (Kind.SIGN_IN, Kind.ORDER_CODE, Kind.EMAIL_CODE, Kind.PRIVACY, Kind.REVIEW_REQUEST, Kind.SURVEY, Kind.WITHDRAWAL_RECEIPT):
        assert kind not in CARRIERS
        blocks = ({"id": "s1", "type": "survey", "fields": {"survey": "csat"}},)
        with pytest.raises(TemplateRefused):
            versions.save_draft(draft=Draft(kind, "email", "en", subject="x", blocks=blocks), editing=Editing(), by=None, at=NOW)


def test_a_preview_shows_the_scale_and_holds_no_key_to_it(voltline: Merchant) -> None:
    order = stories.order()
    survey = said.survey()
    shown = preview(draft=carrying(), order_id=order.pk, now=NOW)
    assert "How do you like it?" in shown.html
    assert survey_token(survey, order) not in shown.html + shown.text
    assert samples.context_of(carrying(), order, NOW)["surveys"][0]["url"] == "https://borealis.platform.test/"
