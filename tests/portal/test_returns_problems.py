"""The one question after a delivery, claims and the warranty, presents given back, and withdrawing in two steps."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from events.models import Event
from merchants.models import Merchant
from orders.models import Order
from orders.tokens import gift_token
from returns.models import CasePhoto, Claim, ParcelAnswer, Return, Withdrawal
from returns.services import ask_claim, decline_claim
from returns.types import Actor, ClaimState, Origin
from tests.conftest import NOW
from tests.factories import customer, ship
from tests.portal.conftest import ACME, signed_in
from tests.portal.returning import came, furnished, go, jpeg, line, newest, state_of, to_outcomes, to_why
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words
from tracking.models import Shipment

Scope = Callable[..., Any]
STAFF = Actor(Origin.STAFF)


@pytest.fixture
def shop(in_scope: Scope, order: Order) -> Order:
    in_scope(furnished)
    placed: Order = in_scope(came, order)
    return placed


@pytest.fixture
def parcel(in_scope: Scope, shop: Order) -> str:
    found: str = in_scope(lambda: Shipment.objects.get().public_id)
    return found


def told(in_scope: Scope) -> tuple[int, int]:
    counts: tuple[int, int] = in_scope(lambda: (Claim.objects.count(), Event.objects.filter(type__startswith="returns.").count()))
    return counts


def test_a_delivered_parcel_is_asked_about_once(sam: Client, browser: Client, in_scope: Scope, shop: Order, parcel: str) -> None:
    path = f"/orders/{shop.public_id}/parcels/{parcel}/arrived/"
    assert f'href="{path}"' in sam.get(f"/orders/{shop.public_id}/shipping/").content.decode()
    assert f'href="{path}"' in sam.get(f"/orders/{shop.public_id}/").content.decode()
    assert path not in browser.get(f"/track/{shop.track_token}/").content.decode()
    html = sam.get(path).content.decode()
    assert html.count('type="radio" name="answer"') == 5 and "checked" not in html
    assert sam.post(path, {"answer": "fine"}).status_code == 302
    assert in_scope(lambda: ParcelAnswer.objects.get().answer) == "fine"
    assert "Good to hear" in words(sam, path)
    assert path not in sam.get(f"/orders/{shop.public_id}/shipping/").content.decode()
    pages = ("", "shipping/", f"parcels/{parcel}/arrived/")
    counts = {part: rows_read(sam, f"/orders/{shop.public_id}/{part}") for part in pages}
    assert max(counts.values()) <= 12, counts


@pytest.mark.parametrize("answer", ["", "x", "FINE", "\0"])
def test_no_answer_is_asked_for_again(sam: Client, in_scope: Scope, shop: Order, parcel: str, answer: str) -> None:
    response = sam.post(f"/orders/{shop.public_id}/parcels/{parcel}/arrived/", {"answer": answer})
    assert response.status_code == 422 and "Choose one of the answers." in response.content.decode()
    assert in_scope(ParcelAnswer.objects.count) == 0


def test_a_parcel_that_is_not_here_leads_to_the_search(sam: Client, shop: Order, parcel: str) -> None:
    response = sam.post(f"/orders/{shop.public_id}/parcels/{parcel}/arrived/", {"answer": "not_received"})
    assert response["Location"] == f"/orders/{shop.public_id}/parcels/{parcel}/not-here/"


def test_what_is_not_delivered_is_not_asked_about(sam: Client, in_scope: Scope, order: Order) -> None:
    on_the_way = in_scope(lambda: ship(order).public_id)
    path = f"/orders/{order.public_id}/parcels/{on_the_way}/arrived/"
    assert "It is not delivered yet" in words(sam, path)
    assert sam.post(path, {"answer": "fine"}).status_code == 409
    assert in_scope(ParcelAnswer.objects.count) == 0


def claim_form(sam: Client, path: str, **typed: Any) -> Any:
    html = sam.get(path).content.decode()
    once = re.search(r'name="once" value="([^"]*)"', html)
    assert once is not None
    return {"once": once.group(1), "kind": "delivery", **typed}


def test_a_problem_opens_a_claim_with_the_order_filled_in(sam: Client, in_scope: Scope, shop: Order, parcel: str) -> None:
    asked = sam.post(f"/orders/{shop.public_id}/parcels/{parcel}/arrived/", {"answer": "damaged"})
    path = asked["Location"]
    html = sam.get(path).content.decode()
    assert 'value="damaged" checked' in html and "Linen shirt" in html and "Leather belt" in html
    shirt = in_scope(line, shop)
    typed = {
        "problem": "damaged",
        "parcel": parcel,
        "line": [shirt],
        f"quantity_{shirt}": "1",
        "wanted": "replacement",
        "note": "<b>torn</b>",
    }
    form = claim_form(sam, path, **typed)
    first = sam.post(path.partition("?")[0], {**form, "photos_claim": [jpeg()]})
    second = sam.post(path.partition("?")[0], form)
    assert (first.status_code, first["Location"]) == (302, second["Location"])
    row = in_scope(lambda: Claim.objects.get())
    assert (row.problem, row.wanted, row.state) == ("damaged", "replacement", ClaimState.OPEN)
    assert in_scope(lambda: CasePhoto.objects.filter(claim=row).count()) == 1
    text = words(sam, first["Location"])
    assert f"Case {row.number}" in text and "We answer by Monday 23 November" in text and "You would like The same again" in text
    page = sam.get(first["Location"]).content.decode()
    assert "<b>torn</b>" not in page and "&lt;b&gt;torn" in page
    assert rows_read(sam, first["Location"]) <= 12
    assert row.number in words(sam, f"/orders/{shop.public_id}/returns/") and row.number in words(sam, "/returns/")


BAD: list[dict[str, Any]] = [
    {"problem": ""},
    {"problem": "not_received"},
    {"wanted": "donate"},
    {"wanted": ""},
    {"line": []},
    {"line": ["x"]},
    {"quantity": "3"},
    {"note": "x" * 2000},
]


@pytest.mark.parametrize("bad", BAD)
def test_a_claim_that_cannot_be_taken_comes_back_with_what_was_typed(
    sam: Client, in_scope: Scope, shop: Order, bad: dict[str, Any]
) -> None:
    shirt = in_scope(line, shop)
    path = f"/orders/{shop.public_id}/claims/new/"
    typed = {"problem": "damaged", "line": [shirt], "wanted": "refund", "note": "Torn", **bad}
    response = sam.post(path, claim_form(sam, path, **{**typed, f"quantity_{shirt}": typed.pop("quantity", "1")}))
    assert response.status_code == 422
    assert 'id="errors"' in response.content.decode() and ("Torn" in response.content.decode() or "note" in bad)
    assert told(in_scope) == (0, 0)


def test_a_claim_is_asked_answered_and_declined_in_words(sam: Client, acme: Merchant, in_scope: Scope, shop: Order) -> None:
    shirt = in_scope(line, shop)
    path = f"/orders/{shop.public_id}/claims/new/"
    typed = {"problem": "wrong", "line": [shirt], f"quantity_{shirt}": "1", "wanted": "refund"}
    case = sam.post(path, claim_form(sam, path, **typed))["Location"].partition("?")[0]
    in_scope(lambda: ask_claim(claim=Claim.objects.get(), question="Which one came?", at=NOW, by=STAFF))
    assert "Which one came?" in words(sam, case)
    assert sam.post(case, {"act": "answer", "answer": ""}).status_code == 422
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    assert eve.post(case, {"act": "answer", "answer": "x"}).status_code == 404
    assert sam.post(case, {"act": "answer", "answer": "A green one"}).status_code == 302
    in_scope(lambda: decline_claim(claim=Claim.objects.get(), reason="The photo shows the right one.", next_best="ask", at=NOW, by=STAFF))
    text = words(sam, case)
    assert "The photo shows the right one." in text and "Ask us" in text
    assert sam.post(case, {"act": "withdraw"}).status_code == 409


def test_a_claim_can_be_taken_back(sam: Client, in_scope: Scope, shop: Order) -> None:
    shirt = in_scope(line, shop)
    path = f"/orders/{shop.public_id}/claims/new/"
    typed = {"problem": "missing", "line": [shirt], f"quantity_{shirt}": "1", "wanted": "refund"}
    case = sam.post(path, claim_form(sam, path, **typed))["Location"].partition("?")[0]
    assert sam.post(case, {"act": "withdraw"}).status_code == 302
    assert in_scope(lambda: Claim.objects.get().state) == ClaimState.WITHDRAWN


# Presents


@pytest.fixture
def gift(in_scope: Scope, shop: Order) -> str:
    token: str = in_scope(gift_token, shop)
    return f"/gift/{token}/return/"


WHO = {"name": "Kim", "email": "kim@example.com"}


def test_a_present_goes_back_without_prices_and_the_giver_is_not_told(
    browser: Client, sam: Client, in_scope: Scope, shop: Order, gift: str
) -> None:
    shirt = in_scope(line, shop)
    shown = to_outcomes(browser, gift, {shirt: 1}, **WHO)
    html = shown.content.decode()
    assert 'value="credit"' in html and 'value="refund"' not in html and "€" not in html.replace("€2.50", "") and "4242" not in html
    typed = {f"reason_{shirt}": "too_small", f"told_{shirt}": "too_small", f"outcome_{shirt}": "credit"}
    check = go(browser, gift, go(browser, gift, shown, "why", **typed), "way", way="own")
    assert "€" not in check.content.decode().replace("€2.50", "") and "kim@example.com" in check.content.decode()
    sent = go(browser, gift, check, "check")
    row = in_scope(newest)
    assert (sent.status_code, sent["Location"]) == (302, f"{gift}{row.public_id}/?new=1")
    assert (row.is_gift, row.recipient["email"], row.origin) == (True, "kim@example.com", Origin.GIFT)
    page = browser.get(sent["Location"])
    assert page.status_code == 200 and "€" not in page.content.decode() and "sam@example.com" not in page.content.decode()
    assert sam.get(f"/orders/{shop.public_id}/returns/{row.public_id}/").status_code == 404
    for path in (f"/orders/{shop.public_id}/returns/", "/returns/", "/"):
        assert row.rma not in words(sam, path)
    assert browser.post(sent["Location"], {"act": "cancel"}).status_code == 302


@pytest.mark.parametrize(
    ("who", "field"), [({"name": "", "email": "kim@example.com"}, "name"), ({"name": "Kim", "email": "kim@"}, "email")]
)
def test_who_got_the_present_is_asked_for(
    browser: Client, in_scope: Scope, shop: Order, gift: str, who: dict[str, str], field: str
) -> None:
    response = to_why(browser, gift, {in_scope(line, shop): 1}, **who)
    assert response.status_code == 422 and f'id="{field}-error"' in response.content.decode()
    assert in_scope(Return.objects.count) == 0


def test_the_givers_own_return_is_not_under_the_gift_link(browser: Client, sam: Client, in_scope: Scope, shop: Order, gift: str) -> None:
    assert browser.get(f"{gift}abc/").status_code == 404
    assert browser.get("/gift/abc/return/").status_code == 404
    in_scope(lambda: Order.objects.filter(pk=shop.pk).update(gift_epoch=1))
    assert browser.get(gift).status_code == 410


# Withdrawal


@pytest.fixture(autouse=True)
def nobody_counted() -> None:
    cache.clear()


FORM = {"name": "Sam Berg", "number": "1001", "email": "sam@example.com", "scope": ""}


def declared(client: Client, **over: str) -> Any:
    first = client.post("/withdraw/", {**FORM, **over})
    assert first.status_code == 200, first.content.decode()
    return client.post("/withdraw/confirm/", {"state": state_of(first)})


def test_every_page_leads_to_the_withdrawal(browser: Client, sam: Client, shop: Order) -> None:
    for client, path in ((browser, "/sign-in/"), (browser, "/policies/returns/"), (sam, "/"), (sam, f"/orders/{shop.public_id}/")):
        assert 'href="/withdraw/"' in client.get(path).content.decode()


def test_two_steps_and_a_receipt_with_its_time(browser: Client, in_scope: Scope, shop: Order) -> None:
    first = browser.post("/withdraw/", FORM)
    html = first.content.decode()
    assert "I withdraw from the whole contract" in html and html.count("Confirm withdrawal</button>") == 1
    assert in_scope(Withdrawal.objects.count) == 0
    state = state_of(first)
    answers = [browser.post("/withdraw/confirm/", {"state": state}) for _ in range(2)]
    row = in_scope(lambda: Withdrawal.objects.get())
    assert [answer["Location"] for answer in answers] == [f"/withdraw/{row.public_id}/"] * 2
    assert (row.order_id, row.declared_at) == (shop.pk, NOW)
    text = words(browser, f"/withdraw/{row.public_id}/")
    assert "Friday 20 November, 11:00 CET" in text and "sam@example.com" in text
    file = browser.get(f"/withdraw/{row.public_id}/?as=text")
    assert file["Content-Type"] == "text/plain; charset=utf-8" and file.content.decode() == row.receipt
    assert "attachment" in file["Content-Disposition"]


def test_an_order_that_is_not_there_has_the_same_answer(browser: Client, in_scope: Scope, shop: Order) -> None:
    known, unknown = declared(browser), declared(browser, number="9999")
    assert (known.status_code, unknown.status_code) == (302, 302)
    shown = [re.sub(r"[A-Za-z0-9_-]{22}|1001|9999", "", words(browser, one["Location"])) for one in (known, unknown)]
    assert in_scope(lambda: sorted(row.order_id is None for row in Withdrawal.objects.all())) == [False, True]
    assert "Your withdrawal has been received" in shown[0] and "Your withdrawal has been received" in shown[1]


def test_a_part_told_in_words_is_read_by_a_person_before_anything_is_opened(browser: Client, in_scope: Scope, shop: Order) -> None:
    path = declared(browser, scope="only the belt")["Location"]
    row = in_scope(lambda: Withdrawal.objects.get())
    assert (row.order_id, row.scope, in_scope(Return.objects.count)) == (None, "only the belt", 0)
    assert "only the belt" in words(browser, path)


BAD_FORMS = [{"name": ""}, {"number": " "}, {"email": "x"}, {"scope": "x" * 2000}, {"name": "\0"}, {"email": "a" * 300 + "@example.com"}]


@pytest.mark.parametrize("bad", BAD_FORMS)
def test_what_is_missing_is_named_at_its_field(browser: Client, in_scope: Scope, bad: dict[str, str]) -> None:
    response = browser.post("/withdraw/", {**FORM, **bad})
    assert response.status_code == 422 and f'id="{next(iter(bad))}-error"' in response.content.decode()
    assert in_scope(Withdrawal.objects.count) == 0


@pytest.mark.parametrize("state", ["", "x", "a:b:c"])
def test_a_statement_we_did_not_write_down_is_not_sent(browser: Client, in_scope: Scope, acme: Merchant, state: str) -> None:
    response = browser.post("/withdraw/confirm/", {"state": state})
    assert response.status_code == 422 and "nothing was sent" in response.content.decode()
    assert in_scope(Withdrawal.objects.count) == 0


def test_it_can_be_changed_before_it_is_confirmed(browser: Client, in_scope: Scope, acme: Merchant) -> None:
    state = state_of(browser.post("/withdraw/", {**FORM, "scope": "<b>belt</b>"}))
    html = browser.post("/withdraw/confirm/", {"state": state, "go": "back"}).content.decode()
    assert "&lt;b&gt;belt" in html and 'value="1001"' in html
    assert in_scope(Withdrawal.objects.count) == 0


def test_from_an_order_it_is_filled_in_and_only_for_its_owner(sam: Client, browser: Client, shop: Order) -> None:
    path = f"/withdraw/?order={shop.public_id}"
    assert 'value="1001"' in sam.get(path).content.decode()
    assert 'value="1001"' not in browser.get(path).content.decode()
    assert browser.get("/withdraw/?order=%00").status_code == 200


def test_the_eleventh_of_an_hour_waits(browser: Client, in_scope: Scope, acme: Merchant) -> None:
    answers = [declared(browser, number=str(n)).status_code for n in range(11)]
    assert answers == [302] * 10 + [429]
    assert in_scope(Withdrawal.objects.count) == 10


def test_a_receipt_is_nothing_at_another_shop(browser: Client, borealis: Merchant, shop: Order) -> None:
    path = declared(browser)["Location"]
    other = Client(HTTP_HOST="borealis.platform.test")
    assert (other.get(path).status_code, Client(HTTP_HOST=ACME).get("/withdraw/abc/").status_code) == (404, 404)
