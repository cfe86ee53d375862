"""/ops/: who sees what, and what a press of a button does."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connectors.models import Command, InboxItem, Poll
from events.models import Delivery
from merchants.scope import merchant_scope
from merchants.types import Role
from notifications.models import Message, MessageContent
from notifications.types import MessageState
from tests.admin.addresses import patterns
from tests.admin.world import World, message_row, person, signed_in

READS = ["overview", "figures", "help", "messages", "story", "preview", "dead", "queues", "sandbox"]
ACTS = ["rerun_message", "cancel_message", "rerun"]
# Parcels and incidents have their own files, which take their addresses from these lists.
DELAYS = ["start", "delays", "lanes", "parcels", "feeds"]
INCIDENTS = ["incidents", "incident_rows", "incident"]
INCIDENT_READS_FOR_ACTORS = ["ask", "export", "message_preview"]
INCIDENT_ACTS = ["assign", "snooze", "note", "resolve", "reopen", "undo", "message", "asked"]
OWN_VIEWS = ["save_view", "delete_view"]
RETURNS = ["returns", "return_scan", "return_figures", "case_photo", "return", "claim", "withdrawal"]
RETURN_ACTS = ["return_act", "money_act", "exchange_act", "claim_act", "withdrawal_act"]
REVIEWS = ["reviews", "decided", "review", "review_photo", "feedback", "task", "surveys", "survey", "themes", "theme"]
REVIEW_ACTS = ["review_decide", "photo_decide", "review_undo", "review_act", "task_act", "theme_act"]
WITH_MESSAGE = {"story", "preview", "rerun_message", "cancel_message"}


def address(name: str, world: World) -> str:
    return reverse(f"dashboard:{name}", args=[world.rows["notifications.message"]] if name in WITH_MESSAGE else [])


def states(world: World) -> dict[str, str]:
    with merchant_scope(world.merchant.pk):
        return {
            "message": Message.objects.get(pk=world.rows["notifications.message"]).state,
            "delivery": Delivery.objects.get(pk=world.rows["events.delivery"]).state,
            "inbox": InboxItem.objects.get(pk=world.rows["connectors.inboxitem"]).state,
            "poll": Poll.objects.get(pk=world.rows["connectors.poll"]).state,
            "command": Command.objects.get(pk=world.rows["connectors.command"]).state,
        }


def keys(world: World) -> list[str]:
    rows = world.rows
    return [
        f"message:{rows['notifications.message']}",
        f"delivery:{rows['events.delivery']}",
        f"inbox:{rows['connectors.inboxitem']}",
        f"poll:{rows['connectors.poll']}",
        f"command:{rows['connectors.command']}",
    ]


DEAD = {"message": "dead", "delivery": "dead", "inbox": "dead", "poll": "dead", "command": "dead"}
AGAIN = {"message": "pending", "delivery": "ready", "inbox": "ready", "poll": "ready", "command": "ready"}


def test_every_address_is_in_one_of_the_lists() -> None:
    every = READS + ACTS + DELAYS + INCIDENTS + INCIDENT_READS_FOR_ACTORS + INCIDENT_ACTS + OWN_VIEWS + RETURNS + RETURN_ACTS
    every += REVIEWS + REVIEW_ACTS
    assert sorted(name for name, _ in patterns("dashboard")) == sorted(f"dashboard:{name}" for name in every)


@pytest.mark.parametrize("role", Role.values)
def test_every_role_looks_and_looking_changes_nothing(here: World, role: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    for name in READS:
        assert client.get(address(name, here)).status_code == 200, name
    assert states(here) == DEAD


@pytest.mark.parametrize(("role", "may"), [("owner", True), ("editor", True), ("support", True), ("viewer", False)])
def test_support_and_up_re_run_what_was_given_up(here: World, role: str, may: bool) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    assert client.post(address("rerun", here), {"key": keys(here)}).status_code == (302 if may else 403)
    assert states(here) == (AGAIN if may else DEAD)
    assert ("Run again" in client.get(address("dead", here)).content.decode()) is False or not may


@pytest.mark.parametrize("name", ACTS)
def test_viewers_are_refused_with_a_page_and_acts_take_post_only(here: World, name: str) -> None:
    viewer = signed_in(person("viewer@staff.example", here.merchant, Role.VIEWER))
    response = viewer.post(address(name, here), {"key": keys(here)})
    assert response.status_code == 403
    assert "Your role does not allow this." in response.content.decode()
    assert signed_in(here.owner).get(address(name, here)).status_code == 405
    assert states(here) == DEAD


def test_the_other_merchants_staff_find_nothing_and_change_nothing(here: World, there: World) -> None:
    client = signed_in(there.owner)
    for name in WITH_MESSAGE:
        for response in (client.get(address(name, here)), client.post(address(name, here))):
            assert response.status_code in (404, 405), name
    assert client.post(address("rerun", here), {"key": keys(here)}).status_code == 302
    assert states(here) == DEAD
    assert states(there) == DEAD


def test_no_page_shows_another_merchants_rows(here: World, there: World) -> None:
    with merchant_scope(here.merchant.pk):
        message_row(here, recipient="only-here@example.com", state=MessageState.DEAD)
    client = signed_in(there.owner)
    for name in READS:
        body = client.get(address(name, there)).content.decode()
        assert "only-here" not in body, name
        assert here.merchant.name not in body, name
    assert "only-here" not in client.get("/ops/messages/?recipient=only-here@example.com&order=1001").context["rows"].__repr__()


@pytest.mark.parametrize("name", READS + ACTS)
def test_signed_out_people_are_sent_to_the_sign_in(here: World, name: str) -> None:
    client = Client(HTTP_HOST="platform.test")
    response = client.post(address(name, here)) if name in ACTS else client.get(address(name, here))
    assert response["Location"].startswith("/admin/login/?next=/ops/")
    assert states(here) == DEAD


def test_staff_without_a_shop_get_the_clear_page(here: World) -> None:
    response = signed_in(person("nobody@staff.example")).get("/ops/", follow=True)
    assert (response.status_code, "no shop has added you" in response.content.decode()) == (403, True)


def test_acts_need_the_csrf_token(here: World) -> None:
    client = signed_in(here.owner, enforce_csrf_checks=True)
    for name in ACTS:
        assert client.post(address(name, here), {"key": keys(here)}).status_code == 403, name
    assert states(here) == DEAD


@pytest.mark.parametrize(
    "key", ["", "message", "message:", "message:x", "message:-1", "nosuch:1", "message:" + "9" * 30, "message:1;drop", "inbox:٣"]
)
def test_nonsense_keys_change_nothing(here: World, key: str) -> None:
    assert signed_in(here.owner).post(address("rerun", here), {"key": [key]}).status_code == 302
    assert states(here) == DEAD


def test_a_waiting_message_is_taken_back_and_a_sent_one_is_not(here: World) -> None:
    client = signed_in(here.owner)
    with merchant_scope(here.merchant.pk):
        waiting, sent = message_row(here), message_row(here, state=MessageState.SENT)
    for row, expected in ((waiting, "cancelled"), (sent, "sent")):
        assert client.post(reverse("dashboard:cancel_message", args=[row.pk])).status_code == 302
        with merchant_scope(here.merchant.pk):
            assert Message.objects.get(pk=row.pk).state == expected


def test_the_story_tells_event_decision_wording_attempts_and_callbacks(here: World) -> None:
    body = signed_in(here.owner).get(address("story", here)).content.decode()
    found = (
        "Nothing stands against the address: yes",
        "not taken",
        "503",
        "Bounced",
        "Your order 1001",
        "the provider is away",
        "Thank you.",
    )
    for text in found:
        assert text in body, text


def test_the_preview_is_sandboxed_under_its_own_policy(here: World) -> None:
    with merchant_scope(here.merchant.pk):
        MessageContent.objects.update(html="<script>alert(1)</script><p>Hello</p>")
    client = signed_in(here.owner)
    response = client.get(address("preview", here))
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'; sandbox"
    assert (response["Content-Security-Policy"], response["X-Frame-Options"]) == (policy, "SAMEORIGIN")
    story = client.get(address("story", here))
    assert 'sandbox=""' in story.content.decode()
    assert "<script>alert(1)" not in story.content.decode()
    assert "script-src 'self'" in story["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 3),
        ("?state=dead", 1), ("?state=nosuch", 0), ("?kind=dispatch", 1), ("?channel=sms", 1), ("?order=1001", 3), ("?order=999", 0),
        ("?recipient=SAM@example.com", 2), ("?recipient=nobody@example.com", 0), ("?day=2026-11-20", 3), ("?day=2026-11-21", 0),
        ("?day=nonsense", 3), ("?day=2026-02-31", 3), ("?day=0001-01-01", 3), ("?order=%00", 3),
    ],
)  # fmt: skip
def test_the_log_is_narrowed(here: World, query: str, found: int) -> None:
    with merchant_scope(here.merchant.pk):
        message_row(here, kind="dispatch", channel="sms", recipient="+4915123456789")
        message_row(here, state=MessageState.SENT)
    assert len(signed_in(here.owner).get(f"/ops/messages/{query}").context["rows"]) == found


def test_the_log_pages_by_cursor_without_gap_or_repeat(here: World) -> None:
    with merchant_scope(here.merchant.pk):
        for _ in range(119):
            message_row(here)
    client, seen, query = signed_in(here.owner), [], ""
    while True:
        context = client.get(f"/ops/messages/?{query}").context
        seen += [row["message"].pk for row in context["rows"]]
        query = context["next"]
        if not query:
            break
    assert (len(seen), len(set(seen))) == (120, 120)


@pytest.mark.parametrize("cursor", ["x", "%00", "MjAyNg", "a" * 300])
def test_a_made_up_cursor_is_not_found(here: World, cursor: str) -> None:
    assert signed_in(here.owner).get(f"/ops/messages/?cursor={cursor}").status_code == 404


def test_a_number_beyond_the_table_is_not_found(here: World) -> None:
    assert signed_in(here.owner).get(f"/ops/messages/{'9' * 30}/").status_code == 404


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", ["overview", "messages", "dead", "queues", "sandbox"])
def test_pages_cost_a_constant_number_of_queries(here: World, name: str) -> None:
    client = signed_in(here.owner)
    few = queries(client, address(name, here))
    with merchant_scope(here.merchant.pk):
        for _ in range(6):
            message_row(here, state=MessageState.DEAD)
    assert queries(client, address(name, here)) == few <= 32


def test_secrets_never_appear_on_any_page(here: World) -> None:
    client: Any = signed_in(here.owner)
    for name in READS:
        body = client.get(address(name, here)).content.decode()
        assert [canary for canary in here.canaries if canary in body] == [], name


def test_figures_of_the_installation_are_for_platform_staff(here: World) -> None:
    assert signed_in(here.owner).get("/platform/queues/").status_code == 404
    assert Client(HTTP_HOST="platform.test").get("/platform/queues/").status_code == 404
    root = signed_in(person("root@platform.example", is_superuser=True))
    assert root.get("/platform/queues/").status_code == 200
    assert "/platform/queues/" in root.get("/ops/queues/").content.decode()
    assert "/platform/queues/" not in signed_in(here.owner).get("/ops/queues/").content.decode()
