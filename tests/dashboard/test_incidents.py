"""The work list: who sees it, who acts on it, and that nobody reaches over to another merchant."""

import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.clock import now
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Role
from notifications.models import Message
from tests.admin.world import person, signed_in
from tests.dashboard.parcels import Trouble, trouble
from tests.dashboard.test_pages import INCIDENT_ACTS, INCIDENT_READS_FOR_ACTORS, INCIDENTS, OWN_VIEWS
from tracking.models import Incident, IncidentNote, SavedView, Shipment
from tracking.types import IncidentState, IncidentType

POSTED = {"owner": "me", "until": "tomorrow", "text": "Hello", "resolution": "by_hand", "send": "1", "name": "mine"}


@pytest.fixture
def held(acme: Merchant) -> Trouble:
    return trouble(acme)


@pytest.fixture
def support(acme: Merchant) -> Client:
    return signed_in(person("support@staff.example", acme, Role.SUPPORT))


def address(name: str, held: Trouble) -> str:
    if name == "delete_view":
        return reverse("dashboard:delete_view", args=[1])
    one = name in ("incident", "message_preview")
    path = reverse(f"dashboard:{name}", args=[held.incident_id] if one else [])
    return f"{path}?id={held.incident_id}&text=Hello" if name in INCIDENT_READS_FOR_ACTORS else path


def everything(merchant: Merchant) -> list[Any]:
    with merchant_scope(merchant.pk):
        tables = (Incident, IncidentNote, SavedView, Message)
        return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("name", INCIDENTS)
def test_every_role_looks_and_looking_changes_nothing(held: Trouble, name: str, role: str) -> None:
    before = everything(held.merchant)
    client = signed_in(person(f"{role}@staff.example", held.merchant, Role(role)))
    response = client.get(address(name, held))
    assert response.status_code == 200
    assert "T-1" in response.content.decode()
    assert client.post(address(name, held), POSTED).status_code == 405
    assert everything(held.merchant) == before


@pytest.mark.parametrize("name", INCIDENT_READS_FOR_ACTORS)
def test_texts_and_exports_are_for_those_who_act(held: Trouble, support: Client, name: str) -> None:
    before = everything(held.merchant)
    assert support.get(address(name, held)).status_code == 200
    assert support.post(address(name, held), POSTED).status_code == 405
    viewer = signed_in(person("viewer@staff.example", held.merchant, Role.VIEWER))
    assert viewer.get(address(name, held)).status_code == 403
    assert everything(held.merchant) == before


@pytest.mark.parametrize("name", INCIDENT_ACTS)
def test_viewers_do_not_act_and_acts_need_post_and_token(held: Trouble, name: str) -> None:
    before = everything(held.merchant)
    posted = {**POSTED, "id": held.incident_id}
    viewer = signed_in(person("viewer@staff.example", held.merchant, Role.VIEWER))
    assert viewer.post(address(name, held), posted).status_code == 403
    owner = person("owner@staff.example", held.merchant, Role.OWNER)
    assert signed_in(owner).get(address(name, held)).status_code == 405
    assert signed_in(owner, enforce_csrf_checks=True).post(address(name, held), posted).status_code == 403
    assert everything(held.merchant) == before


@pytest.mark.parametrize("name", INCIDENTS + INCIDENT_READS_FOR_ACTORS + INCIDENT_ACTS + OWN_VIEWS)
def test_the_stranger_finds_nothing_and_changes_nothing(held: Trouble, borealis: Merchant, name: str) -> None:
    before = everything(held.merchant)
    client = signed_in(person("owner@borealis.example", borealis, Role.OWNER))
    for response in (client.get(address(name, held)), client.post(address(name, held), {**POSTED, "id": held.incident_id})):
        assert response.status_code in (200, 302, 404, 405)
        body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        assert b"T-1" not in body
        assert b"Sam" not in body
    if name in ("incident", "message_preview"):
        assert client.get(address(name, held)).status_code == 404
    assert everything(held.merchant) == before


@pytest.mark.parametrize("name", INCIDENTS + INCIDENT_READS_FOR_ACTORS + INCIDENT_ACTS + OWN_VIEWS)
def test_signed_out_people_are_sent_to_the_sign_in(held: Trouble, name: str) -> None:
    before = everything(held.merchant)
    client = Client(HTTP_HOST="platform.test")
    is_act = name in INCIDENT_ACTS + OWN_VIEWS
    response = client.post(address(name, held), POSTED) if is_act else client.get(address(name, held))
    assert response["Location"].startswith("/admin/login/?next=/ops/")
    assert everything(held.merchant) == before


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize(
    ("name", "posted", "told"),
    [
        ("assign", {"owner": "me"}, "1 given to support@staff.example."),
        ("assign", {"owner": "none"}, "Nothing was changed; 1 had no owner."),
        ("assign", {"owner": "999999"}, "This person does not work here."),
        ("snooze", {"until": "tomorrow"}, "1 put away."),
        ("snooze", {"until": "now"}, "Nothing was changed; 1 was not put away."),
        ("snooze", {"until": "never"}, "Choose until when."),
        ("note", {"text": "Called."}, "Note kept."),
        ("note", {"text": " "}, "Write something first."),
        ("resolve", {"resolution": "by_hand"}, "1 resolved."),
        ("resolve", {"resolution": "reshipped"}, "1 marked as sent again."),
        ("resolve", {"resolution": "cleared"}, "Not a way to resolve an incident."),
        ("reopen", {}, "Nothing was changed; 1 is open."),
        ("asked", {"text": "Where is it?", "carrier": "DHL"}, "Kept that the carrier was asked."),
        ("undo", {}, "There is nothing to undo."),
    ],
)
def test_an_act_says_what_it_did(held: Trouble, support: Client, name: str, posted: dict[str, str], told: str) -> None:
    response = support.post(reverse(f"dashboard:{name}"), {**posted, "id": held.incident_id}, follow=True)
    assert (response.status_code, said(response)) == (200, [told])


@pytest.mark.parametrize("name", ["assign", "snooze", "note", "resolve", "asked"])
@pytest.mark.parametrize("ids", [[], ["x"], ["-1"], ["9" * 30], ["1;drop"], ["٣"]])
def test_nonsense_ids_are_no_ids(held: Trouble, support: Client, name: str, ids: list[str]) -> None:
    response = support.post(reverse(f"dashboard:{name}"), {**POSTED, "id": ids}, follow=True)
    assert said(response) == ["Select at least one incident."]
    assert held.incident().state == IncidentState.OPEN


def test_resolving_and_putting_away_can_be_undone(held: Trouble, support: Client) -> None:
    for name, posted in (("resolve", {"resolution": "refunded"}), ("snooze", {"until": "week"})):
        page = support.post(reverse(f"dashboard:{name}"), {**posted, "id": held.incident_id}, follow=True)
        assert "Undo" in page.content.decode()
        page = support.post(reverse("dashboard:undo"), follow=True)
        assert "Undo" not in page.content.decode()
        row = held.incident()
        assert (row.state, row.snoozed_until) == (IncidentState.OPEN, None)


def test_an_act_leads_back_to_where_it_was_made_and_nowhere_else(held: Trouble, support: Client) -> None:
    posted = {"id": held.incident_id, "text": "x"}
    for back, to in (
        ("/ops/incidents/?type=stalled", "/ops/incidents/?type=stalled"),
        ("https://evil.example/ops/incidents/", "/ops/incidents/"),
        ("//evil.example", "/ops/incidents/"),
        ("/admin/", "/ops/incidents/"),
    ):
        assert support.post(reverse("dashboard:note"), {**posted, "back": back})["Location"] == to


def test_the_incident_tells_its_story(held: Trouble, support: Client) -> None:
    support.post(reverse("dashboard:note"), {"id": held.incident_id, "text": "<b>Called</b> the depot"})
    body = support.get(f"/ops/incidents/{held.incident_id}/").content.decode()
    for text in ("Delivery failed", "TRACK-T-1", "&lt;b&gt;Called&lt;/b&gt; the depot", "support@staff.example", "Arrives by", "Sam Berg"):
        assert text in body, text


def test_shoppers_are_written_to_after_a_look(held: Trouble, support: Client) -> None:
    path, ids = reverse("dashboard:message"), {"id": held.incident_id}
    assert "Show how it will look" in support.post(path, ids).content.decode()
    with merchant_scope(held.merchant.pk):
        before = Message.objects.count()
    seen = support.post(path, {**ids, "text": "Your parcel is on its way again.", "preview": "1"})
    assert (seen.status_code, "Your parcel is on its way again." in seen.content.decode()) == (200, True)
    with merchant_scope(held.merchant.pk):
        assert Message.objects.count() == before
    sent = support.post(path, {**ids, "text": "Your parcel is on its way again.", "send": "1"}, follow=True)
    assert said(sent) == ["1 message is on its way."]
    row = held.incident()
    assert (row.state, row.told_at is None) == (IncidentState.NOTIFIED, False)
    again = support.post(path, {**ids, "text": "Your parcel is on its way again.", "send": "1"}, follow=True)
    assert said(again) == ["Nobody was written to. 1 got none: no address, a blocked one, or the same words before."]


@pytest.mark.parametrize("text", ["", "x" * 1001, "Look at https://evil.example/now"])
def test_words_that_cannot_be_sent_are_shown_with_the_reason(held: Trouble, support: Client, text: str) -> None:
    for press in ("preview", "send"):
        response = support.post(reverse("dashboard:message"), {"id": held.incident_id, "text": text, press: "1"})
        assert (response.status_code, 'id="text-error"' in response.content.decode()) == (400, True)
    assert held.incident().told_at is None


def test_the_preview_stands_under_a_policy_of_its_own(held: Trouble, support: Client) -> None:
    response = support.get(f"/ops/incidents/{held.incident_id}/message/?text=<script>alert(1)</script>")
    assert response["Content-Security-Policy"].endswith("frame-ancestors 'self'; sandbox")
    assert "<script>alert(1)" not in response.content.decode()
    assert support.get(f"/ops/incidents/{held.incident_id}/message/?text=").status_code == 400


def test_one_row_can_be_written_to_whatever_is_selected(held: Trouble, support: Client, acme: Merchant) -> None:
    other = trouble(acme, "T-2")
    chosen = support.post(reverse("dashboard:message"), {"id": [held.incident_id], "only": other.incident_id}).context["chosen"]
    assert [row.pk for row in chosen] == [other.incident_id]


def test_the_carrier_is_asked_with_a_text_per_carrier(held: Trouble, support: Client, acme: Merchant) -> None:
    other = trouble(acme, "T-2", carrier_code="dpd")
    texts = support.get(f"/ops/incidents/ask/?id={held.incident_id}&id={other.incident_id}").context["texts"]
    assert [(entry["carrier"], len(entry["rows"])) for entry in texts] == [("DHL", 1), ("DPD", 1)]
    assert "Number: TRACK-T-1" in texts[0]["text"]
    assert "To: 10119 Berlin" in texts[0]["text"]
    assert "Sam" not in texts[0]["text"]


def rows_of(client: Client, query: str = "") -> list[dict[str, str]]:
    response: Any = client.get(f"/ops/incidents/export/?{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_the_export_holds_the_list_as_narrowed_and_no_names(held: Trouble, support: Client, acme: Merchant) -> None:
    other = trouble(acme, "T-2", type=IncidentType.CUSTOMS_HOLD)
    assert {row["order"] for row in rows_of(support)} == {"T-1", "T-2"}
    (row,) = rows_of(support, "type=customs_hold")
    assert (row["order"], row["tracking_number"], row["carrier"], row["region"]) == ("T-2", "TRACK-T-2", "DHL", "DE-BE")
    assert [row["order"] for row in rows_of(support, f"id={other.incident_id}")] == ["T-2"]
    response: Any = support.get("/ops/incidents/export/")
    assert b"Sam" not in b"".join(response.streaming_content)
    assert response["Content-Disposition"].startswith('attachment; filename="incidents-')


def test_a_long_export_leaves_nothing_out(held: Trouble, support: Client) -> None:
    row = held.incident()
    with merchant_scope(held.merchant.pk):
        Incident.objects.bulk_create(
            Incident(
                type=row.type, subject=f"order:{number}", rank=float(number % 9), act_by=row.act_by, opened_at=row.opened_at,
                updated_at=row.updated_at,
            )
            for number in range(1200)
        )  # fmt: skip
    assert len(rows_of(support, "view=all")) == 1201


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d"])
def test_nothing_in_the_export_runs_in_a_spreadsheet(held: Trouble, support: Client, start: str) -> None:
    with merchant_scope(held.merchant.pk):
        Shipment.objects.update(tracking_number=f'{start}HYPERLINK("http://evil.example")')
        Incident.objects.update(region=f"{start}1+1")
    response: Any = support.get("/ops/incidents/export/")
    (row,) = csv.DictReader(StringIO(b"".join(response.streaming_content).decode("utf-8-sig"), newline=""))
    assert row["tracking_number"] == f'\'{start}HYPERLINK("http://evil.example")'
    assert row["region"].startswith("'")


def test_the_rows_alone_come_once_while_they_read_the_same(held: Trouble, support: Client) -> None:
    path = "/ops/incidents/rows/?view=all"
    first = support.get(path)
    assert (first.status_code, "<html" in first.content.decode()) == (200, False)
    assert support.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    support.post(reverse("dashboard:assign"), {"owner": "me", "id": held.incident_id})
    assert support.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 1), ("view=all", 2), ("view=snoozed", 1), ("view=mine", 0), ("view=resolved", 0), ("view=nosuch", 1),
        ("type=failed_attempt", 1),
        ("type=nosuch", 0), ("carrier=dhl", 1), ("carrier=dpd", 0), ("region=DE-BE", 1), ("owner=none", 1), ("owner=abc", 1),
        ("owner=7", 0),
        ("text=T-1", 1), ("text=TRACK-T-1", 1), ("text=T-2", 1), ("text=T", 0), ("text=%00", 1), ("cause=weather", 0), ("state=open", 1),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_by_its_address(held: Trouble, support: Client, acme: Merchant, query: str, found: int) -> None:
    trouble(acme, "T-2", snoozed_until=now() + timedelta(days=1))
    assert len(support.get(f"/ops/incidents/?{query}").context["rows"]) == found


@pytest.mark.parametrize("place", ["x", "nan_1", "%00", "a" * 300])
def test_made_up_places_are_not_found(held: Trouble, support: Client, place: str) -> None:
    assert support.get(f"/ops/incidents/?place={place}").status_code == 404
    assert support.get(f"/ops/incidents/rows/?place={place}").status_code == 404


def test_a_number_beyond_the_table_is_not_found(held: Trouble, support: Client) -> None:
    assert support.get(f"/ops/incidents/{'9' * 30}/").status_code == 404


def test_views_are_each_persons_own(held: Trouble, support: Client, acme: Merchant) -> None:
    support.post(reverse("dashboard:save_view"), {"name": "Berlin <3", "region": "DE-BE", "nosuch": "x"})
    with merchant_scope(acme.pk):
        view = SavedView.objects.get()
    assert (view.name, view.query) == ("Berlin <3", "region=DE-BE")
    assert "Berlin &lt;3" in support.get("/ops/incidents/").content.decode()
    viewer = signed_in(person("viewer@staff.example", acme, Role.VIEWER))
    assert "Berlin &lt;3" not in viewer.get("/ops/incidents/").content.decode()
    assert viewer.post(reverse("dashboard:delete_view", args=[view.pk])).status_code == 404
    assert support.post(reverse("dashboard:delete_view", args=[view.pk])).status_code == 302
    with merchant_scope(acme.pk):
        assert SavedView.objects.count() == 0


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "All is well: nothing needs a person."), ("view=mine", "Nothing is yours."), ("view=snoozed", "Nothing is put away."),
        ("view=resolved", "Nothing has been resolved yet."), ("type=stalled", "No incident fits. Take away a filter."),
        ("text=<b>", "Nothing is open about “&lt;b&gt;”."),
    ],
)  # fmt: skip
def test_an_empty_list_says_why(support: Client, query: str, words: str) -> None:
    assert words in support.get(f"/ops/incidents/?{query}").content.decode()


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", INCIDENTS)
def test_pages_cost_the_same_for_one_incident_and_for_two_hundred(held: Trouble, support: Client, name: str) -> None:
    few = queries(support, address(name, held))
    row = held.incident()
    with merchant_scope(held.merchant.pk):
        Incident.objects.bulk_create(
            Incident(
                type=row.type, subject=f"order:{number}", order_id=held.order_id, shipment_id=held.shipment_id, rank=1, act_by=row.act_by,
                opened_at=row.opened_at, updated_at=row.updated_at, owner_id=row.owner_id,
            )
            for number in range(200)
        )  # fmt: skip
        IncidentNote.objects.bulk_create(IncidentNote(incident=row, at=row.opened_at, act="note", text="x") for _ in range(50))
    assert queries(support, address(name, held)) == few <= 25
