"""The template studio through HTTP: what each role sees and does, what is refused, and what becomes of a draft."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.clock import now
from core.limits import Limit
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Role
from notifications import versions
from notifications.admin import desk
from notifications.admin.slots import WHEN, Slot
from notifications.models import DayFigure, Message, TemplateVersion, TestAddress
from notifications.studio.types import Editing
from notifications.types import Kind, Style
from tests.admin.world import World, person, signed_in
from tests.factories import place_order, ship

CONFIRMATION = Slot("order_confirmation", "email", "de", "plain")
SMS = Slot("dispatch", "sms", "de")
STRICT = "script-src 'self'"
LIST = "/admin/notifications/templateversion/"
EDITABLE = ("save", "publish", "ship", "source", "test", "address", "add", "refresh", "discard", "forget:1")


@pytest.fixture(autouse=True)
def counted_from_none() -> None:
    cache.clear()


@pytest.fixture
def owner(here: World) -> Client:
    return signed_in(here.owner)


def form(slot: Slot = SMS, **over: Any) -> dict[str, Any]:
    """What the studio's form posts for a text of an SMS, or the source of an e-mail."""
    mail = {"subject": "Bestellung {{ order.number }}", "source": MJML, "text_source": "Bestellung {{ order.number }}"}
    text = {"source": "Paket zu {{ order.number }}: {{ links.short }}"}
    return {"mode": "source", "version": "", "revision": "", "note": "", "order": "", **(mail if slot.is_email else text), **over}


MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>\n<h1>{{ order.number }}</h1>\n</mj-text></mj-column></mj-section></mj-body></mjml>"


def blocks_form(slot: Slot = CONFIRMATION, **over: Any) -> dict[str, Any]:
    """The shipped wording as the form posts it."""
    draft = versions.starting_draft(**slot.named)
    data = form(slot, mode="blocks", subject=draft.subject, block=[])
    for block in draft.blocks or ():
        data["block"].append(block["id"])
        data[f"{block['id']}.type"] = block["type"]
        data |= {f"{block['id']}.{name}": value for name, value in block["fields"].items() if value}
    return {**data, **over}


def stored(world: World, slot: Slot = SMS) -> list[tuple[int, str, str]]:
    with merchant_scope(world.merchant.pk):
        return [(row.number, row.state, row.source) for row in reversed(versions.versions_of(**slot.named))]


def saved(world: World, slot: Slot = SMS, source: str = "Eins {{ order.number }}", **editing: Any) -> TemplateVersion:
    with merchant_scope(world.merchant.pk):
        return versions.save_draft(draft=replace(slot.empty, source=source), editing=Editing(**editing), by=world.owner, at=now())


# The list


def test_every_message_has_a_moment_in_the_list() -> None:
    assert sorted(kind for _, kinds in WHEN for kind in kinds) == sorted(Kind)


def test_the_list_begins_in_the_merchants_language_with_all_shipped(here: World, owner: Client) -> None:
    body = owner.get(LIST).content.decode()
    assert 'data-language="de" aria-current="true"' in body
    assert "All wordings are ours, 1 draft is open." in body
    for label in ("When an order comes in", "Order confirmation", "Parcel sent", "The shipped wording"):
        assert label in body, label
    for style in Style:
        assert Slot("order_confirmation", "email", "de", style).url() in body
    assert SMS.url() in body and SMS.url().replace(".de", ".en") not in body


def test_the_list_tells_what_goes_out_who_writes_and_what_failed(here: World, owner: Client) -> None:
    version = saved(here)
    with merchant_scope(here.merchant.pk):
        versions.publish(version=version, by=here.owner, at=now())
        DayFigure.objects.create(day=now().date(), kind="dispatch", channel="sms", template_label="dispatch/sms/de v1", sent=4812)
        TemplateVersion.objects.filter(pk=version.pk).update(broken_at=now())
    saved(here, source="Zwei {{ order.number }}")
    page = owner.get(LIST, {"state": "own"})
    (group,) = page.context["groups"]
    (row,) = group.rows
    assert (row.slot, row.sent, row.offered.draft_number, row.offered.is_broken) == (SMS, 4812, 2, True)
    body = page.content.decode()
    assert "<b>v1</b>" in body and "Draft v2" in body and here.owner.email in body and "Could not be used" in body


@pytest.mark.parametrize(
    ("query", "kinds"),
    [({"q": "parcel sent sms"}, ["dispatch"]), ({"q": "nothing of the kind"}, []), ({"state": "drafts", "language": "en"}, ["dispatch"])],
)
def test_the_list_is_narrowed_by_words_and_state(here: World, owner: Client, query: dict[str, str], kinds: list[str]) -> None:
    groups = owner.get(LIST, query).context["groups"]
    assert [row.slot.kind for group in groups for row in group.rows] == kinds


def test_the_list_costs_the_same_whatever_was_written(here: World, owner: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(LIST, {"language": "all"}).status_code == 200
        return len(captured.captured_queries)

    count()
    before = count()
    for language in ("de", "id"):
        saved(here, Slot("dispatch", "sms", language))
    assert count() == before <= 18


# The page


@pytest.mark.parametrize(
    "slot", [CONFIRMATION, SMS, Slot("refund", "email", "en"), Slot("sign_in", "email", "id")], ids=lambda slot: slot.key
)
def test_a_wording_opens_under_a_strict_policy(here: World, owner: Client, slot: Slot) -> None:
    response = owner.get(slot.url())
    assert response.status_code == 200
    assert response["Content-Security-Policy"].count(STRICT) == 1
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    body = response.content.decode()
    assert "<script>" not in body and " style=" not in body and " onclick" not in body


@pytest.mark.parametrize(
    "key", ["x", "dispatch.sms.xx", "dispatch.fax.de", "order_confirmation.sms.de", "dispatch.sms.de.warm", "a.b.c.d.e"]
)
def test_a_place_nothing_is_shipped_for_is_not_found(here: World, owner: Client, key: str) -> None:
    assert owner.get(f"{LIST}wording/{key}/").status_code == 404


def test_a_confirmation_opens_as_blocks_of_its_own_words_with_the_locked_ones(here: World, owner: Client) -> None:
    page = owner.get(CONFIRMATION.url())
    types = [block["type"] for block in page.context["blocks"]]
    assert page.context["mode"] == "blocks"
    assert {"preheader", "returns", "footer"} <= set(types)
    assert {block["type"] for block in page.context["blocks"] if block["locked"]} == {"preheader", "returns", "footer"}
    assert "A new draft" in page.content.decode() and "The shipped wording" in page.content.decode()


def test_the_page_costs_a_constant_number_of_queries(here: World, owner: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(CONFIRMATION.url()).status_code == 200
        return len(captured.captured_queries)

    count()
    few = count()
    with merchant_scope(here.merchant.pk):
        for number in range(7):
            ship(place_order(number=f"5{number}", email=f"s{number}@example.com", phone=""), external_id=f"X{number}")
    assert count() <= few + 2


@pytest.mark.parametrize("role", ["support", "viewer"])
def test_who_may_only_look_sees_everything_and_changes_nothing(here: World, role: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    page = client.get(CONFIRMATION.url(), {"order": "1001"})
    body = page.content.decode()
    assert page.status_code == 200 and "Only to read" in body
    assert 'name="op" value="save"' not in body and "csrfmiddlewaretoken" not in body.partition("<form")[2].partition("</form")[0]
    assert client.get(CONFIRMATION.url("past")).status_code == 200
    assert client.get(CONFIRMATION.url("compare")).status_code == 200
    for op in EDITABLE:
        assert client.post(SMS.url(), form(op=op)).status_code == 403, op
    for name in ("preview", "checks"):
        assert client.post(SMS.url(name), form()).status_code == 403, name
    assert stored(here) == []
    with merchant_scope(here.merchant.pk):
        assert TestAddress.objects.count() == 0


def test_signed_out_people_get_the_sign_in_at_every_page(here: World) -> None:
    client = Client(HTTP_HOST="platform.test")
    for name in ("studio", "preview", "checks", "orders", "frame", "history", "compare"):
        for response in (client.get(SMS.url(name)), client.post(SMS.url(name), form())):
            assert response.status_code == 302 and response["Location"].startswith("/admin/login/"), name


def test_nothing_is_posted_without_the_token(here: World) -> None:
    client = signed_in(here.owner, enforce_csrf_checks=True)
    for name in ("studio", "preview", "checks", "history"):
        assert client.post(SMS.url(name), form(op="save")).status_code == 403, name
    assert stored(here) == []


def test_another_merchants_versions_and_orders_are_not_found(here: World, there: World) -> None:
    theirs = saved(here)
    with merchant_scope(here.merchant.pk):
        place_order(number="7777", email="other@example.com", phone="")
    client = signed_in(there.owner)
    change = reverse("admin:notifications_templateversion_change", args=[theirs.pk])
    assert client.get(change).status_code in (302, 404)
    for address, data in (("frame", {"version": theirs.pk}), ("compare", {"old": theirs.pk}), ("frame", {"order": "7777"})):
        assert client.get(SMS.url(address), data).status_code == 404, (address, data)
    assert client.get(SMS.url(), {"order": "7777"}).status_code == 404
    assert client.post(SMS.url("preview"), form(order="7777")).status_code == 404
    assert client.post(SMS.url("past"), {"version": theirs.pk}).status_code == 404
    assert client.post(SMS.url(), form(op="save", version=theirs.pk, revision="1")).status_code == 404
    assert client.get(SMS.url("orders"), {"order": "7777"}).json() == {"orders": []}
    assert stored(here) == [(1, "draft", "Eins {{ order.number }}")] and stored(there) == []


def test_a_version_of_another_message_is_not_found(here: World, owner: Client) -> None:
    other = saved(here, Slot("delivered", "sms", "de"))
    assert owner.get(SMS.url("frame"), {"version": other.pk}).status_code == 404
    assert owner.post(SMS.url(), form(op="save", version=other.pk, revision=other.revision)).status_code == 404
    assert stored(here) == []


# Live answers


def test_the_preview_shows_the_draft_with_the_order_asked_for(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        place_order(number="2002", email="mia@example.com", phone="", first_name="Mia")
    answer = owner.post(CONFIRMATION.url("preview"), form(CONFIRMATION, order="1001")).json()
    assert answer["order"] == "1001" and "<h1>1001</h1>" in answer["html"].replace("\n", "")
    assert "Bestellung 1001" in answer["parts"]["inbox"] and "Bestellung 1001" in answer["parts"]["words"]
    assert owner.post(CONFIRMATION.url("preview"), form(CONFIRMATION, order="Mia")).json()["order"] == "2002"
    assert stored(here, CONFIRMATION) == []


def test_an_sms_is_previewed_with_its_size(here: World, owner: Client) -> None:
    words = owner.post(SMS.url("preview"), form(source="Paket {{ order.number }}")).json()["parts"]["words"]
    assert "Paket 1001" in words and "GSM-7" in words
    assert "<dt>Segments</dt><dd>1</dd>" in words


def test_samples_come_with_the_preview_when_the_order_changed(here: World, owner: Client) -> None:
    assert "palette" not in owner.post(SMS.url("preview"), form()).json()
    palette = owner.post(SMS.url("preview"), form(palette="1")).json()["palette"]
    assert "order.number" in palette and "1001" in palette


@pytest.mark.parametrize(
    ("source", "line"), [("\n\n{% if order.number %}open", 3), ("a\n{{ order.number | no_such_filter }}", 2), ("{% include 'x' %}", 1)]
)
def test_what_cannot_be_rendered_is_answered_with_its_line(here: World, owner: Client, source: str, line: int) -> None:
    response = owner.post(SMS.url("preview"), form(source=source))
    error = response.json()["error"]
    assert (response.status_code, error["field"], error["line"]) == (422, "source", line)


def test_checks_name_an_unknown_variable_its_line_and_its_remedy(here: World, owner: Client) -> None:
    answer = owner.post(CONFIRMATION.url("checks"), form(CONFIRMATION, source=MJML.replace("order.number", "order.numbr"))).json()
    assert answer["errors"] >= 1 and answer["blocked"].endswith("to fix")
    assert "order.numbr" in answer["html"] and "Source, line 2" in answer["html"] and 'data-put="order.number"' in answer["html"]


@pytest.mark.parametrize("name", ["preview", "checks"])
def test_live_answers_have_limits(here: World, owner: Client, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert owner.get(SMS.url(name)).status_code == 405
    long = owner.post(SMS.url(name), form(source="x" * 700_000))
    assert (long.status_code, long.json()["error"]["field"]) == (413, "source")
    asked: list[tuple[str, Limit]] = []

    def seven(*, who: str, limit: Limit, now: datetime) -> int:
        asked.append((who, limit))
        return 7

    monkeypatch.setattr(desk, "seconds_to_wait", seven)
    refused = owner.post(SMS.url(name), form())
    assert (refused.status_code, refused["Retry-After"], refused.json()["error"]["retry_after"]) == (429, "7", 7)
    assert asked == [(f"studio-{name}:{here.owner.pk}", Limit(rate=1, burst=60))]


def test_the_frame_has_no_rights_and_is_framed_by_us_alone(here: World, owner: Client) -> None:
    response = owner.get(CONFIRMATION.url("frame"), {"order": "1001"})
    policy = response["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy
        and "script-src" not in policy
        and "frame-ancestors 'self'" in policy
        and "allow-scripts" not in policy
    )
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "1001" in response.content.decode() and "<script" not in response.content.decode()


def test_light_and_dark_are_the_pages_choice(here: World, owner: Client) -> None:
    light = owner.get(CONFIRMATION.url("frame"), {"look": "light"}).content.decode()
    dark = owner.get(CONFIRMATION.url("frame"), {"look": "dark"}).content.decode()
    assert "@media (max-width: 0)" in light and "@media (min-width: 0)" in dark
    assert "prefers-color-scheme" not in light + dark


def test_orders_are_found_by_number_and_by_name(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        place_order(number="2002", email="mia@example.com", phone="", first_name="Mia", last_name="Vogel")
    for text in ("2002", "vogel"):
        found = owner.get(CONFIRMATION.url("orders"), {"order": text}).json()["orders"]
        assert [(one["number"], one["name"]) for one in found] == [("2002", "Mia Vogel")], text


# Drafts


def test_a_draft_is_saved_in_place_and_says_who(here: World, owner: Client) -> None:
    response = owner.post(SMS.url(), form(op="save", note="shorter"))
    assert (response.status_code, response["Location"]) == (302, SMS.url())
    page = owner.get(SMS.url())
    assert "Draft v1 is saved." in page.content.decode()
    row = page.context["version"]
    assert (row.number, row.note, row.created_by, row.revision) == (1, "shorter", here.owner, 1)
    owner.post(SMS.url(), form(op="save", version=row.pk, revision=1, source="Neu {{ order.number }}"))
    assert stored(here) == [(1, "draft", "Neu {{ order.number }}")]


def test_a_script_saves_without_leaving_the_page(here: World, owner: Client) -> None:
    answer = owner.post(SMS.url(), form(op="save"), headers={"Accept": "application/json"}).json()
    assert (answer["revision"], answer["publish"], answer["said"]) == (1, "Publish v1", "Draft v1 is saved.")
    assert "Draft</b> v1" in answer["editing"] or "Draft v1" in answer["editing"]


@pytest.mark.parametrize("source", ["{% if %}", "x {{ order.number | no_such }}", ""])
def test_what_cannot_be_sent_is_not_saved_and_stays_on_the_screen(here: World, owner: Client, source: str) -> None:
    response = owner.post(SMS.url(), form(op="save", source=source))
    assert response.status_code == 400
    assert "Not saved" in response.content.decode()
    assert response.context["draft"].source == source and response.context["errors"] >= 1
    assert stored(here) == []


def test_publishing_saves_and_puts_out(here: World, owner: Client) -> None:
    assert owner.post(SMS.url(), form(op="publish")).status_code == 302
    assert stored(here) == [(1, "published", "Paket zu {{ order.number }}: {{ links.short }}")]
    with merchant_scope(here.merchant.pk):
        row = TemplateVersion.objects.get(kind="dispatch", language="de")
        assert (row.published_by, row.created_by) == (here.owner, here.owner)


def test_errors_stand_in_the_way_of_publishing_but_not_of_saving(here: World, owner: Client) -> None:
    response = owner.post(SMS.url(), form(op="publish", source="Paket {{ order.numbr }}"))
    assert response.status_code == 400
    body = response.content.decode()
    assert "Saved, but not published" in body and "order.numbr" in body
    assert [state for _, state, _ in stored(here)] == ["draft"]


@pytest.mark.parametrize("way", ["the form", "the act"])
def test_what_fails_for_the_orders_is_kept_and_not_published(here: World, owner: Client, way: str) -> None:
    text = "{{ order.number | divided_by: 0 }}"
    if way == "the form":
        assert owner.post(SMS.url(), form(source=text, op="publish")).status_code == 400
    else:
        version = saved(here, source=text)
        address = reverse("admin:notifications_templateversion_publish", args=[version.pk])
        assert "cannot be made for" in owner.post(address).content.decode()
    assert stored(here)[-1][1:] == ("draft", text)


def test_somebody_elses_save_is_told_with_both_texts_and_nothing_is_lost(here: World, owner: Client) -> None:
    ben = person("ben@staff.example", here.merchant, Role.EDITOR, name="Ben Ode")
    mine = saved(here)
    signed_in(ben).post(SMS.url(), form(op="save", version=mine.pk, revision=1, source="Bens {{ order.number }}"))
    response = owner.post(SMS.url(), form(op="save", version=mine.pk, revision=1, source="Meins {{ order.number }}"))
    body = response.content.decode()
    assert response.status_code == 409 and "Ben Ode saved this draft" in body
    assert "Bens {{ order.number }}" in body and "Meins {{ order.number }}" in body
    assert stored(here) == [(1, "draft", "Bens {{ order.number }}")]
    clash = response.context["clash"]
    taken = {"version": mine.pk, "revision": 1, "their_version": clash["version"], "their_revision": clash["revision"]}
    assert owner.post(SMS.url(), form(op="overwrite", source="Meins {{ order.number }}", **taken)).status_code == 302
    assert stored(here) == [(1, "draft", "Meins {{ order.number }}")]


def test_overwriting_what_was_saved_again_meanwhile_is_told_again(here: World, owner: Client) -> None:
    mine = saved(here)
    saved(here, source="Zwei {{ order.number }}", version_id=mine.pk, revision=1)
    saved(here, source="Drei {{ order.number }}", version_id=mine.pk, revision=2)
    response = owner.post(SMS.url(), form(op="overwrite", version=mine.pk, revision=1, their_version=mine.pk, their_revision=2))
    assert response.status_code == 409
    assert stored(here) == [(1, "draft", "Drei {{ order.number }}")]


def test_over_what_was_published_meanwhile_mine_becomes_the_next_draft(here: World, owner: Client) -> None:
    version = saved(here, source="Ihres {{ order.number }}")
    with merchant_scope(here.merchant.pk):
        versions.publish(version=version, by=here.owner, at=now())
    mine = form(source="Meines {{ order.number }}", version=version.pk, revision=1)
    clash = owner.post(SMS.url(), {**mine, "op": "save"})
    assert clash.status_code == 409
    theirs = {"their_version": clash.context["clash"]["version"], "their_revision": clash.context["clash"]["revision"]}
    assert owner.post(SMS.url(), {**mine, **theirs, "op": "overwrite"}).status_code == 302
    assert stored(here) == [(1, "published", "Ihres {{ order.number }}"), (2, "draft", "Meines {{ order.number }}")]


def test_mine_is_kept_beside_an_open_draft(here: World, owner: Client) -> None:
    saved(here)
    assert owner.post(SMS.url(), form(op="save")).status_code == 409
    assert owner.post(SMS.url(), form(op="beside")).status_code == 302
    assert [(number, state) for number, state, _ in stored(here)] == [(1, "draft"), (2, "draft")]


def test_ones_own_save_in_another_window_is_told_as_ones_own(here: World, owner: Client) -> None:
    mine = saved(here)
    saved(here, source="Zwei {{ order.number }}", version_id=mine.pk, revision=1)
    response = owner.post(SMS.url(), form(op="publish", version=mine.pk, revision=1))
    body = response.content.decode()
    assert response.status_code == 409
    assert "You saved this draft yourself on" in body and "in another window" in body
    assert "Theirs" not in body and "theirs" not in body.replace('name="their_', "")
    assert stored(here) == [(1, "draft", "Zwei {{ order.number }}")]


def test_what_is_pressed_while_ones_own_save_is_under_way_goes_on_from_it(here: World, owner: Client) -> None:
    first = form(op="save")
    assert owner.post(SMS.url(), first).status_code == 302
    assert owner.post(SMS.url(), {**first, "op": "publish"}).status_code == 302
    assert owner.post(SMS.url(), {**first, "op": "publish", "version": stored_id(here), "revision": "0"}).status_code == 302
    assert stored(here) == [(1, "published", first["source"])]


def test_the_same_text_of_somebody_else_is_somebody_elses(here: World, owner: Client) -> None:
    ben = person("ben@staff.example", here.merchant, Role.EDITOR, name="Ben Ode")
    signed_in(ben).post(SMS.url(), form(op="save"))
    response = owner.post(SMS.url(), form(op="publish"))
    assert response.status_code == 409 and "Ben Ode saved this draft" in response.content.decode()
    assert stored(here) == [(1, "draft", form()["source"])]


def stored_id(world: World) -> int:
    with merchant_scope(world.merchant.pk):
        return versions.versions_of(**SMS.named)[0].pk


def test_a_draft_is_thrown_away_and_what_goes_out_stays(here: World, owner: Client) -> None:
    owner.post(SMS.url(), form(op="publish"))
    draft = saved(here, source="Zwei {{ order.number }}")
    body = owner.get(SMS.url()).content.decode()
    assert "Discard draft" in body and "Shoppers go on getting v1." in body
    response = owner.post(SMS.url(), form(op="discard", version=draft.pk, revision=draft.revision), follow=True)
    assert "Draft v2 is thrown away." in response.content.decode()
    assert stored(here) == [(1, "published", form()["source"])]
    assert "Discard draft" not in owner.get(SMS.url()).content.decode()


def test_a_draft_somebody_saved_meanwhile_is_not_thrown_away(here: World, owner: Client) -> None:
    mine = saved(here)
    ben = person("ben@staff.example", here.merchant, Role.EDITOR, name="Ben Ode")
    signed_in(ben).post(SMS.url(), form(op="save", version=mine.pk, revision=1, source="Bens {{ order.number }}"))
    response = owner.post(SMS.url(), form(op="discard", version=mine.pk, revision=1))
    assert response.status_code == 409 and "Ben Ode saved this draft" in response.content.decode()
    assert stored(here) == [(1, "draft", "Bens {{ order.number }}")]


def test_what_went_out_and_what_is_another_merchants_cannot_be_thrown_away(here: World, borealis: Merchant, owner: Client) -> None:
    owner.post(SMS.url(), form(op="publish"))
    response = owner.post(SMS.url(), form(op="discard", version=stored_id(here), revision=1), follow=True)
    assert "v1 is no draft any more." in response.content.decode()
    assert owner.post(SMS.url(), form(op="discard")).status_code == 302  # there is none
    with merchant_scope(borealis.pk):
        theirs = versions.save_draft(draft=replace(SMS.empty, source="x {{ order.number }}"), editing=Editing(), by=None, at=now())
    assert owner.post(SMS.url(), form(op="discard", version=theirs.pk, revision=theirs.revision)).status_code == 404
    assert stored(here) == [(1, "published", form()["source"])]
    with merchant_scope(borealis.pk):
        assert TemplateVersion.objects.count() == 1


def test_the_history_tells_who_and_when_and_leads_back(here: World, owner: Client) -> None:
    owner.post(SMS.url(), form(op="publish", note="first"))
    owner.post(SMS.url(), form(op="publish", note="second", source="Zwei {{ order.number }}"))
    page = owner.get(SMS.url("past"))
    body = page.content.decode()
    first, second = (row["version"] for row in reversed(page.context["rows"]))
    assert (first.state, second.state) == ("archived", "published")
    assert "first" in body and "second" in body and here.owner.email in body
    address = reverse("admin:notifications_templateversion_roll_back", args=[first.pk])
    assert address in body
    assert "Roll back to this version" in owner.get(address).content.decode()
    assert [state for _, state, _ in stored(here)] == ["archived", "published"]
    assert owner.post(address).status_code == 302
    assert [state for _, state, _ in stored(here)] == ["published", "archived"]


def test_an_old_version_is_edited_again_as_a_new_draft(here: World, owner: Client) -> None:
    owner.post(SMS.url(), form(op="publish"))
    with merchant_scope(here.merchant.pk):
        first = TemplateVersion.objects.get(kind="dispatch", language="de")
    assert owner.post(SMS.url("past"), {"version": first.pk})["Location"] == SMS.url()
    assert [(number, state) for number, state, _ in stored(here)] == [(1, "published"), (2, "draft")]
    assert owner.post(SMS.url("past"), {"version": first.pk})["Location"] == SMS.url("past")
    assert len(stored(here)) == 2


def test_an_old_version_that_cannot_be_sent_any_more_says_so(here: World, owner: Client) -> None:
    version = saved(here)
    with merchant_scope(here.merchant.pk):
        TemplateVersion.objects.filter(pk=version.pk).update(state="archived", source="{% if %}")
    page = owner.post(SMS.url("past"), {"version": version.pk}, follow=True)
    assert "v1 cannot be gone on with as it is" in page.content.decode()
    assert stored(here) == [(1, "archived", "{% if %}")]


def test_two_versions_stand_side_by_side(here: World, owner: Client) -> None:
    owner.post(SMS.url(), form(op="publish", source="Eins {{ order.number }}"))
    saved(here, source="Zwei {{ order.number }}")
    page = owner.get(SMS.url("compare"))
    assert (page.context["old_label"], page.context["new_label"]) == ("v1, published", "v2, draft")
    (row,) = [row for section in page.context["sections"] for row in section["rows"]]
    assert (row["old_text"], row["new_text"]) == ("Eins {{ order.number }}", "Zwei {{ order.number }}")
    same = owner.get(SMS.url("compare"), {"old": "shipped", "new": "shipped"})
    assert "The same on both sides." in same.content.decode()


def test_the_shipped_wording_goes_out_again(here: World, owner: Client) -> None:
    owner.post(SMS.url(), form(op="publish"))
    assert owner.post(SMS.url(), form(op="ship"))["Location"] == SMS.url("past")
    assert [state for _, state, _ in stored(here)] == ["archived"]


# Without script


def test_blocks_are_moved_added_and_removed_by_the_form_alone(here: World, owner: Client) -> None:
    data = blocks_form()
    ids = data["block"]

    def after(op: str, **over: Any) -> list[str]:
        response = owner.post(CONFIRMATION.url(), {**data, "op": op, **over})
        assert response.status_code == 200 and "not saved" in response.content.decode()
        return [block["id"] for block in response.context["blocks"]]

    assert after(f"down:{ids[1]}")[1:3] == [ids[2], ids[1]]
    assert after(f"up:{ids[2]}")[1:3] == [ids[2], ids[1]]
    assert after(f"remove:{ids[1]}") == [id for id in ids if id != ids[1]]
    assert len(after("add", added="text")) == len(ids) + 1
    assert after("add", added="no_such_block") == ids
    assert after("up:b999") == ids
    assert stored(here, CONFIRMATION) == []


def test_a_field_full_of_openings_is_shown_back(here: World, owner: Client) -> None:
    """A pattern that looked for the end from each beginning took hours."""
    data = blocks_form(op="refresh", block=["b1"]) | {"b1.type": "text", "b1.text": "{{" * 150_000}
    (block,) = owner.post(CONFIRMATION.url(), data).context["blocks"]
    assert block["gist"] == "{" * 60


def test_refreshing_without_script_shows_what_was_typed(here: World, owner: Client) -> None:
    page = owner.post(
        CONFIRMATION.url(), form(CONFIRMATION, op="refresh", order="1001", look="dark", source=MJML.replace("<h1>", "<h1>Neu "))
    )
    assert page.status_code == 200 and page.context["is_unsaved"]
    frame = owner.get(page.context["urls"]["frame"]).content.decode()
    assert "Neu 1001" in frame
    assert stored(here, CONFIRMATION) == []


def test_a_preview_held_for_one_person_is_nobody_elses(here: World, owner: Client) -> None:
    owner.post(CONFIRMATION.url(), form(CONFIRMATION, op="refresh", source=MJML.replace("<h1>", "<h1>Neu ")))
    other = signed_in(person("ben@staff.example", here.merchant, Role.EDITOR))
    assert "Neu" not in other.get(CONFIRMATION.url("frame"), {"held": "1"}).content.decode()


def test_blocks_become_source_and_begin_again(here: World, owner: Client) -> None:
    page = owner.post(CONFIRMATION.url(), blocks_form(op="source"))
    assert page.context["mode"] == "source" and page.context["draft"].source.startswith("<mjml")
    page = owner.post(CONFIRMATION.url(), form(CONFIRMATION, op="blocks", subject="Mein Betreff"))
    assert (page.context["mode"], page.context["draft"].subject) == ("blocks", "Mein Betreff")
    assert stored(here, CONFIRMATION) == []


def test_a_remedy_is_put_in_by_the_form_alone(here: World, owner: Client) -> None:
    source = "Paket zu\n{{ order.numbr }}: {{ links.short }}"
    page = owner.post(SMS.url(), form(op="refresh", source=source))
    n = next(n for n, one in enumerate(page.context["findings"]) if one["replacement"])
    page = owner.post(SMS.url(), form(op=f"fix:{n}", source=source))
    assert page.context["draft"].source == source.replace("numbr", "number")
    assert page.context["errors"] == 0


def test_a_draft_of_blocks_is_saved_and_published(here: World, owner: Client) -> None:
    data = blocks_form(op="publish")
    assert owner.post(CONFIRMATION.url(), data).status_code == 302
    with merchant_scope(here.merchant.pk):
        row = versions.published(**CONFIRMATION.named)
        assert row is not None and [block["id"] for block in row.blocks or ()] == data["block"]


@pytest.mark.parametrize(
    "garbage", [{"op": "x"}, {"op": "fix:99999999999999999999"}, {"version": "9" * 40}, {"revision": "-1"}, {"mode": "\0"}, {"op": "up:'"}]
)
def test_garbage_in_the_form_does_nothing(here: World, owner: Client, garbage: dict[str, str]) -> None:
    assert owner.post(SMS.url(), {**form(op="refresh"), **garbage}).status_code in (200, 404)
    assert stored(here) == []


# Tests to oneself


def test_an_address_is_confirmed_by_its_link_and_by_its_owner_alone(here: World, owner: Client) -> None:
    page = owner.post(CONFIRMATION.url(), form(CONFIRMATION, op="address", address="me@acme.example"))
    assert "A link is on its way to me@acme.example" in page.content.decode()
    with merchant_scope(here.merchant.pk):
        text = Message.objects.get(is_test=True).content.text
    link = next(word for word in text.split() if "/addresses/" in word)
    path = "/admin/" + link.partition("/admin/")[2]
    ben = signed_in(person("ben@staff.example", here.merchant, Role.EDITOR))
    assert ben.get(path).status_code == 404 and ben.post(path).status_code == 404
    assert "me@acme.example" in owner.get(path).content.decode()
    with merchant_scope(here.merchant.pk):
        assert TestAddress.objects.get().verified_at is None
    assert owner.post(path).status_code == 302
    assert owner.post(path).status_code == 404
    with merchant_scope(here.merchant.pk):
        assert TestAddress.objects.get().verified_at is not None


def test_a_test_goes_to_a_confirmed_address_of_ones_own_only(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        mine = TestAddress.objects.create(
            user=here.owner, channel="email", address="me@acme.example", nonce="n", asked_at=now(), verified_at=now()
        )
        open_one = TestAddress.objects.create(user=here.owner, channel="email", address="new@acme.example", nonce="m", asked_at=now())
    body = owner.post(CONFIRMATION.url(), form(CONFIRMATION, op="test", to=open_one.pk, order="1001")).content.decode()
    assert "you have confirmed" in body
    with merchant_scope(here.merchant.pk):
        assert Message.objects.filter(is_test=True).count() == 0
    body = owner.post(CONFIRMATION.url(), form(CONFIRMATION, op="test", to=mine.pk, order="1001")).content.decode()
    assert "A test is on its way to me@acme.example." in body
    with merchant_scope(here.merchant.pk):
        message = Message.objects.get(is_test=True)
        assert (message.recipient, message.order, message.content.subject) == ("me@acme.example", None, "[Test] Bestellung 1001")
    assert stored(here, CONFIRMATION) == []


def test_an_address_is_removed_by_its_owner_alone(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        rows = [
            TestAddress.objects.create(user=here.owner, channel="email", address=address, nonce="n", asked_at=now(), verified_at=at)
            for address, at in (("me@acme.example", now()), ("new@acme.example", None))
        ]
    body = owner.get(CONFIRMATION.url()).content.decode()
    assert 'aria-label="Remove me@acme.example"' in body and 'aria-label="Remove new@acme.example"' in body
    ben = signed_in(person("ben@staff.example", here.merchant, Role.EDITOR))
    for row in rows:
        ben.post(CONFIRMATION.url(), form(CONFIRMATION, op=f"forget:{row.pk}"))
    with merchant_scope(here.merchant.pk):
        assert TestAddress.objects.count() == 2
    page = owner.post(CONFIRMATION.url(), form(CONFIRMATION, op=f"forget:{rows[0].pk}", subject="Not saved yet"))
    assert "The address gets no more tests." in page.content.decode() and "Not saved yet" in page.content.decode()
    with merchant_scope(here.merchant.pk):
        assert [row.address for row in TestAddress.objects.order_by("pk")] == ["new@acme.example"]


@pytest.mark.parametrize("address", ["", "no address", "a@b\r\nBcc: c@d.example"])
def test_what_is_no_address_is_said_at_its_field(here: World, owner: Client, address: str) -> None:
    page = owner.post(CONFIRMATION.url(), form(CONFIRMATION, op="address", address=address))
    assert page.context["address_problem"] and 'aria-describedby="address-problem"' in page.content.decode()
    with merchant_scope(here.merchant.pk):
        assert TestAddress.objects.count() == 0


def test_the_live_answers_are_json_whatever_goes_wrong(here: World, borealis: Merchant, owner: Client) -> None:
    for name, data in (("preview", form(order="nobody")), ("preview", form(source="{% x %}")), ("preview", {})):
        response = owner.post(SMS.url(name), data)
        assert response["Content-Type"] == "application/json"
        assert set(json.loads(response.content)["error"]) >= {"field", "line", "message"}, data
