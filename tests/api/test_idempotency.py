"""The same POST has one effect, however often and however close together it comes."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from events.models import Event
from merchants.idempotency import purge_answers
from merchants.models import IdempotencyKey, Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from merchants.tasks import purge_answers_of_all
from orders.api.examples import REFUND, SMALL, WHOLE
from orders.models import Order
from orders.services import record_order
from tests.api.conftest import Caller, caller_of
from tests.conftest import NOW

Look = Callable[[Callable[[], Any]], Any]


def test_the_stored_answer_is_given_again(api: Caller, inside: Look) -> None:
    first = api.post("/orders", SMALL, key="k1")
    second = api.post("/orders", SMALL, key="k1")
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert ("Idempotent-Replayed" in first, second["Idempotent-Replayed"]) == (False, "true")
    assert inside(lambda: Event.objects.filter(type="orders.order.placed").count()) == 1


def test_the_order_of_json_members_does_not_matter(api: Caller) -> None:
    api.post("/orders", SMALL, key="k1")
    assert api.post("/orders", dict(reversed(SMALL.items())), key="k1")["Idempotent-Replayed"] == "true"


def test_another_request_under_the_same_key_is_refused(api: Caller, inside: Look) -> None:
    api.post("/orders", SMALL, key="k1")
    answer = api.post("/orders", {**SMALL, "number": "2"}, key="k1")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert inside(lambda: list(Order.objects.values_list("number", flat=True))) == ["1001"]


def test_the_same_key_for_another_order_is_another_request(api: Caller) -> None:
    for number in ("1", "2"):
        api.post("/orders", {**SMALL, "number": number})
    assert api.post("/orders/1/cancel", {}, key="k1").status_code == 200
    assert api.post("/orders/2/cancel", {}, key="k1").status_code == 422
    assert api.get("/orders/2").json()["state"] == "confirmed"


def test_endpoints_and_merchants_do_not_share_keys(api: Caller, stranger: Caller) -> None:
    answers = [
        api.post("/orders", WHOLE, key="k1"),
        api.post("/orders/1002/refunds", REFUND, key="k1"),
        api.post("/customers", {"email": "a@example.com"}, key="k1"),
        stranger.post("/orders", WHOLE, key="k1"),
    ]
    assert [(a.status_code, "Idempotent-Replayed" in a) for a in answers] == [(201, False)] * 4


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "x" * 10_000, "schlüssel", "a\x7fb"], ids=lambda key: repr(key)[:12])
def test_a_post_without_a_good_key_is_refused(api: Caller, inside: Look, key: str) -> None:
    sent: dict[str, Any] = {"Idempotency-Key": key}
    for path in ("/orders", "/orders/1001/cancel", "/orders/1001/refunds", "/orders/1001/shipments", "/products", "/customers"):
        answer = api.post(path, SMALL, **sent)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["Idempotency-Key"])
    assert inside(Order.objects.count) == 0


def test_a_refused_request_leaves_its_key_free(api: Caller, inside: Look) -> None:
    assert api.post("/orders", {**SMALL, "total": "-1"}, key="k1").status_code == 400
    assert inside(IdempotencyKey.objects.count) == 0
    assert api.post("/orders", SMALL, key="k1").status_code == 201


def test_an_effect_that_fails_leaves_neither_order_nor_key(api: Caller, inside: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: Any) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("orders.api.order_of_event", broken)  # after the order was written
    answer = api.post("/orders", SMALL, key="k1")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "5")
    assert (inside(Order.objects.count), inside(IdempotencyKey.objects.count), inside(Event.objects.count)) == (0, 0, 0)


class PgError(Exception):
    def __init__(self, pgcode: str) -> None:
        self.pgcode = pgcode


def refused_by_postgres(pgcode: str) -> OperationalError:
    error = OperationalError("refused")
    error.__cause__ = PgError(pgcode)
    return error


@pytest.mark.parametrize(
    ("pgcode", "times", "status", "orders"), [("40P01", 2, 201, 1), ("40P01", 3, 409, 0), ("55P03", 1, 409, 0), ("57014", 1, 503, 0)]
)
def test_deadlocks_are_tried_again_and_locks_are_told(
    api: Caller, inside: Look, monkeypatch: pytest.MonkeyPatch, pgcode: str, times: int, status: int, orders: int
) -> None:
    left = [pgcode] * times

    def sometimes(**told: Any) -> Any:
        recorded = record_order(**told)
        if left:
            raise refused_by_postgres(left.pop())
        return recorded

    monkeypatch.setattr("orders.api.record_order", sometimes)
    assert (api.post("/orders", SMALL).status_code, inside(Order.objects.count)) == (status, orders)


def test_answers_are_forgotten_after_seven_days(api: Caller, acme: Merchant, inside: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    api.post("/orders", SMALL, key="k1")
    assert inside(lambda: purge_answers(now=NOW + timedelta(days=7))) == 0
    monkeypatch.setattr("core.clock.now", lambda: NOW + timedelta(days=7, seconds=1))
    assert purge_answers_of_all() == 1
    assert inside(IdempotencyKey.objects.count) == 0


def test_twenty_at_once_have_one_effect(real_commits: None) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    token = caller_of(merchant).token
    gate, answers = threading.Barrier(20), []

    def send() -> None:
        try:
            gate.wait()
            answers.append(Caller(token).post("/orders", WHOLE, key="k1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [a.status_code for a in answers] == [201] * 20
    assert sorted("Idempotent-Replayed" in a for a in answers) == [False] + [True] * 19
    assert len({a.json()["id"] for a in answers}) == 1
    with merchant_scope(merchant.pk):
        assert (Order.objects.count(), Event.objects.filter(type="orders.order.placed").count()) == (1, 1)
        assert IdempotencyKey.objects.count() == 1


def test_twenty_orders_under_one_number_and_many_keys_make_one_order(real_commits: None) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    token = caller_of(merchant).token
    gate, statuses = threading.Barrier(20), []

    def send() -> None:
        try:
            gate.wait()
            statuses.append(Caller(token).post("/orders", WHOLE).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 19 + [201]
    with merchant_scope(merchant.pk):
        assert (Order.objects.count(), Event.objects.filter(type="orders.order.placed").count()) == (1, 1)
