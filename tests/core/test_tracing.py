"""Every request has an id, in its answer and in every line, and a line that names its route and nobody."""

import json
import logging
from typing import Any

import pytest
from django.test import Client

from core import logs
from customers.models import Customer
from events.models import Delivery
from events.registry import _handlers, subscribe
from events.services import drain, emit
from events.types import Occurrence
from merchants.models import Merchant
from merchants.scope import merchant_scope
from postpurchase import celery as wiring
from tests.conftest import NOW


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """Each record as it would be written, formatted at its moment."""
    found: list[dict[str, Any]] = []
    formatter = logs.formatter(is_json=True)

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(json.loads(formatter.format(record)))

    keeper = Keeper()
    caplog.set_level(logging.INFO)  # whatever the environment asks to be told
    logging.getLogger().addHandler(keeper)
    yield found
    logging.getLogger().removeHandler(keeper)


def answered(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return [line for line in lines if line["logger"] == "request"][-1]


def test_an_answer_carries_the_id_its_lines_carry(db: None, lines: list[dict[str, Any]]) -> None:
    response = Client(HTTP_HOST="platform.test").get("/healthz")
    line = answered(lines)
    assert line["request_id"] == response["X-Request-ID"]
    assert (line["method"], line["kind"], line["route"], line["status"]) == ("GET", "health", "healthz", 200)
    assert line["ms"] >= 0


def test_two_requests_have_two_ids(db: None) -> None:
    client = Client(HTTP_HOST="platform.test")
    assert client.get("/healthz")["X-Request-ID"] != client.get("/healthz")["X-Request-ID"]


@pytest.mark.parametrize(("hops", "is_kept"), [(0, False), (1, True)])
def test_an_id_that_comes_in_counts_behind_a_proxy_of_ours_only(db: None, settings: Any, hops: int, is_kept: bool) -> None:
    settings.TRUSTED_PROXY_HOPS = hops
    response = Client(HTTP_HOST="platform.test").get("/healthz", headers={"X-Request-ID": "edge-4bf92f3577b34da6"})
    assert (response["X-Request-ID"] == "edge-4bf92f3577b34da6") is is_kept


def test_an_id_that_is_an_attack_is_replaced(db: None, settings: Any, lines: list[dict[str, Any]]) -> None:
    settings.TRUSTED_PROXY_HOPS = 1
    response = Client(HTTP_HOST="platform.test").get("/healthz", headers={"X-Request-ID": "x 2026 INFO login ok <b>"})
    assert len(response["X-Request-ID"]) == 16
    assert "login" not in json.dumps(lines)


def test_a_shoppers_page_is_logged_by_its_route_and_merchant(acme: Merchant, lines: list[dict[str, Any]]) -> None:
    token = "k1jh1UIp7jImoWPeGrw12X"
    Client(HTTP_HOST="acme.platform.test").get(f"/track/{token}/?email=lena@posteo.example", headers={"User-Agent": "x\n2026 INFO ok"})
    line = answered(lines)
    assert (line["kind"], line["merchant"], line["status"]) == ("portal", acme.pk, 404)
    assert "<" in line["route"]
    assert token not in json.dumps(lines) and "lena" not in json.dumps(lines)


def test_static_files_have_no_line(db: None, lines: list[dict[str, Any]]) -> None:
    assert Client(HTTP_HOST="platform.test").get("/static/look/tokens.css").getvalue()
    assert [line for line in lines if line["logger"] == "request"] == []


def test_a_view_that_breaks_has_its_line_and_its_id(
    db: None, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    address = "lena@posteo.example"

    def broken(*_: Any) -> Any:
        raise RuntimeError(address)

    monkeypatch.setattr("dashboard.metrics.same", broken)
    settings.METRICS_TOKEN = "x"
    client = Client(HTTP_HOST="platform.test", raise_request_exception=False)
    response = client.get("/metrics")
    assert (response.status_code, answered(lines)["status"]) == (500, 500)
    trouble = next(line for line in lines if "exception" in line)
    assert trouble["request_id"] == response["X-Request-ID"]
    assert address not in json.dumps(lines)


def test_a_line_inside_a_scope_names_the_merchant(acme: Merchant, lines: list[dict[str, Any]]) -> None:
    with merchant_scope(acme.pk):
        Customer.objects.count()
        logging.getLogger("tests").warning("inside")
    logging.getLogger("tests").warning("outside")
    assert [line.get("merchant") for line in lines if line["logger"] == "tests"] == [acme.pk, None]


def test_a_line_of_a_handler_names_its_delivery(acme: Merchant, lines: list[dict[str, Any]]) -> None:
    before = {type: dict(found) for type, found in _handlers.items()}
    try:

        @subscribe("tests.thing.happened")
        def handler(event: Occurrence) -> None:
            logging.getLogger("tests").warning("handling")

        with merchant_scope(acme.pk):
            emit(type="tests.thing.happened", payload={}, at=NOW)
        drain(lambda: NOW)
        with merchant_scope(acme.pk):
            delivery = Delivery.objects.get()
    finally:
        _handlers.clear()
        _handlers.update(before)
    line = next(line for line in lines if line["logger"] == "tests")
    assert (line["delivery"], line["event_id"], line["merchant"]) == (delivery.pk, delivery.event_id, acme.pk)


def test_a_line_of_a_task_names_the_task_and_ends_with_it(lines: list[dict[str, Any]]) -> None:
    task = type("Task", (), {"name": "events.sweep"})
    wiring.name_the_task(task_id="5f0c2f3e", task=task)
    logging.getLogger("tests").warning("in it")
    wiring.forget_the_task()
    logging.getLogger("tests").warning("after it")
    assert [(line.get("task"), line.get("task_id")) for line in lines] == [("events.sweep", "5f0c2f3e"), (None, None)]
