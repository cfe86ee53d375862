"""Automations through HTTP: the list, the editor with and without mistakes, two editors, history, and going back."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.clock import now
from merchants.scope import merchant_scope
from merchants.types import Role
from notifications.admin.plan_form import fields_of, rearranged
from notifications.admin.plan_words import lines, sentence
from notifications.automations import check_plan, plans_in_force, publish, save_draft, versions_of
from notifications.models import AutomationVersion
from notifications.plan_check import PlanProblem
from notifications.plans import default_plan, plan_as_json
from notifications.registry import CATALOGUE, entry_of
from tests.admin.world import World, person, signed_in

LIST = "/admin/notifications/automationversion/"
CONFIRMATION, DISPATCH = f"{LIST}of/order_confirmation/", f"{LIST}of/dispatch/"
STRICT = "script-src 'self'"
CHECK = {"fact": "order.total", "op": "at_least", "value": 50}
LATER = {"channels": ["sms", "email"], "ladder": "first", "checks": [CHECK], "delay_minutes": 120, "window": None, "styles": []}


@pytest.fixture
def owner(here: World) -> Client:
    return signed_in(here.owner)


def form(**over: Any) -> dict[str, Any]:
    """What the editor posts for a message at once on both channels."""
    data = {"version": "", "revision": "", "note": "", "channels": ["email", "sms"], "ladder": "all", "delay_minutes": "0"}
    return {**data, "unit": "minutes", "window.from": "", "window.until": "", "op": "save", **over}


def condition(fact: str, op: str, value: Any, name: str = "checks[0]") -> dict[str, Any]:
    return {f"{name}.fact": fact, f"{name}.op": op, f"{name}.value": value}


def stored(world: World, kind: str = "dispatch") -> list[tuple[int, str, str, dict[str, Any]]]:
    with merchant_scope(world.merchant.pk):
        return [(row.number, row.state, row.note, row.definition) for row in reversed(versions_of(kind=kind))]


def drafted(world: World, kind: str = "dispatch", **over: Any) -> AutomationVersion:
    definition = {**LATER, **over.pop("definition", {})}
    with merchant_scope(world.merchant.pk):
        return save_draft(kind=kind, definition=definition, note="Later", by=world.owner, at=now(), **over)


def followed(world: World, kind: str = "dispatch") -> AutomationVersion:
    with merchant_scope(world.merchant.pk):
        return publish(version=drafted(world, kind), by=world.owner, at=now())


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# Plain words


@pytest.mark.parametrize(
    ("kind", "definition", "words"),
    [
        ("dispatch", {"channels": ["email", "sms"]}, "At once, by e-mail and SMS"),
        ("dispatch", {"channels": []}, "Off"),
        ("dispatch", LATER, "2 hours later, by the first that reaches: SMS, then e-mail, when order value is at least 50"),
        (
            "delivered",
            {"channels": ["email"], "delay_minutes": 1, "window": ["08:00", "20:30"]},
            "1 minute later, by e-mail, between 08:00 and 20:30",
        ),
        (
            "dispatch",
            {"channels": ["sms"], "checks": [{"fact": "order.country", "op": "in", "value": ["DE", "AT", "CH", "FR", "IT"]}]},
            "At once, by SMS, when country it goes to is one of DE, AT, CH and 2 more",
        ),
        (
            "order_confirmation",
            {"channels": ["email"], "styles": [{"style": "similar", "checks": []}]},
            "At once, by e-mail, style by 1 rule",
        ),
    ],
)  # fmt: skip
def test_a_plan_is_said_in_one_sentence(kind: str, definition: dict[str, Any], words: str) -> None:
    assert sentence(entry_of(kind), check_plan(kind, definition)) == words


def test_what_cannot_be_turned_off_is_said_to_go_always() -> None:
    assert sentence(entry_of("sign_in"), default_plan(entry_of("sign_in"))) == "Always, as it is asked for"


def test_every_part_of_a_plan_has_a_line() -> None:
    first = {"fact": "order.is_first", "op": "is", "value": True}
    language = {"fact": "order.language", "op": "is_not", "value": "de"}
    definition = {
        "channels": ["email"],
        "window": ["08:00", "20:00"],
        "checks": [CHECK],
        "styles": [{"style": "warm", "checks": [first, language]}],
    }
    assert lines(entry_of("order_confirmation"), check_plan("order_confirmation", definition)) == [
        "Goes out by e-mail",
        "Leaves at once",
        "Only between 08:00 and 20:00, where the shopper is",
        "Only when order value is at least 50",
        "Style: Warm welcome when first order of the customer is yes and language of the shopper is not Deutsch",
        "Style otherwise: warm for a first order, else reassuring",
    ]


# The form


@pytest.mark.parametrize(
    ("op", "target", "changed"),
    [
        ("add", "checks", {"checks": [CHECK, {"fact": "order.total", "op": "at_least", "value": ""}]}),
        ("remove", "checks[0]", {"checks": []}),
        ("up", "sms", {"channels": ["sms", "email"]}),
        ("add", "styles", {"styles": [{"style": "warm", "checks": []}, {"style": "plain", "checks": []}]}),
        ("add", "styles[0].checks", {"styles": [{"style": "warm", "checks": [{"fact": "order.total", "op": "at_least", "value": ""}]}]}),
        ("remove", "styles[0]", {"styles": []}),
        ("remove", "checks[9]", {}),
        ("remove", "checks", {}),
        ("add", "styles[7].checks", {}),
        ("up", "fax", {}),
        ("add", "channels", {}),
        ("add", "", {}),
    ],
)
def test_rows_come_and_go(op: str, target: str, changed: dict[str, Any]) -> None:
    before: dict[str, Any] = {"channels": ["email", "sms"], "checks": [CHECK], "styles": [{"style": "warm", "checks": []}]}
    assert rearranged(entry_of("order_confirmation"), before, op, target) == {**before, **changed}


def test_a_problem_stands_at_its_field_and_what_has_none_comes_first() -> None:
    definition = {**LATER, "checks": [{"fact": "order.country", "op": "in", "value": ["DE", "xx"]}]}
    found = [PlanProblem("checks[0].value[1]", "must be a code"), PlanProblem("delay_minutes", "whole minutes"), PlanProblem("kind", "no")]
    fields = fields_of(entry_of("dispatch"), definition, found)
    assert fields["rows"][0].errors == {"fact": "", "op": "", "value": "Must be a code."}
    assert fields["errors"]["delay_minutes"] == "Whole minutes."
    assert fields["other_errors"] == ["kind: no."]
    assert (fields["delay"], fields["unit"]) == (2, "hours")


# The list


def test_the_list_says_every_plan_and_who_writes_at_another(here: World, owner: Client) -> None:
    followed(here)
    drafted(here, "delivered")
    response = owner.get(LIST)
    body = " ".join(response.content.decode().split())
    assert response["Content-Security-Policy"].count(STRICT) == 1 and "unsafe-inline" not in response["Content-Security-Policy"]
    assert f"2 of {len(CATALOGUE)} follow your own plan, drafts open: 1." in body
    assert "2 hours later, by the first that reaches: SMS, then e-mail, when order value is at least 50" in body
    assert body.count("Draft v1") == 1
    assert "Without it nobody could sign in, so it cannot be turned off." in body
    assert 'aria-checked="false" aria-label="Thanks, with the dispatch date, SMS"' in body
    assert 'aria-label="Sign-in code' not in body


def test_the_list_costs_the_same_however_much_is_kept(here: World, owner: Client) -> None:
    queries(owner, LIST)
    before = queries(owner, LIST)
    for kind in ("dispatch", "delivered", "delayed"):
        followed(here, kind)
        drafted(here, kind)
    assert queries(owner, LIST) == before


# The editor


@pytest.mark.parametrize("kind", [entry.kind.value for entry in CATALOGUE])
def test_every_message_has_its_page(here: World, owner: Client, kind: str) -> None:
    body = owner.get(f"{LIST}of/{kind}/").content.decode()
    assert ('id="automation"' in body) == entry_of(kind).is_switchable
    assert "<script>" not in body and " style=" not in body


@pytest.mark.parametrize("page", ["", "history/", "compare/"])
def test_a_message_there_is_not_is_not_found(owner: Client, page: str) -> None:
    assert owner.get(f"{LIST}of/nosuch/{page}").status_code == 404


def test_what_is_written_becomes_a_draft_as_it_was_written(here: World, owner: Client) -> None:
    data = form(channels=["sms", "email"], ladder="first", delay_minutes="1.5", unit="hours", note=" Later ")
    data |= {"window.from": "08:00", "window.until": "20:00"}
    data |= condition("order.total", "at_least", "49.90") | condition("order.country", "in", "de, at", "checks[1]")
    data |= condition("order.is_first", "is", "yes", "checks[2]") | condition("order.language", "in", ["de", "en"], "checks[3]")
    assert owner.post(DISPATCH, data)["Location"] == DISPATCH
    definition = {
        "channels": ["sms", "email"],
        "ladder": "first",
        "checks": [
            {"fact": "order.total", "op": "at_least", "value": 49.9},
            {"fact": "order.country", "op": "in", "value": ["DE", "AT"]},
            {"fact": "order.is_first", "op": "is", "value": True},
            {"fact": "order.language", "op": "in", "value": ["de", "en"]},
        ],
        "delay_minutes": 90,
        "window": ["08:00", "20:00"],
        "styles": [],
    }
    assert stored(here) == [(1, "draft", "Later", definition)]
    with merchant_scope(here.merchant.pk):
        assert plan_as_json(plans_in_force()["dispatch"].plan) == plan_as_json(default_plan(entry_of("dispatch")))


def test_styles_are_kept_in_their_order_and_published_at_once(here: World, owner: Client) -> None:
    data = form(channels=["email"], op="publish", **{"styles[0].style": "similar", "styles[1].style": "plain"})
    data |= condition("order.total", "at_least", "100", "styles[0].checks[0]")
    assert owner.post(CONFIRMATION, data).status_code == 302
    ((number, state, _note, definition),) = stored(here, "order_confirmation")
    assert (number, state) == (1, "published")
    assert definition["styles"] == [
        {"style": "similar", "checks": [{"fact": "order.total", "op": "at_least", "value": 100}]},
        {"style": "plain", "checks": []},
    ]


@pytest.mark.parametrize(
    ("over", "field", "message"),
    [
        ({"delay_minutes": "soon"}, "delay_minutes", "Whole minutes, at most 43200."),
        ({"delay_minutes": "9" * 5000}, "delay_minutes", "Whole minutes, at most 43200."),
        ({"window.from": "20:00", "window.until": "08:00"}, "window", "Must end at least an hour after it begins, on the same day."),
        ({"channels": ["fax"]}, "channels", "Must be one of email, sms."),
        ({"ladder": "none"}, "ladder", "Must be one of all, first."),
        (condition("order.total", "at_least", "fifty"), "checks[0].value", "Must be a number, zero or more."),
        (condition("order.total", "is", "5"), "checks[0].op", "This is compared in another way now. Look at it again."),
        (condition("order.country", "is", "Germany"), "checks[0].value", "Must be a country&#x27;s code of two capitals."),
        (condition("incident.type", "is", "stalled"), "checks[0].fact", "Must be one of order.total"),
        (condition("order.product", "in", " , "), "checks[0].value", "Name at least one."),
    ],
)
def test_what_cannot_be_followed_is_said_at_its_field_and_nothing_is_kept(
    here: World, owner: Client, over: dict[str, Any], field: str, message: str
) -> None:
    response = owner.post(DISPATCH, form(**over))
    body = response.content.decode()
    assert response.status_code == 400
    assert f'id="{field}.error"' in body and message in body[body.index(f'id="{field}.error"') :][:600]
    assert stored(here) == []


def test_adding_a_row_keeps_what_was_written_and_stores_nothing(here: World, owner: Client) -> None:
    body = owner.post(DISPATCH, form(op="add:checks", delay_minutes="7", **condition("order.total", "at_most", "50"))).content.decode()
    assert 'value="7"' in body and 'name="checks[0].value" value="50"' in body and 'name="checks[1].value" value=""' in body
    assert stored(here) == []


def test_two_editors_notice_each_other(here: World, owner: Client) -> None:
    draft = drafted(here)
    editor = person("mia@staff.example", here.merchant, Role.EDITOR, name="Mia")
    mine = form(version=draft.pk, revision=draft.revision, delay_minutes="5")
    assert signed_in(editor).post(DISPATCH, mine | {"delay_minutes": "9"}).status_code == 302
    response = owner.post(DISPATCH, mine)
    body = response.content.decode()
    assert response.status_code == 409 and "Mia saved or published this on" in body
    assert "Leaves 9 minutes later" in body and "Leaves 5 minutes later" in body
    assert stored(here)[0][3]["delay_minutes"] == 9
    over = mine | {"op": "overwrite", "their_version": draft.pk, "their_revision": draft.revision + 1}
    assert owner.post(DISPATCH, over).status_code == 302
    assert stored(here)[0][3]["delay_minutes"] == 5


def test_a_draft_published_meanwhile_is_not_written_over(here: World, owner: Client) -> None:
    draft = drafted(here)
    with merchant_scope(here.merchant.pk):
        publish(version=draft, by=here.owner, at=now())
    mine = form(version=draft.pk, revision=draft.revision, delay_minutes="5")
    assert owner.post(DISPATCH, mine).status_code == 409
    assert [(number, state) for number, state, *_ in stored(here)] == [(1, "published")]
    assert owner.post(DISPATCH, mine | {"op": "overwrite", "their_version": "", "their_revision": ""}).status_code == 302
    assert [(number, state) for number, state, *_ in stored(here)] == [(1, "published"), (2, "draft")]


def test_the_default_comes_back_and_the_version_stays_in_the_history(here: World, owner: Client) -> None:
    followed(here)
    assert owner.post(DISPATCH, form(op="default")).status_code == 302
    assert [(number, state) for number, state, *_ in stored(here)] == [(1, "archived")]


def test_what_always_goes_out_takes_no_plan(here: World, owner: Client) -> None:
    for op in ("save", "publish", "default", "add:checks"):
        assert owner.post(f"{LIST}of/sign_in/", form(op=op, channels=[])).status_code == 404
    assert stored(here, "sign_in") == []


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
def test_readers_see_the_plan_and_change_nothing(here: World, role: Role) -> None:
    version = followed(here)
    client = signed_in(person("reader@staff.example", here.merchant, role))
    body = client.get(DISPATCH).content.decode()
    assert "Only to read: your role does not change automations." in body and "Leaves 2 hours later" in body
    assert 'id="automation"' not in body
    before = stored(here)
    for op in ("save", "publish", "overwrite", "default", "add:checks"):
        assert client.post(DISPATCH, form(op=op)).status_code == 403, op
    for act in ("publish", "roll_back"):
        assert client.post(reverse(f"admin:notifications_automationversion_{act}", args=[version.pk])).status_code == 403, act
    assert stored(here) == before


def test_another_merchants_versions_are_not_found(here: World, there: World) -> None:
    theirs = drafted(here)
    client = signed_in(there.owner)
    assert client.post(DISPATCH, form(version=theirs.pk, revision=theirs.revision)).status_code == 404
    over = form(op="overwrite", their_version=theirs.pk, their_revision=theirs.revision)
    assert client.post(DISPATCH, over).status_code == 404
    assert client.get(f"{DISPATCH}compare/", {"old": theirs.pk}).status_code == 404
    assert [row[1] for row in stored(here)] == ["draft"] and stored(there) == []


def test_a_version_of_another_message_is_not_found(here: World, owner: Client) -> None:
    other = drafted(here, "delivered")
    assert owner.post(DISPATCH, form(version=other.pk, revision=other.revision)).status_code == 404
    assert owner.get(f"{DISPATCH}compare/", {"new": other.pk}).status_code == 404
    assert stored(here) == []


# History and comparing


def test_the_history_says_who_and_when_and_rolls_back(here: World, owner: Client) -> None:
    old = followed(here)
    with merchant_scope(here.merchant.pk):
        publish(version=drafted(here, definition={"delay_minutes": 5}), by=here.owner, at=now())
    body = owner.get(f"{DISPATCH}history/").content.decode()
    assert "2 hours later, by the first that reaches" in body and "5 minutes later, by the first that reaches" in body
    assert body.count("Later</td>") == 2 and "owner@acme.example" in body
    address = reverse("admin:notifications_automationversion_roll_back", args=[old.pk])
    assert f'href="{address}"' in body
    assert "It is followed again from the next message on." in owner.get(address).content.decode()
    assert owner.post(address).status_code == 302
    assert [(number, state) for number, state, *_ in stored(here)] == [(1, "published"), (2, "archived")]


def test_the_history_costs_the_same_however_long_it_is(here: World, owner: Client) -> None:
    followed(here)
    queries(owner, f"{DISPATCH}history/")
    before = queries(owner, f"{DISPATCH}history/")
    for _n in range(3):
        followed(here)
    assert queries(owner, f"{DISPATCH}history/") == before


def test_a_draft_is_compared_line_by_line(here: World, owner: Client) -> None:
    followed(here)
    drafted(here, definition={"delay_minutes": 5, "checks": []})
    body = owner.get(f"{DISPATCH}compare/").content.decode()
    for mark, line in (("del", "Leaves 2 hours later"), ("ins", "Leaves 5 minutes later"), ("del", "Only when order value is at least 50")):
        assert f'class="{mark}">{line}</td>' in body, line
    assert 'class="ins">For every order</td>' in body and 'class="del">Goes out' not in body


def test_an_old_version_is_where_a_new_draft_begins(here: World, owner: Client) -> None:
    old = followed(here)
    body = owner.get(reverse("admin:notifications_automationversion_change", args=[old.pk])).content.decode()
    assert "A new draft, from v1" in body and 'name="version" value=""' in body and 'name="delay_minutes" value="2"' in body
