"""What staff do with incidents: each act says what it did, leaves a line, and refuses by name."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from events.models import Event
from merchants.models import Merchant, User
from merchants.scope import merchant_scope
from merchants.services import add_staff
from merchants.types import Role
from tests.conftest import NOW
from tests.factories import place_order, ship
from tracking.models import Incident, IncidentNote, SavedView, Shipment
from tracking.rules.desk import Asked, DeskRefused, question, state_of
from tracking.selectors.desk import (
    NEEDS_PERSON,
    BadPlace,
    IncidentNotFound,
    WorkFilter,
    incident_page,
    incidents_chosen,
    neighbours,
    views_of,
    work_counts,
    work_list,
)
from tracking.services import count_parcels, desk
from tracking.services.desk import Done
from tracking.types import Choice, IncidentState, IncidentType

BY: dict[str, Any] = {"actor": "sabine@acme.example", "at": NOW}


def incident(**over: Any) -> Incident:
    """One open incident of its own parcel-less subject, unless told otherwise."""
    number = Incident.objects.count()
    values: dict[str, Any] = {
        "type": IncidentType.FAILED_ATTEMPT,
        "subject": f"shipment:{9000 + number}",
        "harm": 50,
        "rank": 50.0,
        "act_by": NOW + timedelta(hours=3),
        "opened_at": NOW - timedelta(minutes=number),
        "updated_at": NOW - timedelta(days=1),
        **over,
    }
    row: Incident = Incident.objects.create(**values)
    return row


@pytest.fixture
def sabine(in_acme: Merchant) -> User:
    user = User.objects.create_user("sabine@acme.example", name="Sabine")
    add_staff(user=user, role=Role.SUPPORT, at=NOW)
    return user


def notes() -> list[tuple[str, str, str]]:
    return list(IncidentNote.objects.order_by("pk").values_list("act", "text", "actor"))


def test_an_incident_is_given_to_somebody_and_taken_back(sabine: User) -> None:
    row = incident()
    assert desk.assign(incident_ids=[row.pk], owner=sabine, **BY) == Done((row.pk,), {})
    row.refresh_from_db()
    assert (row.owner, row.state, row.updated_at) == (sabine, IncidentState.ACKNOWLEDGED, NOW)
    assert desk.assign(incident_ids=[row.pk], owner=sabine, **BY) == Done((), {"theirs already": 1})
    desk.assign(incident_ids=[row.pk], owner=None, **BY)
    row.refresh_from_db()
    assert (row.owner, row.state) == (None, IncidentState.OPEN)
    assert notes() == [("owner", "sabine@acme.example", "sabine@acme.example"), ("owner", "", "sabine@acme.example")]


def test_an_incident_of_a_told_shopper_goes_back_to_told(sabine: User) -> None:
    row = incident(told_at=NOW, state="acknowledged", owner=sabine)
    desk.assign(incident_ids=[row.pk], owner=None, **BY)
    row.refresh_from_db()
    assert row.state == IncidentState.NOTIFIED


def test_only_people_who_work_here_are_given_anything(sabine: User) -> None:
    row, stranger = incident(), User.objects.create_user("stranger@borealis.example")
    left = User.objects.create_user("left@acme.example", is_active=False)
    add_staff(user=left, role=Role.OWNER, at=NOW)
    for person in (stranger, left):
        with pytest.raises(DeskRefused) as refused:
            desk.assign(incident_ids=[row.pk], owner=person, **BY)
        assert refused.value.code == "not_staff"
    assert notes() == []


def test_an_incident_is_put_away_until_a_moment_and_taken_back(in_acme: Merchant) -> None:
    row = incident()
    desk.snooze(incident_ids=[row.pk], until=NOW + timedelta(days=1), **BY)
    row.refresh_from_db()
    assert row.snoozed_until == NOW + timedelta(days=1)
    assert work_list(filters=WorkFilter(), now=NOW).rows == []
    assert work_list(filters=WorkFilter(view="snoozed"), now=NOW).rows == [row]
    assert work_list(filters=WorkFilter(), now=NOW + timedelta(days=1)).rows == [row]
    assert desk.snooze(incident_ids=[row.pk], until=None, **BY).ids == (row.pk,)
    assert desk.snooze(incident_ids=[row.pk], until=None, **BY).left == {"not snoozed": 1}


@pytest.mark.parametrize(("days", "code"), [(-1, "until_passed"), (0, "until_passed"), (91, "until_too_far")])
def test_moments_that_make_no_sense_are_refused(in_acme: Merchant, days: int, code: str) -> None:
    row = incident()
    with pytest.raises(DeskRefused) as refused:
        desk.snooze(incident_ids=[row.pk], until=NOW + timedelta(days=days), **BY)
    assert (refused.value.code, notes()) == (code, [])


@pytest.mark.parametrize(
    ("text", "code"), [("", "text_missing"), (" \n ", "text_missing"), ("x" * 1001, "text_too_long"), ("a\0b", "text_too_long")]
)
def test_notes_that_say_nothing_or_too_much_are_refused(in_acme: Merchant, text: str, code: str) -> None:
    with pytest.raises(DeskRefused) as refused:
        desk.note(incident_ids=[incident().pk], text=text, **BY)
    assert (refused.value.code, notes()) == (code, [])


def test_a_note_is_kept_also_of_what_is_resolved(in_acme: Merchant) -> None:
    row = incident(state="resolved", resolved_at=NOW)
    desk.note(incident_ids=[row.pk], text="  Called the shopper. ", **BY)
    assert notes() == [("note", "Called the shopper.", "sabine@acme.example")]


def test_resolving_and_opening_again_are_told_and_counted(in_acme: Merchant) -> None:
    parcel = ship(place_order())
    row = incident(type=IncidentType.STALLED, subject=f"shipment:{parcel.pk}", shipment=parcel, order=parcel.order)
    Event.objects.all().delete()
    done = desk.resolve(incident_ids=[row.pk], resolution="reshipped", text="New parcel A-2", **BY)
    row.refresh_from_db()
    assert (done.ids, row.state, row.resolution, row.resolved_at) == ((row.pk,), IncidentState.RESOLVED, "reshipped", NOW)
    assert desk.resolve(incident_ids=[row.pk], resolution="by_hand", **BY) == Done((), {"resolved already": 1})
    desk.reopen(incident_ids=[row.pk], **BY)
    row.refresh_from_db()
    assert (row.state, row.resolution, row.resolved_at, row.reopened_count) == (IncidentState.OPEN, "", None, 1)
    assert desk.reopen(incident_ids=[row.pk], **BY).left == {"not resolved": 1}
    payload = {"incident": row.pk, "type": "stalled", "order": parcel.order_id, "shipment": parcel.pk}
    assert list(Event.objects.order_by("pk").values_list("type", "payload")) == [
        ("tracking.incident.cleared", payload),
        ("tracking.incident.reopened", payload),
    ]


def test_what_was_opened_anew_meanwhile_is_not_opened_twice(in_acme: Merchant) -> None:
    old = incident(subject="shipment:1", state="resolved", resolved_at=NOW)
    twin = incident(subject="shipment:1", state="resolved", resolved_at=NOW)
    incident(subject="shipment:2", type=IncidentType.STALLED, state="open")
    held = incident(subject="shipment:2", type=IncidentType.STALLED, state="resolved", resolved_at=NOW)
    done = desk.reopen(incident_ids=[old.pk, twin.pk, held.pk], **BY)
    assert (done.ids, done.left) == ((old.pk,), {"opened anew meanwhile": 2})


def test_ways_to_resolve_we_do_not_know_are_refused(in_acme: Merchant) -> None:
    row = incident()
    for word in ("cleared", "", "anything"):
        with pytest.raises(DeskRefused, match="Not a way to resolve"):
            desk.resolve(incident_ids=[row.pk], resolution=word, **BY)
    row.refresh_from_db()
    assert row.state == IncidentState.OPEN


def test_asking_the_carrier_is_kept_where_there_is_a_parcel(in_acme: Merchant) -> None:
    parcel = ship(place_order())
    about, without = incident(shipment=parcel), incident()
    done = desk.note_asked(incident_ids=[about.pk, without.pk], text="DHL: where is it?", **BY)
    assert (done.ids, done.left) == ((about.pk,), {"no parcel to ask about": 1})


def test_telling_the_shopper_is_kept(in_acme: Merchant) -> None:
    row = incident()
    desk.note_told(incident_ids=[row.pk], text="Sorry.", **BY)
    row.refresh_from_db()
    assert (row.told_at, row.state, notes()) == (NOW, IncidentState.NOTIFIED, [("told", "Sorry.", "sabine@acme.example")])


ACTS: dict[str, Callable[[list[int], User], Done]] = {
    "assign": lambda ids, user: desk.assign(incident_ids=ids, owner=user, **BY),
    "snooze": lambda ids, user: desk.snooze(incident_ids=ids, until=NOW + timedelta(days=1), **BY),
    "note": lambda ids, user: desk.note(incident_ids=ids, text="x", **BY),
    "resolve": lambda ids, user: desk.resolve(incident_ids=ids, resolution="by_hand", **BY),
    "told": lambda ids, user: desk.note_told(incident_ids=ids, text="x", **BY),
    "asked": lambda ids, user: desk.note_asked(incident_ids=ids, text="x", **BY),
}


@pytest.mark.parametrize("act", ACTS)
def test_acts_cost_the_same_for_one_incident_and_for_two_hundred(sabine: User, act: str, django_assert_num_queries: Any) -> None:
    parcel = ship(place_order())
    rows = [incident(shipment=parcel).pk for _ in range(201)]
    count_parcels(shipment_ids=[parcel.pk], now=NOW)
    with django_assert_num_queries(30, exact=False) as one:
        ACTS[act](rows[:1], sabine)
    with django_assert_num_queries(len(one.captured_queries)):
        assert len(ACTS[act](rows[1:], sabine).ids) == 200


@pytest.mark.parametrize("act", ACTS)
def test_none_too_many_and_other_merchants_incidents(sabine: User, act: str) -> None:
    for ids, code in (([], "none_chosen"), (list(range(1, 502)), "too_many")):
        with pytest.raises(DeskRefused) as refused:
            ACTS[act](ids, sabine)
        assert refused.value.code == code
    assert ACTS[act]([10**9], sabine) == Done((), {})


def test_another_merchants_incidents_are_out_of_reach(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        row = incident()
    with merchant_scope(borealis.pk):
        for act in ("snooze", "note", "resolve", "told", "asked"):
            assert ACTS[act]([row.pk], User()) == Done((), {})
        assert incidents_chosen(incident_ids=[row.pk]) == []
        assert work_list(filters=WorkFilter(view="all"), now=NOW).rows == []
        assert work_counts(user_id=1, now=NOW).open == 0
        with pytest.raises(IncidentNotFound):
            incident_page(incident_id=row.pk)
    with merchant_scope(acme.pk):
        row.refresh_from_db()
        assert (row.state, row.snoozed_until, notes()) == (IncidentState.OPEN, None, [])


def test_the_list_runs_from_most_to_least_and_pages_without_gap_or_repeat(in_acme: Merchant) -> None:
    rows = [incident(rank=float(number % 7)) for number in range(25)]
    expected = sorted(rows, key=lambda row: (-row.rank, -row.pk))
    seen: list[Incident] = []
    place = ""
    while True:
        page = work_list(filters=WorkFilter(), place=place, limit=4, now=NOW)
        seen += page.rows
        if not page.next:
            break
        place = page.next
        incident(rank=99.0)  # what comes in above shifts nothing below
    assert seen == expected


def test_resolved_ones_run_newest_first_and_page_too(in_acme: Merchant) -> None:
    rows = [incident(state="resolved", resolved_at=NOW, opened_at=NOW - timedelta(hours=number)) for number in range(7)]
    filters, place = WorkFilter(view="resolved"), ""
    seen: list[Incident] = []
    while not seen or place:
        page = work_list(filters=filters, place=place, limit=3, now=NOW)
        seen, place = seen + page.rows, page.next
    assert seen == rows


@pytest.mark.parametrize("place", ["x", "_1", "nan_1", "inf_1", "1.0_", "1.0_x", "1.0_-1", "1.0_" + "9" * 30, "2026-11-20_1", "1.0_٣"])
def test_places_we_did_not_give_out_are_refused(in_acme: Merchant, place: str) -> None:
    with pytest.raises(BadPlace):
        work_list(filters=WorkFilter(), place=place, now=NOW)
    with pytest.raises(BadPlace):
        work_list(filters=WorkFilter(view="resolved"), place=place, now=NOW)


def test_the_list_is_narrowed(sabine: User) -> None:
    parcel = ship(place_order(number="1001"))
    mine = incident(owner=sabine, carrier_code="dhl", region="DE-BE", cause="weather", shipment=parcel, order=parcel.order)
    other = incident(type=IncidentType.STALLED, state="notified", told_at=NOW, carrier_code="dpd")
    wish = incident(type=IncidentType.ETA_SLIPPED, choice=Choice.CANCEL)
    incident(state="resolved", resolved_at=NOW)

    def found(**over: Any) -> set[int]:
        return {row.pk for row in work_list(filters=WorkFilter(**{"view": "all", **over}), now=NOW).rows}

    everything = {mine.pk, other.pk, wish.pk}
    assert found() == everything
    assert found(view="need") == {mine.pk, wish.pk}
    assert found(view="untold") == {mine.pk, wish.pk}
    assert found(view="mine", user_id=sabine.pk) == {mine.pk}
    assert found(view="nosuch") == everything
    assert found(owner=str(sabine.pk)) == found(carrier="dhl") == found(region="DE-BE") == found(cause="weather") == {mine.pk}
    assert found(owner="none") == {other.pk, wish.pk}
    assert found(type="stalled") == found(state="notified") == {other.pk}
    assert found(text="1001") == found(text=parcel.tracking_number, view="need") == {mine.pk}
    assert found(text="100") == found(type="nosuch") == set()


def test_counts_are_of_everything_open(sabine: User) -> None:
    incident(owner=sabine, carrier_code="dhl", region="DE-BE", cause="weather")
    incident(type=IncidentType.STALLED, told_at=NOW, carrier_code="dhl")
    incident(snoozed_until=NOW + timedelta(hours=1))
    incident(state="resolved", resolved_at=NOW)
    counts = work_counts(user_id=sabine.pk, now=NOW)
    assert (counts.open, counts.need, counts.untold, counts.mine, counts.snoozed) == (3, 1, 1, 1, 1)
    assert (counts.types, counts.carriers) == ({"failed_attempt": 2, "stalled": 1}, {"dhl": 2})
    assert (counts.regions, counts.causes, counts.is_cut) == ({"DE-BE": 1}, {"weather": 1}, False)


def test_neighbours_follow_the_list(in_acme: Merchant) -> None:
    high, middle, low = (incident(rank=rank) for rank in (3.0, 2.0, 1.0))
    assert neighbours(row=middle, filters=WorkFilter(), now=NOW) == (high.pk, low.pk)
    assert neighbours(row=high, filters=WorkFilter(), now=NOW) == (None, middle.pk)
    assert neighbours(row=low, filters=WorkFilter(), now=NOW) == (middle.pk, None)


def test_views_are_kept_per_person(sabine: User) -> None:
    other = User.objects.create_user("other@acme.example")
    desk.save_view(user=sabine, name=" Berlin ", query="region=DE-BE", at=NOW)
    view = desk.save_view(user=sabine, name="Berlin", query="region=DE-BB", at=NOW)
    assert [(row.name, row.query) for row in views_of(user_id=sabine.pk)] == [("Berlin", "region=DE-BB")]
    assert views_of(user_id=other.pk) == []
    assert desk.delete_view(user=other, view_id=view.pk) is False
    assert desk.delete_view(user=sabine, view_id=view.pk) is True


def test_views_need_a_name_and_have_an_end(sabine: User) -> None:
    for name in ("", "  ", "x" * 61, "a\0"):
        with pytest.raises(DeskRefused, match="name"):
            desk.save_view(user=sabine, name=name, query="", at=NOW)
    for number in range(30):
        desk.save_view(user=sabine, name=str(number), query="", at=NOW)
    with pytest.raises(DeskRefused, match="At most 30"):
        desk.save_view(user=sabine, name="one more", query="", at=NOW)
    desk.save_view(user=sabine, name="7", query="type=stalled", at=NOW)
    assert SavedView.objects.count() == 30


@pytest.mark.parametrize(
    ("owner", "told", "state"),
    [(True, True, "acknowledged"), (True, False, "acknowledged"), (False, True, "notified"), (False, False, "open")],
)
def test_the_state_of_what_is_open(owner: bool, told: bool, state: str) -> None:
    assert state_of(has_owner=owner, is_told=told) == state


@pytest.mark.parametrize(
    ("type", "choice", "needed"),
    [
        ("stalled", "", False),
        ("stalled", "wait", False),
        ("stalled", "cancel", True),
        ("eta_slipped", "replace", True),
        ("lost_suspected", "", True),
    ],
)
def test_who_needs_a_person(in_acme: Merchant, type: str, choice: str, needed: bool) -> None:
    incident(type=type, choice=choice)
    assert Incident.objects.filter(NEEDS_PERSON).exists() is needed


def test_the_carrier_is_asked_with_facts_and_no_names() -> None:
    last = datetime.fromisoformat("2026-11-18T07:05+00:00")
    parcel = Asked("00340434", "Paket", "No scan for too long", "Berlin", "10119", last, date(2026, 11, 17), date(2026, 11, 20))
    bare = Asked("", "", "Probably lost", "", "", None, None, None)
    assert question([parcel], "Acme") == (
        "Hello,\n\nPlease look for this parcel and tell us where it is and when it will be delivered.\n\n"
        "Number: 00340434 (Paket)\nTo: 10119 Berlin\nHanded over: 17.11.2026\nLast scan: 18.11.2026 07:05 UTC\n"
        "Promised for: 20.11.2026\nTrouble: No scan for too long\n\nThank you\nAcme"
    )
    assert "Please look for these 2 parcels" in question([parcel, bare], "Acme")
    assert "Number: not known\nTo: not known\nLast scan: none\nTrouble: Probably lost" in question([bare], "Acme")


def test_parcels_of_an_order_are_counted_for_the_list(in_acme: Merchant) -> None:
    order = place_order()
    first = ship(order, lines={"L1": 1})
    ship(order, external_id="S2", lines={"L2": 1})
    incident(shipment=first, order=order)
    assert work_list(filters=WorkFilter(), now=NOW).parcels == {order.pk: 2}
    assert Shipment.objects.count() == 2
