"""Automations by version: what is refused by field, two editors, two publishers, and going back."""

from datetime import time, timedelta
from typing import Any

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.automations import (
    AutomationNotFound,
    CannotPublish,
    PlanRefused,
    StaleDraft,
    check_plan,
    facts_of,
    plans_in_force,
    publish,
    roll_back,
    save_draft,
    switch,
    use_default,
    version_by_id,
    versions_of,
)
from notifications.models import AutomationVersion
from notifications.plans import default_plan, plan_as_json, plan_from_json
from notifications.registry import CATALOGUE, entry_of
from notifications.types import Check, Kind, Ladder, Plan, StyleRule
from tests.conftest import NOW

LATER = NOW + timedelta(minutes=5)
WHOLE = {
    "channels": ["email"],
    "ladder": "first",
    "checks": [
        {"fact": "order.total", "op": "at_least", "value": 50},
        {"fact": "order.country", "op": "in", "value": ["DE", "AT"]},
        {"fact": "order.is_first", "op": "is", "value": True},
    ],
    "delay_minutes": 30,
    "window": ["08:00", "20:30"],
    "styles": [{"style": "similar", "checks": [{"fact": "order.language", "op": "is", "value": "de"}]}],
}
PLAN = Plan(
    ("email",),
    Ladder.FIRST,
    (Check("order.total", "at_least", 50), Check("order.country", "in", ("DE", "AT")), Check("order.is_first", "is", True)),
    timedelta(minutes=30),
    (time(8), time(20, 30)),
    (StyleRule("similar", (Check("order.language", "is", "de"),)),),
)


def test_what_is_right_becomes_a_plan_and_is_kept_as_it_was() -> None:
    assert check_plan("order_confirmation", WHOLE) == PLAN
    assert plan_as_json(PLAN) == WHOLE
    assert plan_from_json(plan_as_json(PLAN)) == PLAN
    assert check_plan("thanks", {"channels": []}) == Plan(())


@pytest.mark.parametrize("entry", [entry for entry in CATALOGUE if entry.is_switchable], ids=lambda entry: entry.kind.value)
def test_the_default_of_every_kind_may_be_kept_as_a_merchants_own(entry: Any) -> None:
    plan = default_plan(entry)
    assert check_plan(entry.kind, plan_as_json(plan)) == plan


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"channels": "email"}, ["channels: must be a list"]),
    ({"channels": ["sms"]}, ["channels[0]: must be one of email"]),
    ({"channels": ["email", "email"]}, ["channels: each channel once"]),
    ({"channels": [7]}, ["channels[0]: must be one of email"]),
    ({"ladder": "cheapest"}, ["ladder: must be one of all, first"]),
    ({"colour": "red", "channels": []}, ["colour: not a field of an automation"]),
    ({"delay_minutes": -1}, ["delay_minutes: whole minutes, at most 43200"]),
    ({"delay_minutes": 1.5}, ["delay_minutes: whole minutes, at most 43200"]),
    ({"delay_minutes": True}, ["delay_minutes: whole minutes, at most 43200"]),
    ({"delay_minutes": 10**9}, ["delay_minutes: whole minutes, at most 43200"]),
    ({"window": ["20:00", "08:00"]}, ["window: must end at least an hour after it begins, on the same day"]),
    ({"window": ["08:00", "08:30"]}, ["window: must end at least an hour after it begins, on the same day"]),
    ({"window": ["8", "20"]}, ['window: two local times such as ["08:00", "20:00"], or null']),
    ({"window": ["24:00", "25:00"]}, ['window: two local times such as ["08:00", "20:00"], or null']),
    ({"checks": {}}, ["checks: must be a list"]),
    ({"checks": [{}]}, ["checks[0]: must have fact, op and value"]),
    ({"checks": ["x"]}, ["checks[0]: must have fact, op and value"]),
    ({"styles": [{"style": "loud"}]}, ["styles[0].style: must be one of plain, warm, reassuring, enticing, similar"]),
    ({"styles": ["warm"]}, ["styles[0]: must have a style and its checks"]),
]
VALUES: list[tuple[str, str, Any, str]] = [
    ("order.total", "is", 5, "checks[0].op: must be one of at_least, at_most"),
    ("order.total", "at_least", "5", "checks[0].value: must be a number, zero or more"),
    ("order.total", "at_least", True, "checks[0].value: must be a number, zero or more"),
    ("order.total", "at_least", float("nan"), "checks[0].value: must be a number, zero or more"),
    ("order.total", "at_least", float("inf"), "checks[0].value: must be a number, zero or more"),
    ("order.total", "at_least", -1, "checks[0].value: must be a number, zero or more"),
    ("order.country", "is", "Germany", "checks[0].value: must be a country's code of two capitals"),
    ("order.country", "is", "XX", "checks[0].value: must be a country's code of two capitals"),
    ("order.country", "in", ["DE", "de"], "checks[0].value[1]: must be a country's code of two capitals"),
    ("order.country", "in", "DE", "checks[0].value: must be a list"),
    ("order.country", "in", [], "checks[0].value: name at least one"),
    ("order.currency", "is", "eur", "checks[0].value: must be a currency's code of three capitals"),
    ("order.language", "is", "fr", "checks[0].value: must be one of en, de, zh-hans, id, pt-br"),
    ("order.is_first", "is", "yes", "checks[0].value: must be true or false"),
    ("order.product", "is", "", "checks[0].value: a text of at most 100 characters"),
    ("order.product", "is", "a\nb", "checks[0].value: a text of at most 100 characters"),
    ("order.product", "is", "x" * 101, "checks[0].value: a text of at most 100 characters"),
    ("order.product", "is", None, "checks[0].value: a text of at most 100 characters"),
]


@pytest.mark.parametrize(("definition", "problems"), REFUSED)
def test_what_is_wrong_is_refused_by_field(definition: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(PlanRefused) as refused:
        check_plan("order_confirmation", {"channels": ["email"], **definition})
    assert [f"{problem.field}: {problem.message}" for problem in refused.value.problems] == problems


@pytest.mark.parametrize(("fact", "op", "value", "problem"), VALUES)
def test_a_condition_that_cannot_be_asked_is_refused_by_field(fact: str, op: str, value: Any, problem: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        check_plan("order_confirmation", {"channels": ["email"], "checks": [{"fact": fact, "op": op, "value": value}]})
    assert str(refused.value) == problem


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(PlanRefused) as refused:
        check_plan("order_confirmation", {"channels": ["sms"], "delay_minutes": "soon", "checks": [{"fact": "x", "op": "is", "value": 1}]})
    assert [problem.field for problem in refused.value.problems] == ["channels[0]", "checks[0].fact", "delay_minutes"]


@pytest.mark.parametrize("kind", ["sign_in", "note", "nothing", ""])
def test_what_always_goes_out_cannot_be_set(kind: str) -> None:
    with pytest.raises(PlanRefused, match=r"^kind: "):
        check_plan(kind, {"channels": ["email"]})


@pytest.mark.parametrize("definition", [None, [], "x", 5])
def test_a_definition_is_an_object(definition: object) -> None:
    with pytest.raises(PlanRefused, match=r"^definition: must be an object$"):
        check_plan("thanks", definition)


def test_only_facts_the_kind_can_know_may_be_asked() -> None:
    def names(kind: Kind) -> set[str]:
        return {fact.name for fact in facts_of(entry_of(kind))}

    assert {"parcel.status", "incident.type"} & names(Kind.ORDER_CONFIRMATION) == set()
    assert {"parcel.status", "incident.type"} & names(Kind.DISPATCH) == {"parcel.status"}
    assert {"parcel.status", "incident.type"} & names(Kind.DELAYED) == {"parcel.status", "incident.type"}
    assert {"parcel.status", "incident.type"} & names(Kind.DISPATCH_DELAYED) == {"incident.type"}
    with pytest.raises(PlanRefused, match=r"^styles: only order confirmations have styles$"):
        check_plan("dispatch", {"channels": ["email"], "styles": [{"style": "warm"}]})


def test_a_draft_is_published_and_the_former_archived(in_acme: Merchant) -> None:
    first = publish(version=save_draft(kind="thanks", definition={"channels": []}, note=" quiet ", at=NOW), at=NOW)
    assert plans_in_force()["thanks"] == (Plan(()), first.pk, 1)
    draft = save_draft(kind="thanks", definition={"channels": ["sms"], "delay_minutes": 5}, at=LATER)
    assert plans_in_force()["thanks"].number == 1
    assert plans_in_force(drafts=True)["thanks"] == (Plan(("sms",), delay=timedelta(minutes=5)), draft.pk, 2)
    publish(version=draft, at=LATER)
    assert [(row.number, row.state, row.note) for row in versions_of(kind="thanks")] == [(2, "published", ""), (1, "archived", "quiet")]
    assert plans_in_force()["thanks"].number == 2


def test_rolling_back_and_going_back_to_the_default(in_acme: Merchant) -> None:
    first = publish(version=save_draft(kind="thanks", definition={"channels": []}, at=NOW), at=NOW)
    publish(version=save_draft(kind="thanks", definition={"channels": ["sms"]}, at=NOW), at=NOW)
    first.refresh_from_db()
    roll_back(version=first, at=LATER)
    assert plans_in_force()["thanks"].number == 1
    assert use_default(kind="thanks") == 1
    assert use_default(kind="thanks") == 0
    assert plans_in_force()["thanks"] == (Plan(("sms",)), 0, 0)


def test_only_a_draft_is_published_and_only_what_was_published_is_rolled_back_to(in_acme: Merchant) -> None:
    draft = save_draft(kind="thanks", definition={"channels": []}, at=NOW)
    with pytest.raises(CannotPublish, match="version 1 is draft, not archived"):
        roll_back(version=draft, at=NOW)
    published = publish(version=draft, at=NOW)
    with pytest.raises(CannotPublish, match="version 1 is published, not draft"):
        publish(version=published, at=NOW)
    assert [row.state for row in versions_of(kind="thanks")] == ["published"]


def test_what_could_not_be_saved_any_more_is_not_published(in_acme: Merchant) -> None:
    draft = save_draft(kind="thanks", definition={"channels": []}, at=NOW)
    AutomationVersion.objects.filter(pk=draft.pk).update(definition={"channels": ["pigeon"]})
    with pytest.raises(CannotPublish, match=r"channels\[0\]"):
        publish(version=draft, at=NOW)
    assert [row.state for row in versions_of(kind="thanks")] == ["draft"]


def test_two_editors_notice_each_other(in_acme: Merchant) -> None:
    mine = save_draft(kind="thanks", definition={"channels": ["sms"]}, at=NOW)
    theirs = save_draft(kind="thanks", definition={"channels": []}, version_id=mine.pk, revision=1, at=LATER)
    assert (theirs.pk, theirs.revision, theirs.number) == (mine.pk, 2, 1)
    with pytest.raises(StaleDraft) as stale:
        save_draft(kind="thanks", definition={"channels": ["sms"]}, version_id=mine.pk, revision=1, at=LATER)
    assert (stale.value.at, stale.value.theirs.definition["channels"]) == (LATER, [])
    with pytest.raises(StaleDraft):
        save_draft(kind="thanks", definition={"channels": ["sms"]}, at=LATER)
    with pytest.raises(StaleDraft):
        publish(version=mine, at=LATER)  # what is published is what was looked at
    [row] = versions_of(kind="thanks")
    assert (row.definition["channels"], row.revision, row.state) == ([], 2, "draft")


def test_a_refused_definition_leaves_the_draft_as_it_was(in_acme: Merchant) -> None:
    draft = save_draft(kind="thanks", definition={"channels": ["sms"]}, at=NOW)
    with pytest.raises(PlanRefused):
        save_draft(kind="thanks", definition={"channels": ["pigeon"]}, version_id=draft.pk, revision=1, at=LATER)
    draft.refresh_from_db()
    assert (draft.definition["channels"], draft.revision, draft.updated_at) == (["sms"], 1, NOW)


def test_another_merchants_version_is_not_there(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        draft = save_draft(kind="thanks", definition={"channels": []}, at=NOW)
    with merchant_scope(borealis.pk):
        with pytest.raises(AutomationNotFound):
            publish(version=draft, at=NOW)
        with pytest.raises(AutomationNotFound):
            save_draft(kind="thanks", definition={"channels": ["sms"]}, version_id=draft.pk, revision=1, at=NOW)
        with pytest.raises(AutomationNotFound):
            version_by_id(draft.pk)
        assert versions_of(kind="thanks") == []
    with merchant_scope(acme.pk):
        draft.refresh_from_db()
        assert (draft.state, draft.definition["channels"]) == ("draft", [])


def test_a_version_of_another_kind_is_not_saved_over(in_acme: Merchant) -> None:
    draft = save_draft(kind="thanks", definition={"channels": []}, at=NOW)
    with pytest.raises(AutomationNotFound):
        save_draft(kind="dispatch", definition={"channels": ["email"]}, version_id=draft.pk, revision=1, at=NOW)
    assert versions_of(kind="dispatch") == []


def test_a_switch_keeps_the_rest_of_the_plan(in_acme: Merchant) -> None:
    publish(version=save_draft(kind="delivered", definition={"channels": ["email"], "delay_minutes": 7}, at=NOW), at=NOW)
    switch(kind="delivered", channel="sms", is_on=True, at=LATER)
    assert plans_in_force()["delivered"].plan == Plan(("email", "sms"), delay=timedelta(minutes=7))
    assert [row.state for row in versions_of(kind="delivered")] == ["published", "archived"]


def test_reading_the_plans_is_one_query(in_acme: Merchant, django_assert_num_queries: Any) -> None:
    for kind in ("thanks", "dispatch", "refund"):
        publish(version=save_draft(kind=kind, definition={"channels": []}, at=NOW), at=NOW)
    with django_assert_num_queries(1):
        plans_in_force()
