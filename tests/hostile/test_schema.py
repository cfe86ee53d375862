"""Schemathesis over our own document: valid and invalid data for every operation, and walks along its links."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
import time_machine
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import ValidationError  # type: ignore[import-untyped]
from schemathesis import GenerationMode

from core.docs import document
from tests.api.conftest import hold_against_document
from tests.conftest import NOW
from tests.hostile.callers import ids
from tests.hostile.corpus import IS_DEEP
from tests.hostile.rule import Court, put_back
from tests.hostile.shapes import BASE, JSON, operations
from tests.hostile.stage import PLATFORM, Street

Courts = Callable[..., Court]
EXAMPLES = 200 if IS_DEEP else 4  # of each operation, of valid and of invalid data each
SCHEMA = schemathesis.openapi.from_dict(document())
BOUNDED = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
USED = frozenset({"merchants_apikey", "merchants_auditentry", "merchants_audithead"})


@pytest.fixture(autouse=True)
def later(settings: Any) -> Iterator[None]:
    settings.API_RATE = settings.API_BURST = 10**6
    with time_machine.travel(NOW + timedelta(days=8), tick=False):
        yield


def all_operations() -> list[Any]:
    made: list[Any] = list(SCHEMA.get_all_operations())
    return [found.ok() for found in made]


def test_every_operation_of_the_document_is_met() -> None:
    assert sorted(f"{one.method.upper()} {one.path.removeprefix(BASE)}" for one in all_operations()) == sorted(
        one.name for one in operations()
    )


class Driver:
    """Sends what Schemathesis made up, with ids of the house's own in half of the paths."""

    def __init__(self, street: Street) -> None:
        self.client, self.house, self.ids, self.count = Client(), street.here, ids(street.here), 0

    def send(self, case: Any, *, own: bool) -> Any:
        cache.clear()
        self.count += 1
        given = case.as_transport_kwargs(base_url=f"http://{PLATFORM}", headers={"Authorization": f"Bearer {self.house.token}"})
        path = case.formatted_path
        if own and "{" in case.path:
            name = case.path.removeprefix(BASE).split("/")[1]
            path = case.path.replace(case.path[case.path.index("{") : case.path.index("}") + 1], self.ids[name])
        headers = {str(key): str(value) for key, value in {**given["headers"], "Host": PLATFORM}.items() if key.lower() != "content-type"}
        headers["Idempotency-Key"] = headers.get("Idempotency-Key") or f"schema-{self.count}"
        body = b"" if given.get("json") is None and given.get("data") is None else _body(given)
        query = given.get("params") or {}
        return self.client.generic(
            case.method, path, body, JSON, query_params={key: _text(value) for key, value in query.items()}, headers=headers
        )


def _body(given: dict[str, Any]) -> bytes:
    if given.get("data") is not None:
        data = given["data"]
        return data if isinstance(data, bytes) else str(data).encode("utf-8", "surrogatepass")
    return json.dumps(given["json"]).encode()


def _text(value: Any) -> Any:
    return [str(one) for one in value] if isinstance(value, list) else str(value)


def _conforms(operation: Any, answer: Any) -> str:
    """What is wrong with an answer by the document: its status, its type, its shape."""
    told = operation.definition.raw["responses"]
    if str(answer.status_code) not in told:
        return "" if answer.status_code in (404, 405, 400) else f"{answer.status_code} is not in the document"
    if answer.status_code == 204:
        return ""
    if answer.get("Content-Type") != JSON:
        return f"is {answer.get('Content-Type')}"
    try:
        hold_against_document(operation.method, answer)
    except (AssertionError, KeyError, ValidationError) as error:
        return f"{error.__class__.__name__}: {str(error)[:200]}"
    return ""


def explore(street: Street, court: Courts, mode: GenerationMode) -> None:
    driver, judge = Driver(street), court(f"schema: {mode.value}", counted=USED)
    with judge.sitting():
        for operation in all_operations():
            explore_one(operation, mode, driver, judge)
    judge.verdict()


def explore_one(operation: Any, mode: GenerationMode, driver: Driver, judge: Court) -> None:
    """So many examples of one operation, the same at every run."""
    name = f"{operation.method.upper()} {operation.path.removeprefix(BASE)}"

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=mode), own=st.booleans())
    def one(case: Any, own: bool) -> None:
        answer = judge.play(name, f"{mode.value} {str(case.body)[:60]}", lambda: driver.send(case, own=own))
        if answer is not None and (problem := _conforms(operation, answer)):
            judge.blame(name, problem)

    one()


def test_valid_data_is_answered_as_the_document_says(street: Street, court: Courts) -> None:
    explore(street, court, GenerationMode.POSITIVE)


def test_invalid_data_is_refused_as_the_document_says(street: Street, court: Courts) -> None:
    explore(street, court, GenerationMode.NEGATIVE)


def links() -> list[tuple[str, str, str, dict[str, Any]]]:
    """(path, method, status, link) of every link of the document."""
    return [
        (path, method, status, link)
        for path, ways in document()["paths"].items()
        for method, told in ways.items()
        for status, response in told["responses"].items()
        for link in response.get("links", {}).values()
    ]


def test_the_document_says_where_to_go_on_from_what_was_made() -> None:
    found = {(path.removeprefix(BASE), method, link["operationId"]) for path, method, _, link in links()}
    known = {told["operationId"] for ways in document()["paths"].values() for told in ways.values()}
    assert {name for *_, name in found} <= known
    assert {path for path, *_ in found} >= {"/orders", "/returns", "/claims", "/products", "/customers", "/withdrawals"}


def test_every_link_leads_to_what_was_made_and_takes_any_body(street: Street, court: Courts) -> None:
    """Make one of a kind from the document's example, follow each link with the ids it names, send what Schemathesis makes up."""
    driver, judge = Driver(street), court("schema: links", counted=USED)
    targets = {one.definition.raw["operationId"]: one for one in all_operations()}
    examples = {(BASE + one.path, one.method): one.body for one in operations()}
    with judge.sitting():
        for path, _, status, link in links():
            follow = follower(driver, path, link, targets[link["operationId"]], examples[path, "post"], judge)
            judge.play(f"{path} -> {link['operationId']}", status, follow)
    judge.verdict()


def follower(driver: Driver, path: str, link: dict[str, Any], target: Any, body: Any, judge: Court) -> Callable[[], Any]:
    """Makes one, then goes on to where the link leads; both are taken back."""
    headers = {"Authorization": f"Bearer {driver.house.token}", "Host": PLATFORM}

    def ask(method: str, where: str, content: Any, key: str) -> Any:
        cache.clear()
        raw = json.dumps(content).encode() if method == "POST" else b""
        return driver.client.generic(method, where, raw, JSON, headers={**headers, "Idempotency-Key": key})

    def follow() -> Any:
        with put_back():
            made = ask("POST", path, _mine(body), "made")
            assert made.status_code in (200, 201), made.content[:300]
            ((name, field),) = link["parameters"].items()
            value = str(made.json()[field.rpartition("/")[2]])
            source = "?source=api" if path.endswith("/orders") else ""
            answer = ask(target.method.upper(), target.path.replace(f"{{{name}}}", value) + source, {}, "gone on")
            problem = "leads nowhere" if answer.status_code == 404 else _conforms(target, answer)
            if problem:
                judge.blame(f"{path} -> {link['operationId']}", problem)
            return answer

    return follow


def _mine(body: Any) -> Any:
    """The example about an order of the house's, where it is about one."""
    if not isinstance(body, dict) or "order_number" not in body:
        return body
    about = {**body, "order_number": "1001"}
    return {**about, "lines": [{**one, "line": "L2"} for one in body["lines"][:1]]} if "lines" in body else about
