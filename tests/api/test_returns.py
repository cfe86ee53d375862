"""Returns, claims, withdrawals and money over the REST API: the same steps, refused by field, once only."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from returns.models import CaseChange, Claim, Exchange, MoneyBack, Return, ReturnLine, Withdrawal
from returns.selectors.policy import policy as policy_in_force
from tests.api.conftest import Caller
from tests.returns.stage import ASKED, bought, offer_all, shirt

Inside = Callable[[Callable[[], Any]], Any]
WISH = {"line": "L1", "quantity": 1, "reason": "too_small", "outcome": "refund", "note": "Tight"}
ASK = {"order_number": "1001", "lines": [WISH]}
FAULT = {"order_number": "1001", "lines": [{"line": "L2", "quantity": 1}], "problem": "damaged", "note": "Torn"}


def facts() -> list[Any]:
    tables = (Return, ReturnLine, Claim, Exchange, MoneyBack, Withdrawal, CaseChange, Event)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch, _fresh_cache_and_frozen_clock: None) -> None:
    monkeypatch.setattr("core.clock.now", lambda: ASKED)


@pytest.fixture
def order(inside: Inside, api: Caller) -> Order:
    """Three shirts and a belt that came."""

    def build() -> Order:
        offer_all()
        shirt()
        return bought()

    row: Order = inside(build)
    return row


@pytest.fixture
def case(api: Caller, order: Order) -> dict[str, Any]:
    answer: dict[str, Any] = api.post("/returns", ASK).json()
    return answer


def test_what_can_go_back_is_told_with_every_offer(api: Caller, order: Order) -> None:
    found = api.get("/orders/1001/returnable").json()["results"]
    assert [(row["external_id"], row["quantity"], row["is_eligible"], row["until"]) for row in found] == [
        ("L1", 3, True, "2026-12-23"),
        ("L2", 1, True, "2026-12-23"),
    ]
    offers = {offer["outcome"]: offer for offer in found[0]["offers"]}
    assert (offers["refund"]["amount"], offers["credit"]["amount"], offers["credit"]["bonus"]) == ("147.00", "161.70", "14.70")


def test_a_return_goes_from_asked_to_closed(api: Caller, case: dict[str, Any]) -> None:
    one = f"/returns/{case['id']}"
    assert (case["state"], case["origin"], case["lines"][0]["amount"], case["hand_over_by"]) == ("labelled", "api", "49.00", "2026-12-23")
    parcel = api.post(f"{one}/parcel", {"carrier": "DHL", "tracking_number": "00340434161094042564"}).json()
    assert parcel["tracking_number"] == "00340434161094042564"
    received = api.post(f"{one}/receive", {"lines": [{"line": "L1", "quantity": 1, "condition": "opened", "note": "Box torn"}]}).json()
    assert (received["state"], received["lines"][0]["condition"], received["lines"][0]["found"]) == ("received", "opened", "Box torn")
    verdict = {"line": "L1", "accepted": 1, "deduction": "5.00", "note": "Box torn"}
    checked = api.post(f"{one}/inspect", {"lines": [verdict], "currency": "EUR"}).json()
    (money,) = checked["moneys"]
    assert (checked["state"], money["amount"], money["state"], money["lines"]) == (
        "inspected",
        "44.00",
        "asked",
        [{"external_id": "L1", "quantity": 1}],
    )
    assert [row["id"] for row in api.get("/moneys?state=asked").json()["results"]] == [money["id"]]
    sent = api.post(f"/moneys/{money['id']}/sent", {"external_id": "R-1", "amount": "44.00", "currency": "EUR"}).json()
    assert (sent["state"], sent["external_id"], api.get(one).json()["state"]) == ("sent", "R-1", "resolved")
    assert api.post(f"{one}/close", {}).json()["state"] == "closed"
    again = api.post(f"{one}/receive", {"lines": [{"line": "L1", "quantity": 1}]})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_the_same_key_opens_one_return(api: Caller, order: Order, inside: Inside) -> None:
    first, second = (api.post("/returns", ASK, key="once") for _ in range(2))
    assert (first.status_code, second.json(), second["Idempotent-Replayed"]) == (201, first.json(), "true")
    assert inside(Return.objects.count) == 1


@pytest.mark.parametrize(
    ("over", "status", "fields"),
    [
        ({"lines": [{**WISH, "quantity": 4}]}, 400, ["lines.0.quantity"]),
        ({"lines": [WISH, {**WISH, "line": "L9"}]}, 400, ["lines.1.line"]),
        ({"lines": [WISH, WISH]}, 400, ["lines.1.line"]),
        ({"lines": [{**WISH, "reason": "bored"}]}, 400, ["lines.0.reason"]),
        ({"lines": [{**WISH, "outcome": "gold"}]}, 400, ["lines.0.outcome"]),
        ({"lines": []}, 400, ["lines"]),
        ({"currency": "USD"}, 400, ["currency"]),
        ({"state": "approved"}, 400, ["state"]),
        ({"order_number": "9"}, 404, []),
    ],
)
def test_a_bad_wish_is_refused_by_field(api: Caller, order: Order, inside: Inside, over: Any, status: int, fields: list[str]) -> None:
    before = inside(facts)
    answer = api.post("/returns", {**ASK, **over})
    assert (answer.status_code, sorted(answer.json()["fields"])) == (status, fields)
    assert inside(facts) == before


def test_units_go_back_once_and_not_after_the_window(
    api: Caller, case: dict[str, Any], inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = inside(facts)
    assert list(api.post("/returns", {**ASK, "lines": [{**WISH, "quantity": 3}]}).json()["fields"]) == ["lines.0.quantity"]
    monkeypatch.setattr("core.clock.now", lambda: ASKED.replace(year=2027, month=3))
    late = api.post("/returns", ASK)
    assert (late.status_code, late.json()["fields"]) == (400, {"lines.0.outcome": ["The last day to send it back has passed."]})
    assert inside(facts) == before


@pytest.mark.parametrize(
    ("act", "body", "status", "field"),
    [
        ("inspect", {"lines": [{"line": "L1", "accepted": 1}]}, 409, ""),
        ("inspect", {"lines": [{"line": "L1", "accepted": 1}], "currency": "USD"}, 400, "currency"),
        ("inspect", {"lines": [{"line": "L1", "accepted": 1, "deduction": "1.005"}]}, 400, "lines.0.deduction"),
        ("receive", {"lines": [{"line": "L1", "quantity": 2}]}, 400, "lines.0.quantity"),
        ("receive", {"lines": [{"line": "L2", "quantity": 1}]}, 400, "lines.0.line"),
        ("receive", {"lines": [{"line": "L1", "quantity": 1, "condition": "eaten"}]}, 400, "lines.0.condition"),
        ("receive", {"lines": []}, 400, "lines"),
        ("close", {}, 409, ""),
        ("decline", {"reason": "no"}, 409, ""),
        ("decline", {}, 400, "reason"),
        ("answer", {"text": "M"}, 409, ""),
        ("ask", {"question": ""}, 400, "question"),
        ("parcel", {"tracking_number": "00340434161094042557"}, 400, "tracking_number"),
        ("label", {}, 400, "file_url"),
        ("label", {"error": "no"}, 409, ""),
        ("approve", {"state": "closed"}, 400, "state"),
    ],
)
def test_a_step_that_is_not_possible_changes_nothing(
    api: Caller, case: dict[str, Any], inside: Inside, act: str, body: Any, status: int, field: str
) -> None:
    before = inside(facts)
    answer = api.post(f"/returns/{case['id']}/{act}", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (status, [field] if field else [])
    assert inside(facts) == before


def test_a_declined_return_stays_declined_and_can_be_thought_over(api: Caller, order: Order, inside: Inside) -> None:
    def look_first() -> None:
        policy = policy_in_force()
        policy.rules = [{"id": "look", "name": "Look first", "when": {}, "then": {"review": True}}]
        policy.save()

    inside(look_first)
    case = api.post("/returns", ASK).json()
    assert (case["state"], case["answer_by"]) == ("requested", "2026-11-25")
    one = f"/returns/{case['id']}"
    asked = api.post(f"{one}/ask", {"question": "Which size?"}).json()
    answered = api.post(f"{one}/answer", {"text": "M"}).json()
    assert (asked["state"], answered["state"], answered["answer"]) == ("info_needed", "requested", "M")
    declined = api.post(f"{one}/decline", {"reason": "Worn", "next_best": "sell_on"}).json()
    assert (declined["state"], declined["reason"], declined["next_best"]) == ("declined", "Worn", "sell_on")
    before = inside(facts)
    assert api.post(f"{one}/decline", {"reason": "Other"}).json() == declined
    assert inside(facts) == before
    assert api.post(f"{one}/cancel", {}).status_code == 409
    assert api.post(f"{one}/approve", {}).json()["state"] == "labelled"


def test_your_own_label_reaches_the_shopper(api: Caller, case: dict[str, Any]) -> None:
    body = {"file_url": "https://labels.example/1.pdf", "carrier": "DHL", "tracking_number": "00340434161094042564", "cost": "3.79"}
    answer = api.post(f"/returns/{case['id']}/label", body).json()
    assert (answer["label_state"], answer["label_url"], answer["label_cost"], answer["way"]) == (
        "ready",
        "https://labels.example/1.pdf",
        "3.79",
        "label",
    )


def test_money_that_failed_is_said_and_sent_once(api: Caller, case: dict[str, Any], inside: Inside) -> None:
    api.post(f"/returns/{case['id']}/receive", {"lines": [{"line": "L1", "quantity": 1}]})
    (money,) = api.post(f"/returns/{case['id']}/inspect", {"lines": [{"line": "L1", "accepted": 1}]}).json()["moneys"]
    one = f"/moneys/{money['id']}"
    assert api.post(f"{one}/failed", {"error": "The card was closed"}).json()["error"] == "The card was closed"
    before = inside(facts)
    for body, field in (
        ({"external_id": "R-1", "amount": "48.00"}, "amount"),
        ({"external_id": "R-1", "currency": "USD"}, "currency"),
        ({}, "external_id"),
    ):
        answer = api.post(f"{one}/sent", body)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(facts) == before
    assert api.post(f"{one}/sent", {"external_id": "R-1"}).json()["state"] == "sent"
    before = inside(facts)
    assert api.post(f"{one}/sent", {"external_id": "R-1"}).json()["state"] == "sent"
    assert api.post(f"{one}/failed", {"error": "late"}).status_code == 409
    assert inside(facts) == before


def test_a_claim_is_opened_asked_about_and_settled(api: Caller, order: Order) -> None:
    claim = api.post("/claims", FAULT).json()
    one = f"/claims/{claim['id']}"
    assert (claim["state"], claim["problem"], claim["answer_by"], claim["lines"][0]["external_id"]) == (
        "open",
        "damaged",
        "2026-11-25",
        "L2",
    )
    assert api.post(f"{one}/ask", {"question": "Which part?"}).json()["state"] == "info_needed"
    assert api.post(f"{one}/answer", {"text": "The buckle"}).json()["state"] == "open"
    approved = api.post(f"{one}/approve", {"resolution": "keep", "amount": "10.00", "currency": "EUR"}).json()
    assert (approved["state"], approved["resolution"], [row["amount"] for row in approved["moneys"]]) == ("approved", "keep", ["10.00"])
    assert [row["id"] for row in api.get("/claims?state=approved&problem=damaged&order_number=1001").json()["results"]] == [claim["id"]]
    api.post(f"/moneys/{approved['moneys'][0]['id']}/sent", {"external_id": "R-2"})
    assert api.get(one).json()["state"] == "resolved"
    assert api.post(f"{one}/decline", {"reason": "no"}).status_code == 409


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"lines": [{"line": "L2", "quantity": 2}]}, "lines.0"),
        ({"lines": [{"line": "L9", "quantity": 1}]}, "lines.0.line"),
        ({"lines": [{"line": "L2", "quantity": 1}] * 2}, "lines"),
        ({"problem": "ugly"}, "problem"),
        ({"kind": "warranty"}, "lines.0"),
    ],
)
def test_a_bad_claim_is_refused_by_field(api: Caller, order: Order, inside: Inside, over: Any, field: str) -> None:
    before = inside(facts)
    answer = api.post("/claims", {**FAULT, **over})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(facts) == before


def test_more_than_was_paid_is_never_granted(api: Caller, order: Order, inside: Inside) -> None:
    one = f"/claims/{api.post('/claims', FAULT).json()['id']}/approve"
    before = inside(facts)
    for body, field in (
        ({"resolution": "keep", "amount": "1000.00"}, "amount"),
        ({"resolution": "refund", "amount": "10.00", "currency": "USD"}, "currency"),
        ({"resolution": "exchange"}, "resolution"),
    ):
        answer = api.post(one, body)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert inside(facts) == before


def test_a_statement_of_withdrawal_counts_from_when_it_was_made(api: Caller, order: Order) -> None:
    body = {"name": "Sam Berg", "order_number": "1001", "email": "sam@example.com", "language": "en", "declared_at": "2026-11-23T12:00:00Z"}
    row = api.post("/withdrawals", body).json()
    assert (row["state"], row["declared_at"], row["order_id"]) == ("matched", "2026-11-23T12:00:00Z", order.public_id)
    assert api.get(f"/withdrawals/{row['id']}").json() == row
    assert api.get("/withdrawals?state=matched").json()["results"] == [row]
    unknown = api.post("/withdrawals", {**body, "order_number": "77"}).json()
    assert (unknown["state"], unknown["order_id"]) == ("declared", None)
    future = api.post("/withdrawals", {**body, "declared_at": "2027-01-01T00:00:00Z"})
    assert (future.status_code, list(future.json()["fields"])) == (400, ["declared_at"])


def test_reasons_and_policy_are_told_in_the_language_asked_for(api: Caller, order: Order) -> None:
    reasons = api.get("/returns/reasons?language=en").json()["results"]
    assert {"code": "too_small", "kind": "wish", "name": "Too small"} in reasons
    policy = api.get("/returns/policy?language=en").json()
    assert (policy["currency"], policy["window_days"], policy["clauses"][0]["id"]) == ("EUR", 30, "base")
    assert "30 days" in policy["clauses"][0]["text"]


def test_lists_take_the_same_queries_whatever_their_length(
    api: Caller, case: dict[str, Any], inside: Inside, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    api.post("/claims", FAULT)
    for path in ("/returns", "/claims", "/moneys", "/withdrawals"):
        with django_assert_max_num_queries(20) as few:
            api.get(path)
        most = len(few.captured_queries)  # read now: the next request empties the log
        numbers = [f"{path[1:3]}{number}" for number in range(3)]
        inside(lambda numbers=numbers: [bought(number=number, tracking_number=number) for number in numbers])  # type: ignore[misc]
        for number in numbers:
            api.post("/returns", {**ASK, "order_number": number})
            api.post("/claims", {**FAULT, "order_number": number})
        with django_assert_max_num_queries(most):
            api.get(path)


def test_another_merchants_cases_are_not_there(api: Caller, stranger: Caller, case: dict[str, Any], acme: Merchant) -> None:
    claim = api.post("/claims", FAULT).json()
    with merchant_scope(acme.pk):
        before = facts()
    for path in ("/returns", "/claims", "/withdrawals", "/moneys"):
        assert stranger.get(path).json()["results"] == []
    for path in (f"/returns/{case['id']}", f"/claims/{claim['id']}", "/orders/1001/returnable"):
        assert stranger.get(path).status_code == 404
    for path, body in (
        (f"/returns/{case['id']}/approve", {}),
        (f"/returns/{case['id']}/cancel", {}),
        (f"/claims/{claim['id']}/decline", {"reason": "no"}),
    ):
        assert stranger.post(path, body).status_code == 404
    assert stranger.post("/returns", ASK).status_code == 404
    with merchant_scope(acme.pk):
        assert facts() == before
