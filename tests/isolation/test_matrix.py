"""Every address of the platform's host x everybody it does not belong to x every method that reads or writes.

The addresses come from the resolver; whose they are is said in `listed.py`, for the merchants' hosts in `tests/portal/test_strangers.py`.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import resolve
from pytest_django import Settings

from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Role, Scope
from tests.api.test_door import OPERATIONS
from tests.conftest import NOW
from tests.isolation.addresses import Address, addresses
from tests.isolation.headers import faults
from tests.isolation.listed import API, API_NOWHERE, API_OPEN, OPS_ACTS, SECTIONS
from tests.isolation.world import HOST, World, build, nothing_written
from tests.portal.addresses import NAMES

METHODS = ("get", "post", "put", "patch", "delete")
FORM = {"post": "yes", "reason": "x", "role": "viewer", "name": "changed", "key": "message:1", "act": "remove", "op": "save", "id": "1"}
TO_SIGN_IN = "302 /admin/login/"
BODIES = {(resolve(f"/api/v1{path}").url_name, method): body for method, path, body, _ in OPERATIONS}


@pytest.fixture(autouse=True)
def _patient(settings: Settings) -> Iterator[None]:
    """The clock stands, and thousands of calls in one second are no flood here."""
    settings.API_RATE = settings.API_BURST = 100_000
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield
    cache.clear()


@pytest.fixture
def here(acme: Merchant) -> World:
    return build(acme)


@pytest.fixture
def there(borealis: Merchant) -> World:
    """The stranger next door, filled with look-alikes."""
    return build(borealis)


def program(token: str) -> Client:
    """Somebody's program with an API key, sending a new Idempotency-Key with each call."""
    return Client(HTTP_HOST=HOST, HTTP_AUTHORIZATION=f"Bearer {token}")


def asked(client: Client, method: str, address: Address, path: str) -> Any:
    """One call, with a form for pages and JSON for the API."""
    if address.section == "api":
        body = BODIES.get((address.name, method)) or {}
        headers = {"Idempotency-Key": f"{address.name}-{method}"}
        return client.generic(method.upper(), path, json.dumps(body).encode(), "application/json", headers=headers)
    return client.post(path, FORM) if method == "post" else getattr(client, method)(path)


def outcome(response: Any) -> str:
    """The status, and whereto a redirect leads."""
    return f"{response.status_code} {response['Location'].partition('?')[0]}" if response.status_code == 302 else str(response.status_code)


def text_of(response: Any) -> str:
    return (b"".join(response) if response.streaming else response.content).decode(errors="replace")


def test_every_address_of_the_platform_is_listed_once() -> None:
    found: dict[str, list[str]] = {}
    for address in addresses():
        if address.section != "portal":
            found.setdefault(address.section, []).append(address.name)
    assert {section: sorted(names) for section, names in found.items()} == {name: sorted(listed) for name, listed in SECTIONS.items()}


def test_every_address_of_a_merchants_host_is_in_the_tables_of_the_portal() -> None:
    assert sorted(address.name for address in addresses("portal")) == NAMES


def test_every_operation_of_the_api_asks_for_the_scope_that_is_listed() -> None:
    found = {}
    for address in addresses("api"):
        scopes = getattr(getattr(address.pattern.callback, "view_class", None), "scopes", {})
        found[address.name] = {method.lower(): scope for method, scope in scopes.items()}
    assert found == API | {name: {} for name in API_OPEN | API_NOWHERE}


def denied_to_anybody(address: Address, method: str) -> set[str]:
    """What somebody without any right here is answered."""
    if address.section == "admin":
        return {TO_SIGN_IN}
    if address.section == "ops":
        is_act = address.name.removeprefix("dashboard:") in OPS_ACTS
        return {TO_SIGN_IN if method == ("post" if is_act else "get") else "405"}
    if address.section == "hooks":
        return {"401" if method == "post" else "405"}
    if address.section == "callbacks":
        return {"404", "415", "400"} if method == "post" else {"405"}
    return {"404" if method == "get" else "405"}  # figures of the installation


NOT_DENIED = {"admin:login", "admin:new_password", "admin:logout", "admin:app_list", "admin:admin/(?P<url>.*)$"}


@pytest.mark.parametrize("who", ["somebody unknown", "a shopper", "a program with every scope of another merchant"])
def test_whoever_is_no_staff_is_sent_away_from_the_platform_and_nothing_changes(here: World, there: World, who: str) -> None:
    client = Client(HTTP_HOST=HOST)
    if who == "a shopper":
        client.cookies["shopper"] = client.cookies["__Host-shopper"] = here.shopper().cookies["shopper"].value
    elif who != "somebody unknown":
        client = program(there.key())
    wrong = {}
    with nothing_written(here.merchant, there.merchant):
        for address in addresses("admin", "ops", "callbacks", "platform"):
            if address.name in NOT_DENIED:
                continue
            for method in METHODS:
                response = asked(client, method, address, here.path(address))
                if outcome(response) not in denied_to_anybody(address, method) or told(here, response) or faults(response, address):
                    wrong[address.name, method] = (outcome(response), told(here, response), faults(response, address))
    assert wrong == {}


def told(world: World, response: Any) -> list[str]:
    """What of this merchant's an answer gives away."""
    text = text_of(response)
    return [mark for mark in world.marks if mark in text]


@pytest.mark.parametrize("name", sorted(NOT_DENIED))
def test_what_is_open_on_the_staff_pages_tells_and_changes_nothing(here: World, name: str) -> None:
    address = next(one for one in addresses("admin") if one.name == name)
    client = Client(HTTP_HOST=HOST)
    with nothing_written(here.merchant):
        answers = [asked(client, method, address, here.path(address)) for method in METHODS if name != "admin:login" or method == "get"]
    assert {outcome(answer) for answer in answers} <= {"200", "405", TO_SIGN_IN, "302 /admin/"}
    assert [told(here, answer) for answer in answers] == [[]] * len(answers)


def test_unsigned_calls_of_shops_and_carriers_are_counted_and_nothing_else(here: World) -> None:
    address = addresses("hooks")[0]
    client, path = Client(HTTP_HOST=HOST), here.path(address)
    with merchant_scope(here.merchant.pk):
        connection = here.connection()
        counted = connection.refused_count
    answers = [outcome(client.post(path, b"{}", "application/json", headers={"X-Shopify-Topic": "orders/create"})) for _ in range(2)]
    answers += [outcome(getattr(client, method)(path)) for method in METHODS if method != "post"]
    assert answers == ["401", "401", "405", "405", "405", "405"]
    with merchant_scope(here.merchant.pk):
        connection.refresh_from_db()
        assert connection.refused_count == counted + 2
        connection.refused_count = counted
        connection.save(update_fields=["refused_count"])


def test_health_tells_figures_and_no_merchants(here: World) -> None:
    client = Client(HTTP_HOST=HOST)
    with nothing_written(here.merchant):
        for address in addresses("healthz", "readyz"):
            answers = [asked(client, method, address, here.path(address)) for method in METHODS]
            late = {503} if address.name == "healthz-queue" else set()  # the world's messages are due, and nobody works here
            assert answers[0].status_code in {200} | late, address.name
            assert [answer.status_code for answer in answers[1:]] == [405] * 4, address.name
            assert [faults(answer, address) for answer in answers] == [[]] * 5
            assert [told(here, answer) + [here.merchant.name] * (here.merchant.name in text_of(answer)) for answer in answers] == [[]] * 5


# Staff of another merchant, and of this one without the right


def test_the_owner_of_another_merchant_reaches_nothing_of_this_one(here: World, there: World) -> None:
    """Rows are named by ids one can count up: each is a 404, 403, or the way back to the start."""
    client, wrong = there.role(Role.OWNER), {}
    unsealed: dict[tuple[str, str], list[str]] = {}
    with nothing_written(here.merchant, but="django_admin_log"):  # in which their acts on their own rows stand
        for address in addresses("admin", "ops", "platform"):
            if address.name == "admin:logout":
                continue
            for method in METHODS if is_row(address) else METHODS[:2]:  # of their own lists, Django reads every other method as GET
                response = asked(client, method, address, here.path(address))
                unsealed |= {(address.name, method): found} if (found := faults(response, address)) else {}
                is_wrong = is_row(address) and outcome(response) not in denied_row(address, here)
                if told(here, response) or response.status_code >= 500 or is_wrong:
                    wrong[address.name, method] = (outcome(response), told(here, response))
    assert (wrong, unsealed) == ({}, {})


def is_row(address: Address) -> bool:
    return any(argument == "public_id" or argument.endswith("_id") for argument in address.arguments)


def denied_row(address: Address, world: World) -> set[str]:
    """Django's old addresses of rows lead on to the new ones whether there is such a row or not."""
    if address.name.endswith("/<path:object_id>/"):
        return {f"302 {world.path(address)}change/"}
    return {"404", "403", "405", "302 /admin/"}


def test_a_viewer_changes_nothing_whatever_they_send(here: World) -> None:
    """Whether each page may be read is in the matrix of roles; here everything is written to, by every method."""
    client, wrong = here.role(Role.VIEWER), {}
    with nothing_written(here.merchant):
        for address in addresses("admin", "ops", "platform"):
            if address.name in {"admin:logout", "dashboard:save_view"}:  # a filter of the list is the viewer's own
                continue
            for method in METHODS[1:] if is_act(address) else ("post",):
                response = asked(client, method, address, here.path(address))
                allowed = (
                    {"403", "404", "405", "302"} if is_act(address) and method == "post" else {"200", "302", "403", "404", "405", "422"}
                )
                if str(response.status_code) not in allowed:
                    wrong[address.name, method] = outcome(response)
    assert wrong == {}


def is_act(address: Address) -> bool:
    """Whether a form sent here changes something for those who may."""
    return address.section == "ops" or address.name.endswith(("_add", "_delete"))


# Programs


def test_another_merchants_key_finds_nothing_and_changes_nothing(here: World, there: World) -> None:
    client, wrong = program(there.key()), {}
    with nothing_written(here.merchant):
        for address in addresses("api"):
            for method in METHODS:
                response = asked(client, method, address, here.path(address))
                is_asked, is_named = method in API.get(address.name, {}), bool(address.arguments) and address.name != "survey-results"
                wanted = {"404", "400"} if is_asked and is_named else {"200", "201", "400", "404"} if is_asked else {"405"}
                wanted |= {"200"} if address.name in API_OPEN and method == "get" else set()
                wanted |= {"404"} if address.name in API_NOWHERE or (address.name, method) == ("product", "delete") else set()
                if outcome(response) not in wanted or told(here, response) or faults(response, address):
                    wrong[address.name, method] = (outcome(response), told(here, response), faults(response, address))
    assert wrong == {}


def test_a_key_without_the_scope_is_refused_and_nothing_changes(here: World) -> None:
    keys = {scope: here.key(*[one for one in Scope.values if one != scope]) for scope in Scope}
    wrong = {}
    with nothing_written(here.merchant):
        for address in addresses("api"):
            for method, scope in API.get(address.name, {}).items():
                response = asked(program(keys[scope]), method, address, here.path(address))
                if outcome(response) != "403" or told(here, response) or response.json()["code"] != "missing_scope":
                    wrong[address.name, method] = outcome(response)
    assert wrong == {}


def test_without_a_key_the_api_tells_nothing(here: World) -> None:
    client, wrong = Client(HTTP_HOST=HOST), {}
    with nothing_written(here.merchant):
        for address in addresses("api"):
            for method in METHODS:
                response = asked(client, method, address, here.path(address))
                opened = {"200"} if method == "get" else {"405"}
                wanted = opened if address.name in API_OPEN else {"404"} if address.name in API_NOWHERE else {"401"}
                if outcome(response) not in wanted or told(here, response) or faults(response, address):
                    wrong[address.name, method] = (outcome(response), faults(response, address))
    assert wrong == {}


# What opens the platform opens nothing on a merchant's host


def test_staff_and_programs_are_anybody_on_a_merchants_host(here: World) -> None:
    """Answer for answer what somebody unknown gets: there is no right of staff or programs on a shopper's pages."""
    shop = f"{here.merchant.slug}.platform.test"
    stranger, client = (Client(HTTP_HOST=shop, HTTP_ACCEPT_LANGUAGE="en") for _ in range(2))
    client.cookies["sessionid"] = here.role(Role.OWNER).cookies["sessionid"].value
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {here.key()}"
    wrong = {}
    for address in addresses("portal"):
        if address.name.startswith(
            ("review-form-photo", "sign-in", "find-order", "passkey", "help", "unsubscribe", "survey", "withdraw", "preferences-link")
        ):
            continue  # open to anybody: what they do is theirs to do, in the tests of the portal
        for method in METHODS:
            path = here.path(address)
            mine, theirs = asked(client, method, address, path), asked(stranger, method, address, path)
            if (outcome(mine), told_private(mine)) != (outcome(theirs), told_private(theirs)):
                wrong[address.name, method] = (outcome(mine), outcome(theirs))
    assert wrong == {}


def told_private(response: Any) -> list[str]:
    text = text_of(response)
    return [secret for secret in ("Torstraße", "10119", "•4242", "@example.com") if secret in text]
