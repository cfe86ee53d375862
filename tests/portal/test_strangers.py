"""Every address of the portal, from the resolver, asked by those it does not belong to: two merchants, two shoppers each.

An address no table below knows fails the first test; what has to be filled into one is said in `addresses.py`.
"""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from orders.services.look_up import open_guest
from orders.types import Address
from tests.conftest import NOW
from tests.factories import customer, incoming_line, place_order
from tests.portal.addresses import NAMES, Belongings, arguments, belongings, everything
from tests.portal.conftest import ACME, BOREALIS, signed_in

# One shopper's own, named by an id: a 404 for everybody else, a way to sign in for somebody unknown.
OWN = {name for name in NAMES if arguments(name) & {"public_id", "line_id", "shipment_id", "request_id"}}
OWN |= {"message", "message-letter"}
OWN -= {"review-form-photos"}  # of the link it begins with
# Asked by the script of an open page: a plain 404 also for somebody unknown.
LIVE = {"order-shipping-live"}
# About whoever asks: a way to sign in for somebody unknown.
ACCOUNT = {"hub", "orders", "returns", "reviews", "review-vote", "messages", "preferences", "confirm", "confirm-code"}
ACCOUNT |= {name for name in NAMES if name.startswith(("security", "email", "profile", "address", "privacy"))} - OWN
# Opened by whoever holds the link of a message; nothing at another merchant.
BY_LINK = {name for name in NAMES if arguments(name) & {"token", "code"}} - OWN
# For anybody: the shop's own pages, and the ways in.
OPEN = {"return-policy", "return-policy-data", "language", "brand", "sign-in", "sign-in-code", "sign-in-resend", "sign-out"}
OPEN |= {"sign-in-password", "sign-in-passkey", "passkey-options"}
OPEN |= {"find-order", "find-order-code", "find-order-resend", "find-order-forget", "find-order-keep"}
OPEN |= {"withdraw", "withdraw-confirm"}
OPEN |= {"review-photo", "review-shared", "product-reviews", "reviews-about", "reviews-about-export", "reviews-feed"}
OPEN |= {name for name in NAMES if name.startswith("widget-")}
OPEN |= {"help", "help-contact", "help-article", "help-helpful"}

SECRETS = ("sam@example.com", "Torstraße", "10119", "15123456789", "Green lamp", "•4242", "4242", "Berg")
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


def test_every_address_is_in_exactly_one_of_these_tables() -> None:
    tables = [OWN, ACCOUNT, BY_LINK, OPEN]
    assert sorted(name for table in tables for name in table) == NAMES


@dataclass(frozen=True, slots=True)
class Cast:
    """Sam at Acme with all that is his; who else there is, each in a browser of their own."""

    sam: Client
    own: Belongings
    order: Order
    others: dict[str, Client]
    merchants: tuple[Merchant, Merchant]

    def written(self) -> list[dict[str, str]]:
        return [everything(merchant) for merchant in self.merchants]


@pytest.fixture
def cast(acme: Merchant, borealis: Merchant) -> Iterator[Cast]:
    with merchant_scope(acme.pk):
        order = place_order(lines=(incoming_line(title="Green lamp"),), payment_state="paid")
        own = belongings(order)
        person = order.customer
        eve = customer(email="eve@example.com", phone="", first_name="Eve", last_name="X")
        home = Address(name="Eve X", street="Gasse 2", postcode="80331", city="Munich", country="DE")
        about: dict[str, Any] = {"email": "eve@example.com", "phone": "", "first_name": "Eve", "last_name": "X"}
        hers = place_order(number="2002", shipping_address=home, billing_address=home, payments=(), **about)
        guest_token = open_guest(order_id=hers.pk, channel="email", at=NOW)
    with merchant_scope(borealis.pk):
        twin = place_order(currency="USD", lines=(incoming_line(title="Blue lamp"),)).customer
        other = customer(email="zoe@example.com", phone="", first_name="Zoe", last_name="Y")
    assert person is not None and twin is not None
    guest = Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE="en")
    guest.cookies["guest"] = guest_token
    sam = signed_in(acme, person)
    astray = Client(HTTP_HOST=BOREALIS, HTTP_ACCEPT_LANGUAGE="en")
    astray.cookies["shopper"] = sam.cookies["shopper"].value
    others = {
        "another shopper": signed_in(acme, eve),
        "a guest with another order": guest,
        NAMESAKE: signed_in(borealis, twin),
        "another shopper of another shop": signed_in(borealis, other),
        "Sam's session at another shop": astray,
        "somebody unknown": Client(HTTP_HOST=ACME, HTTP_ACCEPT_LANGUAGE="en"),
        "somebody unknown at another shop": Client(HTTP_HOST=BOREALIS, HTTP_ACCEPT_LANGUAGE="en"),
    }
    yield Cast(sam, own, order, others, (acme, borealis))


FORM = {
    "choice": "cancel",
    "act": "remove",
    "end": "links",
    "name": "x",
    "email": "x@example.com",
    "way": "code",
    "confirm": "on",
    "code": "1",
}


def asked(client: Client, method: str, path: str) -> Any:
    return client.post(path, FORM) if method == "post" else getattr(client, method)(path)


NAMESAKE = "the same person at another shop"  # has Sam's name and addresses, but not what he bought here


def told(response: Any, who: str = "") -> list[str]:
    """What of Sam's an answer gives away."""
    text = "" if response.streaming else response.content.decode(errors="replace")
    return [secret for secret in (("Green lamp",) if who == NAMESAKE else SECRETS) if secret in text]


def is_to_sign_in(response: Any) -> bool:
    return bool(response.status_code == 302 and response["Location"].startswith("/sign-in/"))


UNKNOWN = ("somebody unknown", "somebody unknown at another shop", "Sam's session at another shop")


def test_what_is_one_shoppers_own_is_nothing_to_anybody_else_and_nothing_changes(cast: Cast) -> None:
    before, wrong = cast.written(), {}
    for name in sorted(OWN):
        path = cast.own.path(name)
        is_read = cast.sam.head(path).status_code != 405
        for who, client in cast.others.items():
            for method in METHODS:
                response = asked(client, method, path)
                sent_away = name not in LIVE and who in (*UNKNOWN, "a guest with another order") and is_to_sign_in(response)
                is_denied = response.status_code == 404 or (response.status_code == 405 and not (is_read and method == "get"))
                if not (is_denied or sent_away) or told(response, who):
                    wrong[name, who, method] = (response.status_code, response.get("Location", ""), told(response, who))
    assert wrong == {}
    assert changed(before, cast.written()) == []


def changed(before: list[dict[str, str]], after: list[dict[str, str]]) -> list[str]:
    """Which tables differ."""
    return [label for one, other in zip(before, after, strict=True) for label in one if one[label] != other[label]]


def test_the_account_of_whoever_asks_shows_nobody_elses(cast: Cast) -> None:
    wrong: dict[Any, Any] = {}
    for name in sorted(ACCOUNT):
        for who, client in cast.others.items():
            response = client.get(cast.own.path(name))
            if who in UNKNOWN and response.status_code != 405 and not is_to_sign_in(response):
                wrong[name, who] = (response.status_code, response.get("Location", ""))
            if found := told(response, who):
                wrong[name, who] = found
    assert wrong == {}


def test_nobody_unknown_changes_an_account(cast: Cast) -> None:
    before, wrong = cast.written(), {}
    for name in sorted(ACCOUNT):
        for who in UNKNOWN:
            response = asked(cast.others[who], "post", cast.own.path(name))
            if response.status_code != 405 and not is_to_sign_in(response):
                wrong[name, who] = (response.status_code, response.get("Location", ""))
    assert (wrong, changed(before, cast.written())) == ({}, [])


def test_a_link_is_nothing_at_another_shop(cast: Cast) -> None:
    before, wrong = cast.written(), {}
    for name in sorted(BY_LINK - {"sign-in-confirm"}):
        for method in METHODS:
            response = asked(cast.others["somebody unknown at another shop"], method, cast.own.path(name))
            if response.status_code not in (404, 405) or told(response):
                wrong[name, method] = (response.status_code, told(response))
    assert (wrong, changed(before, cast.written())) == ({}, [])


def test_a_sign_in_link_of_one_shop_signs_nobody_in_at_another(cast: Cast) -> None:
    before, client = cast.written(), cast.others["somebody unknown at another shop"]
    responses = [client.get(cast.own.path("sign-in-confirm")), client.post(cast.own.path("sign-in-confirm"))]
    assert [told(response) for response in responses] == [[], []]
    assert "shopper" not in client.cookies or not client.cookies["shopper"].value
    assert changed(before, cast.written()) == []


def test_reading_changes_nothing_whoever_reads(cast: Cast) -> None:
    """Links are opened by scanners, pages by whoever comes back to them."""
    before, wrong = cast.written(), {}
    readers = {"Sam": cast.sam, **{who: cast.others[who] for who in ("another shopper", "somebody unknown")}}
    for name in NAMES:
        for who, client in readers.items():
            if (status := client.get(cast.own.path(name)).status_code) >= 500:
                wrong[name, who] = status
    assert (wrong, changed(before, cast.written())) == ({}, [])


HEADERS = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
KEPT = {"brand"}  # the same for everybody, and kept by browsers
FRAMED = {"message-letter"}  # shown in a frame of its own page
ELSEWHERE = {"review-photo", "reviews-feed"} | {name for name in NAMES if name.startswith("widget-")}  # for other hosts, and kept by caches


def test_every_address_answers_with_the_headers(cast: Cast) -> None:
    wrong: dict[Any, Any] = {}
    for name in NAMES:
        for who, client in {"Sam": cast.sam, "somebody unknown": cast.others["somebody unknown"]}.items():
            for method in ("get",) if name in KEPT | ELSEWHERE else ("get", "post"):
                wrong.update(
                    {(name, who, method, header): value for header, value in missing(asked(client, method, cast.own.path(name)), name)}
                )
    assert wrong == {}


def missing(response: Any, name: str) -> Iterator[tuple[str, str]]:
    """Headers that are not as they should be."""
    wanted = wanted_of(response, name)
    policy, is_framed = response.get("Content-Security-Policy", ""), name in FRAMED and response.status_code == 200
    for header, value in wanted.items():
        if response.get(header) != ("SAMEORIGIN" if name in FRAMED and header == "X-Frame-Options" else value):
            yield header, response.get(header, "")
    ancestors = "*" if name == "widget-frame" and response.status_code == 200 else "'self'" if is_framed else "'none'"
    for part in ("default-src 'none'", "base-uri 'none'", f"frame-ancestors {ancestors}"):
        if part not in policy:
            yield "Content-Security-Policy", policy
    if "unsafe-eval" in policy or ("unsafe" in policy and not is_framed):
        yield "Content-Security-Policy", policy
    for cookie in response.cookies.values():
        if not (cookie["httponly"] and cookie["samesite"] in ("Lax", "Strict") and cookie["path"] == "/"):
            yield "Set-Cookie", cookie.OutputString()


def wanted_of(response: Any, name: str) -> dict[str, str]:
    """What other hosts may show is open to them once there is something; all else is neither kept nor shown there."""
    if name in ELSEWHERE and response.get("Cache-Control", "").startswith("public"):
        frame = {} if name == "widget-frame" else {"X-Frame-Options": "DENY"}
        plain = {header: value for header, value in HEADERS.items() if header != "X-Frame-Options"}
        return {**plain, **frame, "Cross-Origin-Resource-Policy": "cross-origin"}
    return HEADERS if name in KEPT else {**HEADERS, **PRIVATE}


NO_PAGES = {"message-letter", "track-live", "order-shipping-live"}  # parts of one


def pages(cast: Cast) -> Iterator[tuple[str, str]]:
    """Every address that answers Sam with a page, and the page."""
    for name in NAMES:
        response = cast.sam.get(cast.own.path(name))
        if response.status_code == 200 and response["Content-Type"].startswith("text/html") and name not in NO_PAGES:
            yield name, response.content.decode()


def test_every_script_bears_the_number_its_answer_drew(cast: Cast) -> None:
    wrong: dict[str, Any] = {}
    for name in NAMES:
        response = cast.sam.get(cast.own.path(name))
        if name == "message-letter" or not response["Content-Type"].startswith("text/html"):
            continue
        policy = response["Content-Security-Policy"]
        drawn = re.findall(r"script-src ([^;]*)", policy)
        named = set(re.findall(r"<script [^>]*nonce=\"([^\"]{16,})\"", response.content.decode()))
        scripts = response.content.decode().count("<script")
        if scripts and not (drawn == [f"'nonce-{next(iter(named), '')}' 'strict-dynamic'"] and len(named) == 1):
            wrong[name] = (drawn, named, scripts)
        if scripts != len(re.findall(r"<script src=\"/static/[^\"]+\" nonce=\"", response.content.decode())):
            wrong[name] = "a script without its number"
    assert wrong == {}


def test_two_answers_draw_two_numbers(cast: Cast) -> None:
    first, second = (cast.sam.get("/")["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_no_page_has_inline_style_or_script_or_another_host_in_it(cast: Cast) -> None:
    found = {}
    for name, html in pages(cast):
        inline = re.findall(r"\sstyle=|\son[a-z]+=\"|<style|<script(?! src=\"/static/)", html)
        hosts = re.findall(r"(?:src|srcset|<link[^>]+href)=\"(?:http:|https:|//)[^\"]*", html)
        if inline or hosts:
            found[name] = (inline, hosts)
    assert found == {}


def test_style_and_script_of_a_page_weigh_at_most_60_kb(cast: Cast) -> None:
    weights: dict[str, int] = {}
    for name, html in pages(cast):
        links = set(re.findall(r"(?:<link rel=\"stylesheet\" href|<script src)=\"([^\"]+)", html))
        weights[name] = sum(weight(cast.sam, link) for link in links)
    assert {name: size for name, size in weights.items() if not 4_000 < size <= 60_000} == {}
    assert weights["hub"] > weights["message"]  # the list's own script is not paid for elsewhere


def weight(client: Client, link: str) -> int:
    """Bytes of a file as it travels."""
    response = client.get(link)
    assert response.status_code == 200, link
    return len(gzip.compress(b"".join(response) if response.streaming else response.content))  # type: ignore[arg-type]
