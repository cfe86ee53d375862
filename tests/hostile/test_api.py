"""Every entry of `api.yaml` against every operation of the OpenAPI document that has a place for it."""

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from tests.conftest import NOW
from tests.hostile.callers import Program, chosen, posts
from tests.hostile.corpus import IS_DEEP, Entry, Rota, entries, thin
from tests.hostile.rule import Court
from tests.hostile.shapes import Leaf, Operation, operations, put
from tests.hostile.stage import Street

Courts = Callable[..., Court]
MOST_NAMED = 50
USED = frozenset({"merchants_apikey"})  # says when it was last used
LATER = NOW + timedelta(days=8)  # when all that the examples tell of has been


@pytest.fixture(autouse=True)
def no_rate(settings: Any) -> None:
    """The clock stands still, so a second never ends."""
    settings.API_RATE = settings.API_BURST = 10**6


@pytest.fixture
def program(street: Street) -> Iterator[Program]:
    with time_machine.travel(LATER, tick=False):
        yield Program(street.here)


def as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def fields_of(answer: Any) -> list[str]:
    """What a refusal names."""
    return list(answer.json().get("fields", {})) if answer is not None and answer.status_code == 400 else []


def is_of(named: str, leaf: Leaf) -> bool:
    """Whether a named field is the leaf, holds it or lies in it."""
    return named == leaf.name or named.startswith(f"{leaf.name}.") or leaf.name.startswith(f"{named}.") or named == "body"


def test_every_body_is_refused_by_every_operation(program: Program, court: Courts) -> None:
    judge = court("api: bodies", counted=USED)
    rota = Rota(len(operations()))
    with judge.sitting():
        for number, (operation, entry) in enumerate(itertools.product(posts(), entries("api", at="body"))):
            if entry.also.get("is_heavy") and number % 7 and not IS_DEEP:
                continue
            for name, value in rota.cases(entry):
                raw = as_bytes(value)
                answer = judge.play(operation.name, name, partial(program.call, operation, raw=raw), status=entry.status)
                if answer is not None and answer.status_code == 400 and not (fields_of(answer) or answer.json()["code"] == "parse_error"):
                    judge.blame(f"{name} at {operation.name}", "names nothing")
    judge.verdict()


def test_every_value_is_taken_or_refused_by_name_in_every_operation(program: Program, court: Courts) -> None:
    judge, rota, turns = court("api: fields", counted=USED), Rota(len(posts())), itertools.count()
    with judge.sitting():
        for operation, entry in itertools.product(posts(), entries("api", at="field")):
            leaves = [leaf for leaf in operation.leaves if "any" in entry.also["kinds"] or leaf.kind in entry.also["kinds"]]
            for name, value in rota.cases(entry):
                for leaf in chosen(leaves, next(turns)):
                    play_field(judge, program, operation, entry, leaf, name, value)
    judge.verdict()


def play_field(judge: Court, program: Program, operation: Operation, entry: Entry, leaf: Leaf, name: str, value: Any) -> None:
    body = put(operation.body, leaf.path, value)
    refused = frozenset({400}) if entry.also.get("refused") else entry.status
    answer = judge.play(operation.name, f"{name} in {leaf.name}", lambda: program.call(operation, body=body), status=refused)
    named = fields_of(answer)
    if answer is None or answer.status_code != 400:
        return
    if not named or (entry.also.get("refused") and len(named) < MOST_NAMED and not any(is_of(one, leaf) for one in named)):
        judge.blame(f"{name} in {leaf.name} at {operation.name}", f"names {named}")


def test_lists_of_none_of_the_same_and_of_very_many(program: Program, court: Courts) -> None:
    judge = court("api: lists", counted=USED)
    rota = Rota(len(operations()))
    times = {"none": 0, "same": 2, "many": 10_001}
    with judge.sitting():
        for operation, entry in itertools.product(posts(), entries("api", at="list")):
            for leaf in [leaf for leaf in operation.leaves if leaf.kind == "list"]:
                for name, value in rota.cases(entry):
                    first = (_at(operation.body, leaf) or ["x"])[0]
                    body = put(operation.body, leaf.path, [first] * times[value])
                    raw = json.dumps(body).encode()
                    status = frozenset({400, 413}) if value == "many" else frozenset()
                    judge.play(operation.name, f"{name} in {leaf.name}", partial(program.call, operation, raw=raw), status=status)
    judge.verdict()


def _at(body: Any, leaf: Leaf) -> Any:
    for part in leaf.path:
        body = body[part]
    return body


def test_ids_that_are_none_are_not_found(program: Program, court: Courts) -> None:
    """But for ids a shop makes up itself: `*` may be an order's number, and is not found either."""
    judge = court("api: ids", counted=USED)
    rota = Rota(len(operations()))
    with judge.sitting():
        for operation, entry in itertools.product(operations(), entries("api", at="path")):
            for name, value in rota.cases(entry) if operation.named("path") else ():
                path = program.path(operation, value)
                answer = judge.play(operation.name, name, partial(program.call, operation, path=path))
                if answer is not None and answer.status_code not in (404, 405) and not _is_other(answer, operation):
                    judge.blame(f"{name} at {operation.name}", f"{answer.status_code}")
    judge.verdict()


def _is_other(answer: Any, operation: Operation) -> bool:
    """`..` and the like may name another operation's address, which then answers as that."""
    match = answer.resolver_match
    return match is None or "{" not in operation.path or match.url_name is None or not set(match.kwargs)


def test_parameters_nobody_offered_are_refused_by_name(program: Program, court: Courts) -> None:
    judge = court("api: unknown parameters", counted=USED)
    rota = Rota(len(operations()))
    with judge.sitting():
        for operation, entry in itertools.product(operations(), entries("api", at="query")):
            for name, value in rota.cases(entry):
                path = f"{program.path(operation)}?{value}"
                answer = judge.play(operation.name, name, partial(program.call, operation, path=path), status=entry.status)
                if answer is not None and answer.status_code == 400 and not fields_of(answer):
                    judge.blame(f"{name} at {operation.name}", "names nothing")
    judge.verdict()


def test_offered_parameters_with_values_they_do_not_take(program: Program, court: Courts) -> None:
    judge = court("api: parameters", counted=USED)
    rota = Rota(len(operations()))
    with judge.sitting():
        for operation, entry in itertools.product(operations(), entries("api", at="parameter")):
            for parameter, (name, value) in itertools.product(operation.named("query"), rota.cases(entry)):
                path = f"{program.path(operation)}?{parameter}={value}"
                answer = judge.play(operation.name, f"{name} in {parameter}", partial(program.call, operation, path=path))
                if answer is not None and answer.status_code == 400 and parameter not in fields_of(answer):
                    judge.blame(f"{name} in {parameter} at {operation.name}", f"names {fields_of(answer)}")
    judge.verdict()


def test_headers_change_nothing_about_an_answer(program: Program, court: Courts) -> None:
    judge = court("api: headers", counted=USED)
    rota = Rota(len(operations()))
    with judge.sitting():
        for operation in operations():
            usual = judge.play(operation.name, "usual", partial(program.call, operation, raw=b"{}")).status_code
            for entry in thin(entries("api", at="header"), 1 if operation.method == "get" else 3):
                for name, value in rota.cases(entry):
                    call = partial(program.call, operation, raw=b"{}", headers=value)
                    judge.play(operation.name, name, call, status=frozenset({usual}))
    judge.verdict()


def test_other_types_of_content_are_refused(program: Program, court: Courts) -> None:
    judge = court("api: content types", counted=USED)
    rota = Rota(len(operations()))
    with judge.sitting():
        for operation in posts():
            for entry in entries("api", at="content_type"):
                for name, value in rota.cases(entry):
                    judge.play(operation.name, name, partial(program.call, operation, content_type=value), status=entry.status)
            for entry in entries("api", at="raw"):
                for name, (kind, text) in rota.cases(entry):
                    call = partial(program.call, operation, content_type=kind, raw=text.encode())
                    judge.play(operation.name, name, call, status=entry.status)
    judge.verdict()


def test_keys_that_open_nothing(street: Street, program: Program, court: Courts) -> None:
    judge = court("api: keys", counted=USED)
    rota = Rota(len(operations()))
    spelled = {"revoked": f"Bearer {street.here.revoked}", "expired": f"Bearer {street.here.expired}"}
    with judge.sitting():
        for operation, entry in itertools.product(operations(), entries("api", at="authorization")):
            for name, value in rota.cases(entry):
                headers = {"Authorization": spelled.get(value, value)}
                judge.play(operation.name, name, partial(program.call, operation, headers=headers), status=entry.status)
    judge.verdict()


def test_anothers_key_finds_nothing_of_ours(street: Street, program: Program, court: Courts) -> None:
    judge = court("api: another merchant's key", counted=USED)
    judge.here, judge.there = judge.there, judge.here  # whatever is taken is theirs; ours must not change
    looked = [one for one in operations() if one.named("path") and not one.path.startswith(("/orders", "/products", "/surveys"))]
    headers = {"Authorization": f"Bearer {street.there.token}"}
    with judge.sitting():
        for operation in looked:
            answer = judge.play(operation.name, "A26 other", partial(program.call, operation, headers=headers))
            if answer is not None and answer.status_code not in (400, 404):
                judge.blame(operation.name, f"{answer.status_code} for another merchant's id")
    judge.verdict()


def test_methods_nobody_offered(program: Program, court: Courts) -> None:
    judge = court("api: methods", counted=USED)
    rota = Rota(len(operations()))
    paths = {one.path: one for one in operations()}
    with judge.sitting():
        for operation, entry in itertools.product(paths.values(), entries("api", at="method")):
            for name, value in rota.cases(entry):
                judge.play(operation.path, name, partial(program.call, operation, method=value), status=entry.status)
        for operation, entry in itertools.product(operations(), entries("api", at="override")):
            for name, value in rota.cases(entry) if operation.method == "get" else ():
                usual = judge.play(operation.name, "usual", partial(program.call, operation))
                call = partial(program.call, operation, headers=value)
                judge.play(operation.name, name, call, status=frozenset({usual.status_code}))
    judge.verdict()


def test_hosts_that_are_nobodys(program: Program, court: Courts) -> None:
    judge = court("api: hosts", counted=USED)
    rota = Rota(len(operations()))
    with judge.sitting():
        for operation, entry in itertools.product(operations() if IS_DEEP else operations()[:12], entries("api", at="host")):
            for name, value in rota.cases(entry):
                call = partial(program.call, operation, headers={"Host": value})
                judge.play(operation.name, name, call, status=entry.status)
    judge.verdict()


def test_fields_nobody_offered_are_refused_by_name(program: Program, court: Courts) -> None:
    judge = court("api: extra fields", counted=USED)
    rota = Rota(len(operations()))
    with judge.sitting():
        for operation in posts():
            known = {leaf.path[0] for leaf in operation.leaves}
            for entry in entries("api", at="extra"):
                for name, value in rota.cases(entry):
                    if value not in known:
                        body = {**operation.body, value: 1}
                        answer = judge.play(operation.name, name, partial(program.call, operation, body=body))
                        if answer is not None and (value or "body") not in fields_of(answer) and not _has(operation, value):
                            judge.blame(f"{name} at {operation.name}", f"{answer.status_code} names {fields_of(answer)}")
            for entry in entries("api", at="many_names") if IS_DEEP or operation.path == "/orders" else ():
                for name, value in rota.cases(entry):
                    body = {f"x{number}": 1 for number in range(value)}
                    judge.play(operation.name, name, partial(program.call, operation, body=body), status=entry.status)
    judge.verdict()


def _has(operation: Operation, name: str) -> bool:
    """`state` and the like are fields of some inputs, though no example names them."""
    return operation.path in ("/reviews/import",) or name in ("state", "created_at")


def test_keys_against_doing_things_twice(program: Program, court: Courts) -> None:
    judge = court("api: idempotency", counted=USED)
    rota = Rota(len(operations()))
    with judge.sitting():
        for operation in posts():
            for entry in entries("api", at="idempotency"):
                for name, value in rota.cases(entry):
                    headers = {"Idempotency-Key": None if value == "absent" else value}
                    answer = judge.play(operation.name, name, partial(program.call, operation, headers=headers), status=entry.status)
                    if fields_of(answer) != ["Idempotency-Key"]:
                        judge.blame(f"{name} at {operation.name}", f"names {fields_of(answer)}")
    judge.verdict()


def test_a_key_used_for_one_body_is_refused_for_another(program: Program, court: Courts) -> None:
    judge = court("api: keys used again", counted=USED)
    rota = Rota(len(operations()))
    order = next(one for one in posts() if one.path == "/orders")
    first: dict[str, Any] = {"headers": {"Idempotency-Key": "used-once"}}
    assert program.call(order, **first).status_code == 201
    with judge.sitting():
        for operation, entry in itertools.product(posts(), entries("api", at="reuse")):
            for name, value in rota.cases(entry):
                if operation is order:
                    judge.play(operation.name, name, partial(program.call, operation, body=value, **first), status=entry.status)
                else:  # another address: the key is free there, the body decides
                    judge.play(
                        operation.name,
                        name,
                        partial(program.call, operation, body=value, **first),
                        status=frozenset({400, 409, 422}),
                    )
    judge.verdict()


def test_more_than_was_bought_goes_neither_back_nor_is_paid(program: Program, court: Courts) -> None:
    judge = court("api: more than there is", counted=USED)
    rota = Rota(len(operations()))
    order = next(one for one in posts() if one.path == "/orders")
    assert program.call(order).status_code == 201
    targets = [one for one in posts() if one.path in ("/returns", "/claims", "/orders/{number}/refunds", "/orders/{number}/shipments")]
    with judge.sitting():
        for operation, entry in itertools.product(targets, entries("api", at="more")):
            for name, value in rota.cases(entry):
                leaf = next(leaf for leaf in operation.leaves if leaf.name == "lines.0.quantity")
                body = put(operation.body, leaf.path, value * 3)
                call = partial(program.call, operation, body=body, path=program.path(operation, order.body["number"]))
                judge.play(operation.name, name, call, status=entry.status)
    judge.verdict()
