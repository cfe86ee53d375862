"""Wait, replace or cancel; and "it is not here": nothing preselected, money before the choice, one answer, never by opening a page."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from events.models import Event
from merchants.models import Merchant
from orders.models import Order
from orders.services import cancel_order
from orders.types import PaymentState
from portal.rules.choices import refund_if_cancelled
from tests.conftest import NOW
from tests.factories import place_order, ship
from tests.portal.conftest import ACME
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words
from tests.portal.world import DAY, HOUR, incident, parcel, unsent
from tracking.models import Incident, IncidentNote, Shipment
from tracking.types import IncidentType
from tracking.types import ShipmentStatus as Status

Scope = Callable[..., Any]
TODAY = NOW.date()


@pytest.fixture
def late(in_scope: Scope) -> Order:
    """An order of Sam's that should have left days ago."""
    row: Order = in_scope(place_order, number="1004", placed_at=NOW - 9 * DAY, at=NOW - 9 * DAY)
    in_scope(unsent, row, promised_by=row.ship_by, news_by=TODAY + 3 * DAY)
    return row


def choice_of(in_scope: Scope) -> Incident:
    row: Incident = in_scope(lambda: Incident.objects.get(type=IncidentType.UNSHIPPED_PAST_PROMISE))
    return row


def test_each_choice_says_what_it_means_and_what_it_costs_and_none_is_preselected(sam: Client, late: Order) -> None:
    text = words(sam, f"/orders/{late.public_id}/choice/")
    assert "We are late. What would you like? It should have left us by" in text
    assert "Wait for it €0.00 We have no day yet and write to you by Monday 23 November. It costs nothing more." in text
    assert "Take something else €0.00 We write to you by Monday 23 November with what we have. Nothing is charged before you agree." in text
    assert "Cancel and get the money back €132.80 For what is not sent yet, back to where it was paid from." in text
    html = sam.get(f"/orders/{late.public_id}/choice/").content.decode()
    assert "checked" not in html and html.count('type="radio"') == 3
    assert rows_read(sam, f"/orders/{late.public_id}/choice/") <= 12


CHOSEN = "Your choice is saved Friday 20 November, 11:00."
SAID = [
    ("wait", f"You chose to wait {CHOSEN} Next news by Monday 23 November."),
    (
        "replace",
        f"You asked for something else {CHOSEN} We write to you with what we have, by Monday",
    ),
    (
        "cancel",
        f"You asked us to cancel {CHOSEN} We stop it if it has not left yet, and answer by Monday",
    ),
]


@pytest.mark.parametrize(("choice", "said"), SAID)
def test_a_choice_is_kept_and_shown_with_its_time(sam: Client, in_scope: Scope, late: Order, choice: str, said: str) -> None:
    path = f"/orders/{late.public_id}/choice/"
    response = sam.post(path, {"choice": choice})
    assert (response.status_code, response["Location"]) == (302, path)
    row = choice_of(in_scope)
    assert (row.choice, row.chosen_at) == (choice, NOW)
    assert said in words(sam, path)
    assert "See what you chose" in words(sam, f"/track/{late.track_token}/")


def test_a_second_choice_is_refused_in_words_and_changes_nothing(sam: Client, in_scope: Scope, late: Order) -> None:
    path = f"/orders/{late.public_id}/choice/"
    sam.post(path, {"choice": "wait"})
    response = sam.post(path, {"choice": "cancel"})
    assert response.status_code == 409
    assert choice_of(in_scope).choice == "wait"
    assert in_scope(lambda: Event.objects.filter(type="tracking.choice.made").count()) == 1


@pytest.mark.parametrize("choice", ["", "refund", "WAIT", "\0", "x" * 500])
def test_no_choice_or_another_word_is_asked_for_again(sam: Client, in_scope: Scope, late: Order, choice: str) -> None:
    response = sam.post(f"/orders/{late.public_id}/choice/", {"choice": choice})
    assert response.status_code == 400
    assert "Choose one of the three" in response.content.decode()
    assert choice_of(in_scope).choice == ""


def test_an_order_sent_meanwhile_is_told_so(sam: Client, in_scope: Scope, late: Order) -> None:
    in_scope(ship, late, updated_at=NOW, at=NOW)
    path = f"/orders/{late.public_id}/choice/"
    response = sam.post(path, {"choice": "cancel"})
    assert response.status_code == 409
    text = " ".join(response.content.decode().split())
    assert "It was sent in the meantime" in text and "nothing was cancelled" in text
    assert choice_of(in_scope).choice == ""
    assert "It was sent in the meantime" in words(sam, path)


def test_a_cancelled_order_and_one_on_time_have_nothing_to_choose(sam: Client, in_scope: Scope, late: Order, order: Order) -> None:
    in_scope(cancel_order, order=late, reason="", at=NOW)
    assert "This order is cancelled Nothing will be sent." in words(sam, f"/orders/{late.public_id}/choice/")
    assert "There is nothing to choose" in words(sam, f"/orders/{order.public_id}/choice/")
    assert sam.post(f"/orders/{order.public_id}/choice/", {"choice": "cancel"}).status_code == 409


def test_the_link_of_a_message_explains_without_money_and_leads_through_sign_in(browser: Client, sam: Client, late: Order) -> None:
    path = f"/track/{late.track_token}/choice/"
    text = words(browser, path)
    assert "Wait for it" in text and "Only the one who ordered can choose." in text and "€" not in text
    html = browser.get(path).content.decode()
    assert f'href="/sign-in/?next=/orders/{late.public_id}/choice/"' in html and "<form method" not in html
    response = sam.get(path)
    assert (response.status_code, response["Location"]) == (302, f"/orders/{late.public_id}/choice/")


def test_a_forged_form_is_refused(acme: Merchant, sam: Client, in_scope: Scope, late: Order) -> None:
    strict = Client(HTTP_HOST=ACME, enforce_csrf_checks=True, HTTP_ACCEPT_LANGUAGE="en")
    strict.cookies["shopper"] = sam.cookies["shopper"].value
    assert strict.post(f"/orders/{late.public_id}/choice/", {"choice": "cancel"}).status_code == 403
    assert choice_of(in_scope).choice == ""


@pytest.mark.parametrize(
    ("paid", "refunded", "total", "unsent_lines", "is_all_unsent", "back"),
    [
        ("132.80", "0", "132.80", [("98", 2, 2), ("29.90", 1, 1)], True, "132.80"),
        ("132.80", "32.80", "132.80", [("98", 2, 2)], True, "100.00"),
        ("132.80", "0", "132.80", [("98", 2, 1)], False, "49.00"),
        ("132.80", "0", "132.80", [("10", 3, 2)], False, "6.67"),
        ("0", "0", "132.80", [("98", 2, 2)], True, "0"),
        ("20", "0", "132.80", [("98", 2, 2)], False, "20"),
        ("10", "20", "132.80", [("98", 0, 0)], False, "0"),
    ],
)
def test_what_cancelling_gives_back(
    paid: str, refunded: str, total: str, unsent_lines: list[tuple[str, int, int]], is_all_unsent: bool, back: str
) -> None:
    lines = [(Decimal(amount), of, pieces) for amount, of, pieces in unsent_lines]
    amounts = {"paid": Decimal(paid), "refunded": Decimal(refunded), "total": Decimal(total)}
    assert refund_if_cancelled(**amounts, unsent=lines, is_all_unsent=is_all_unsent) == Decimal(back)


def test_nothing_paid_means_nothing_to_give_back(sam: Client, in_scope: Scope) -> None:
    order = in_scope(
        place_order, number="1005", placed_at=NOW - 9 * DAY, at=NOW - 9 * DAY, payment_state=PaymentState.PENDING, is_confirmed=True
    )
    in_scope(unsent, order)
    assert "€0.00 For what is not sent yet. Nothing was charged, so nothing has to go back." in words(
        sam, f"/orders/{order.public_id}/choice/"
    )


@pytest.fixture
def delivered(in_scope: Scope, order: Order) -> Shipment:
    facts = {"status": Status.DELIVERED, "delivered_at": NOW - HOUR, "delivered_how": "neighbour", "delivered_to": "Krüger"}
    row: Shipment = in_scope(parcel, order, at=NOW - 2 * HOUR, shipped_at=NOW - DAY, **facts)
    return row


def not_here(row: Shipment) -> str:
    return f"/orders/{row.order.public_id}/parcels/{row.public_id}/not-here/"


def test_not_here_names_where_to_look_before_it_asks(sam: Client, in_scope: Scope, delivered: Shipment) -> None:
    text = words(sam, not_here(delivered))
    for fact in (
        "delivered Friday 20 November, 10:00",
        "Left with a neighbour",
        "Krüger",
        "Wait 24 hours",
        "Ask the household",
        "neighbours",
    ):
        assert fact in text
    assert in_scope(Incident.objects.count) == 0
    assert f'href="{not_here(delivered)}"' in sam.get(f"/orders/{delivered.order.public_id}/shipping/").content.decode()


def test_denying_opens_one_incident_and_the_page_says_by_when_we_answer(sam: Client, in_scope: Scope, delivered: Shipment) -> None:
    for _ in range(2):
        response = sam.post(not_here(delivered))
        assert (response.status_code, response["Location"]) == (302, not_here(delivered))
    row = in_scope(Incident.objects.get)
    assert (row.type, row.shipment_id, row.news_by is not None) == (IncidentType.DELIVERED_NOT_RECEIVED, delivered.pk, True)
    assert in_scope(lambda: Event.objects.filter(type="tracking.receipt.denied").count()) == 1
    assert in_scope(IncidentNote.objects.count) >= 1
    text = words(sam, not_here(delivered))
    assert (
        "We look into it You told us that it is not there. Friday 20 November, 11:00." in text and "answer by Tuesday 24 November" in text
    )
    track = words(sam, f"/track/{delivered.order.track_token}/")
    assert "Delivered, but not found" in track and "answer by Tuesday 24 November" in track
    assert "One thing needs a look Delivered, but not found" in words(sam, "/")


def test_a_parcel_on_its_way_cannot_be_denied(sam: Client, in_scope: Scope, order: Order) -> None:
    row = in_scope(parcel, order, status=Status.IN_TRANSIT, shipped_at=NOW)
    response = sam.post(not_here(row))
    assert response.status_code == 409
    assert "It is not delivered yet" in response.content.decode()
    assert in_scope(Incident.objects.count) == 0
    assert "It is not delivered yet" in words(sam, not_here(row))


def test_the_link_shows_where_to_look_and_leads_through_sign_in(browser: Client, sam: Client, delivered: Shipment) -> None:
    path = f"/track/{delivered.order.track_token}/not-here/?parcel=1"
    text = words(browser, path)
    assert "Ask the neighbours" in text and "Only the one who ordered can tell us." in text and "Krüger" not in text
    assert f'href="/sign-in/?next={not_here(delivered)}"' in browser.get(path).content.decode()
    assert sam.get(path)["Location"] == not_here(delivered)


@pytest.mark.parametrize("query", ["?parcel=2", "?parcel=99"])
def test_there_is_no_such_parcel(browser: Client, delivered: Shipment, query: str) -> None:
    assert browser.get(f"/track/{delivered.order.track_token}/not-here/{query}").status_code == 404


def test_a_parcel_of_another_order_is_not_there(sam: Client, in_scope: Scope, order: Order, delivered: Shipment) -> None:
    other = in_scope(place_order, number="1009")
    path = f"/orders/{other.public_id}/parcels/{delivered.public_id}/not-here/"
    assert (sam.get(path).status_code, sam.post(path).status_code) == (404, 404)
    assert in_scope(Incident.objects.count) == 0


def test_a_resolved_denial_can_be_made_again(sam: Client, in_scope: Scope, delivered: Shipment) -> None:
    in_scope(incident, delivered, type=IncidentType.DELIVERED_NOT_RECEIVED, state="resolved", resolved_at=NOW)
    assert "Ask the neighbours" in words(sam, not_here(delivered))
    assert sam.post(not_here(delivered)).status_code == 302
    assert "We look into it" in words(sam, not_here(delivered))
