"""Sending something back: what can go until when, four steps without script, one return however often it is sent, its page."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Variant
from catalog.services import upsert_product
from events.models import Event
from merchants.models import Merchant
from orders.models import Order
from orders.services import cancel_order
from returns.models import CasePhoto, Exchange, Return, ReturnLine, ReturnPolicy
from returns.services import ask_return, decline_return, label_made
from returns.types import Actor, Label, Origin, ReturnState, Way
from tests.conftest import NOW
from tests.factories import customer, incoming_line, place_order
from tests.portal.conftest import guest_of, signed_in
from tests.portal.returning import came, furnished, go, jpeg, line, newest, returned, state_of, to_check, to_outcomes, to_way, to_why
from tests.portal.test_answers import rows_read
from tests.portal.test_pages import words

Scope = Callable[..., Any]
STAFF = Actor(Origin.STAFF)


@pytest.fixture
def shop(in_scope: Scope, order: Order) -> Order:
    """A shop with a policy; Sam's two shirts and a belt came today."""
    in_scope(furnished)
    placed: Order = in_scope(came, order)
    return placed


@pytest.fixture
def path(shop: Order) -> str:
    return f"/orders/{shop.public_id}/returns/new/"


@pytest.fixture
def shirt(shop: Order, in_scope: Scope) -> str:
    found: str = in_scope(line, shop)
    return found


@pytest.fixture
def belt(shop: Order, in_scope: Scope) -> str:
    found: str = in_scope(line, shop, 1)
    return found


def nothing_happened(in_scope: Scope) -> bool:
    """No return, no line of one, and nothing told."""
    return in_scope(
        lambda: (Return.objects.count(), ReturnLine.objects.count(), Event.objects.filter(type__startswith="returns.").count())
    ) == (
        0,
        0,
        0,
    )


def test_the_order_says_line_by_line_until_when_it_can_go_back(sam: Client, shop: Order) -> None:
    text = words(sam, f"/orders/{shop.public_id}/returns/")
    assert "You can send it back until Sunday 20 December Counted from Friday 20 November" in text
    assert text.count("Hand it over by Sunday 20 December.") == 2
    assert "Send something back" in text and "Report a problem" in text and "Withdraw from the contract" in text
    assert "30 days from delivery" in text and "The whole policy" in text
    assert rows_read(sam, f"/orders/{shop.public_id}/returns/") <= 12


def test_each_outcome_shows_its_money_and_its_day_and_none_is_preselected(sam: Client, path: str, shirt: str) -> None:
    first = to_why(sam, path, {shirt: 2})
    assert first.status_code == 200
    assert "checked" not in first.content.decode() and "Choose an outcome" not in first.content.decode()
    second = to_outcomes(sam, path, {shirt: 2})
    html = second.content.decode()
    assert "checked" in html and f'name="outcome_{shirt}" value="refund">' in html and f'name="outcome_{shirt}" value="credit">' in html
    assert rows_read(sam, path) <= 12
    assert "€98.00" in html and "€102.90" in html and "€98.00 and €4.90 from us." in html
    assert "To Visa ••\u00a04242." in html
    assert "Handed over by Monday 23 November, at your bank by" in html
    assert 'value="repair" disabled' in html.replace('"repair"  disabled', '"repair" disabled')


def test_a_return_goes_from_what_to_check_and_is_one_return_however_often_it_is_sent(
    sam: Client, in_scope: Scope, shop: Order, path: str, shirt: str
) -> None:
    check = to_check(sam, path, {shirt: 1}, way="store")
    text = check.content.decode()
    assert "Is everything right?" in text and "−€2.50" in text and "€46.50" in text
    state = state_of(check)
    answers = [sam.post(path, {"step": "check", "state": state}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    row = in_scope(newest)
    assert in_scope(Return.objects.count) == 1
    assert (row.state, row.way, row.way_fee, row.origin) == (ReturnState.LABELLED, Way.STORE, Decimal("2.50"), Origin.ACCOUNT)
    text = words(sam, answers[0]["Location"])
    assert f"Return {row.rma}" in text and "We have your return" in text
    assert "Hand it over by Sunday 20 December" in text
    assert "Hof 1" in text and "Step by step" in text
    assert rows_read(sam, f"/orders/{shop.public_id}/returns/{row.public_id}/") <= 12


def test_the_way_back_goes_back_step_by_step_with_what_was_chosen(sam: Client, path: str, shirt: str) -> None:
    check = to_check(sam, path, {shirt: 1})
    way = go(sam, path, check, "check", go="back")
    assert 'value="own" checked' in way.content.decode()
    why = go(sam, path, way, "way", go="back")
    assert 'value="refund" checked' in why.content.decode() and 'value="too_small" checked' in why.content.decode()
    what = go(sam, path, why, "why", go="back")
    assert f'value="{shirt}" checked' in what.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"), [("3", "Choose a number from 1 to 2."), ("0", "Choose a number"), ("x", "Choose a number"), ("٣", "Choose")]
)
def test_more_pieces_than_were_bought_are_refused_at_the_field(
    sam: Client, in_scope: Scope, path: str, shirt: str, typed: str, said: str
) -> None:
    response = go(sam, path, sam.get(path), "what", line=[shirt], **{f"quantity_{shirt}": typed})
    html = response.content.decode()
    assert response.status_code == 422
    assert said in html and f'href="#quantity_{shirt}"' in html and f'value="{shirt}" checked' in html
    assert nothing_happened(in_scope)


def test_a_line_of_another_order_is_refused(sam: Client, in_scope: Scope, path: str) -> None:
    other = in_scope(lambda: line(place_order(number="1009")))
    for chosen in ([other], ["x"], [], ["\0"]):
        response = go(sam, path, sam.get(path), "what", line=chosen)
        assert response.status_code == 422
    assert nothing_happened(in_scope)


@pytest.mark.parametrize("state", ["", "x", "a:b:c", "\0"])
@pytest.mark.parametrize("step", ["why", "way", "check"])
def test_a_state_we_did_not_write_begins_anew(sam: Client, in_scope: Scope, path: str, state: str, step: str) -> None:
    response = sam.post(path, {"step": step, "state": state})
    assert response.status_code == 422
    assert "Please begin again; nothing was sent." in response.content.decode()
    assert nothing_happened(in_scope)


def test_a_state_of_another_order_begins_anew(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    state = state_of(to_check(sam, path, {shirt: 1}))
    other = in_scope(lambda: came(place_order(number="1008")))
    response = sam.post(f"/orders/{other.public_id}/returns/new/", {"step": "check", "state": state})
    assert response.status_code == 422
    assert nothing_happened(in_scope)


def test_what_was_never_chosen_cannot_be_sent(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    state = state_of(to_why(sam, path, {shirt: 1}))
    assert sam.post(path, {"step": "check", "state": state}).status_code == 200
    assert sam.post(path, {"step": "way", "state": state, "way": "own"}).status_code == 200
    assert nothing_happened(in_scope)


def test_an_outcome_that_is_not_offered_is_asked_for_again(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    for outcome in ("", "repair", "donate", "exchange variant:1", "REFUND", "x" * 500):
        response = to_way(sam, path, {shirt: 1}, outcome)
        assert response.status_code == 422, outcome
        assert "Choose an outcome, so that we know what to prepare." in response.content.decode()
    assert nothing_happened(in_scope)


def test_another_reason_shows_what_fits_it_first(sam: Client, path: str, shirt: str) -> None:
    shown = to_outcomes(sam, path, {shirt: 1})
    typed = {f"reason_{shirt}": "faulty", f"told_{shirt}": "too_small", f"outcome_{shirt}": "refund"}
    response = go(sam, path, shown, "why", **typed)
    html = response.content.decode()
    assert response.status_code == 200
    assert "You changed the reason" in html and 'value="refund" checked' not in html


def test_a_note_is_shown_as_text_and_a_huge_one_is_refused(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    evil = "<script>alert(1)</script>"
    typed = {f"note_{shirt}": evil}
    case = returned(sam, path, {shirt: 1}, **typed)
    html = sam.get(case).content.decode()
    assert evil not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    refused = to_way(sam, path, {shirt: 1}, **{f"note_{shirt}": "x" * 5000})
    assert refused.status_code == 422 and "at most 500 characters, and it has 5000" in refused.content.decode()
    assert in_scope(Return.objects.count) == 1


def test_more_pictures_than_a_form_takes_are_told_in_the_shop_s_look_and_nothing_is_kept(
    sam: Client, in_scope: Scope, path: str, shirt: str
) -> None:
    answer = sam.post(path, {f"photos_{shirt}": [jpeg() for _one in range(11)]})
    assert answer.status_code == 400
    assert "up to 10 pictures of at most 10 MB" in answer.content.decode()
    assert in_scope(CasePhoto.objects.count) == 0


def test_photos_come_with_the_form_and_are_kept_from_step_to_step(sam: Client, in_scope: Scope, shop: Order, path: str, shirt: str) -> None:
    more: dict[str, Any] = {"reason": "damaged", f"photos_{shirt}": [jpeg(), jpeg()]}
    case = returned(sam, path, {shirt: 1}, **more)
    row = in_scope(newest)
    assert in_scope(lambda: CasePhoto.objects.filter(line__case=row).count()) == 2
    assert sam.get(case).content.decode().count(f"/orders/{shop.public_id}/photos/") == 2


def test_what_is_no_picture_is_named_and_the_others_are_kept(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    fake = SimpleUploadedFile("x.jpg", b"<svg onload=alert(1)>", content_type="image/jpeg")
    more: dict[str, Any] = {"reason": "damaged", f"photos_{shirt}": [jpeg(), fake]}
    response = to_way(sam, path, {shirt: 1}, **more)
    html = response.content.decode()
    assert response.status_code == 422
    assert "One file is not a picture we can read" in html and "Your photo 1" in html
    assert nothing_happened(in_scope)


def test_an_exchange_shows_stock_and_difference_and_holds_what_was_chosen(sam: Client, in_scope: Scope) -> None:
    def prepare() -> tuple[Order, str, str]:
        furnished()
        product = upsert_product(external_id="SH", title="Linen shirt", price=Decimal("49.00"), currency="EUR", stock=5, at=NOW)
        sizes = [("M", "49.00", 2), ("L", "54.00", 3), ("XL", "49.00", 0)]
        rows = [
            Variant.objects.create(product=product, external_id=size, title=size, price=Decimal(price), stock=stock, rank=at)
            for at, (size, price, stock) in enumerate(sizes)
        ]
        bought = incoming_line(title="Linen shirt", variant_title="M", product_external_id="SH", quantity=1)
        order = came(place_order(number="1010", lines=(bought,)))
        return order, line(order), f"exchange variant:{rows[1].pk}"

    order, shirt, larger = in_scope(prepare)
    path = f"/orders/{order.public_id}/returns/new/"
    html = to_outcomes(sam, path, {shirt: 1}).content.decode()
    assert "Exchange for L" in html and "pay €5.00" in html and "3 left. We hold it for you." in html
    assert "The same again: M" in html and not re.search(r"\bXL\b", re.sub(r"[\w-]{22,}", "", html))
    case = returned(sam, path, {shirt: 1}, larger)
    row = in_scope(lambda: Exchange.objects.get())
    assert (row.variant_title, row.quantity, row.state, row.difference) == ("L", 1, "reserved", Decimal(5))
    assert "Held for you" in words(sam, case) and "You pay the difference of €5.00." in words(sam, case)


def test_several_lines_each_have_their_own_outcome(sam: Client, in_scope: Scope, path: str, shirt: str, belt: str) -> None:
    response = to_way(sam, path, {shirt: 2, belt: 1}, **{f"outcome_{belt}": "credit"})
    response = go(sam, path, response, "way", way="own")
    html = response.content.decode()
    assert "€98.00" in html and "€31.40" in html
    assert go(sam, path, response, "check").status_code == 302
    assert in_scope(lambda: sorted(ReturnLine.objects.values_list("quantity", "outcome"))) == [(1, "credit"), (2, "refund")]


def test_the_rest_of_a_line_can_go_later_and_no_more(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    returned(sam, path, {shirt: 1})
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        returned(sam, path, {shirt: 1})
        assert "All of it has gone back already, or is on its way." in sam.get(path).content.decode()
    assert in_scope(Return.objects.count) == 2


def test_two_windows_with_the_last_piece_are_one_return(sam: Client, in_scope: Scope, path: str, belt: str, shirt: str) -> None:
    first, second = to_check(sam, path, {belt: 1}), to_check(sam, path, {belt: 1}, "credit")
    assert go(sam, path, first, "check").status_code == 302
    refused = go(sam, path, second, "check")
    assert refused.status_code == 422
    assert in_scope(Return.objects.count) == 1


def test_after_the_last_day_it_says_why_and_what_helps(sam: Client, in_scope: Scope, shop: Order, path: str, shirt: str) -> None:
    with time_machine.travel(NOW + timedelta(days=31), tick=False):
        sam_later = signed_in_later(in_scope, shop)
        text = words(sam_later, f"/orders/{shop.public_id}/returns/")
        assert "The time to send it back ended on Sunday 20 December" in text
        assert "The last day to send it back has passed." in text and "Sell it on" in text and "Ask us" in text
        assert "Send something back" not in text
        response = go(sam_later, path, sam_later.get(path), "what", line=[shirt], **{f"quantity_{shirt}": "1"})
        assert response.status_code == 422
    assert nothing_happened(in_scope)


def signed_in_later(in_scope: Scope, order: Order) -> Client:
    merchant = in_scope(lambda: order.merchant)
    return signed_in(merchant, in_scope(lambda: order.customer), at=NOW + timedelta(days=31))


def test_nothing_goes_back_from_a_cancelled_order(sam: Client, in_scope: Scope, order: Order) -> None:
    in_scope(furnished)
    in_scope(cancel_order, order=order, reason="", at=NOW)
    assert "Send something back" not in words(sam, f"/orders/{order.public_id}/returns/")


def test_it_can_be_called_off_and_a_second_time_is_told(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    case = returned(sam, path, {shirt: 1})
    assert "Yes, call it off" in words(sam, case + "?cancel=1")
    assert sam.post(case, {"act": "cancel"}).status_code == 302
    assert in_scope(newest).state == ReturnState.CANCELLED
    assert "Called off" in words(sam, case)
    assert sam.post(case, {"act": "sent", "tracking_number": "123456789012"}).status_code == 409
    assert sam.post(case, {"act": "answer", "answer": "x"}).status_code == 409
    assert sam.post(case, {"act": "x"}).status_code == 422


def test_the_parcels_number_is_taken_once_it_is_one(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    case = returned(sam, path, {shirt: 1})
    for number in ("", "x" * 200):
        response = sam.post(case, {"act": "sent", "carrier": "DHL", "tracking_number": number})
        assert response.status_code == 422 and 'id="tracking_number-error"' in response.content.decode()
    assert sam.post(case, {"act": "sent", "carrier": "DHL", "tracking_number": "00340434161094099999"}).status_code == 302
    assert in_scope(newest).tracking_number == "00340434161094099999"
    assert "00340434161094099999" in words(sam, case)


def test_a_question_is_answered_on_the_page(sam: Client, in_scope: Scope, shop: Order, path: str, shirt: str) -> None:
    in_scope(lambda: ReturnPolicy.objects.update(rules=[{"id": "r1", "name": "look", "when": {}, "then": {"review": True}}]))
    case = returned(sam, path, {shirt: 1})
    assert in_scope(newest).state == ReturnState.REQUESTED
    assert "We answer by Monday 23 November" in words(sam, case)
    in_scope(lambda: ask_return(case=newest(), question="Is the label still on it?", at=NOW, by=STAFF))
    assert "Is the label still on it?" in words(sam, case)
    assert "A question for you" in words(sam, "/")
    refused = sam.post(case, {"act": "answer", "answer": " "})
    assert refused.status_code == 422 and 'id="answer-error"' in refused.content.decode()
    assert sam.post(case, {"act": "answer", "answer": "Yes, it is."}).status_code == 302
    assert in_scope(newest).answer == "Yes, it is."


def test_a_declined_one_says_why_and_what_may_help(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    in_scope(lambda: ReturnPolicy.objects.update(rules=[{"id": "r1", "name": "look", "when": {}, "then": {"review": True}}]))
    case = returned(sam, path, {shirt: 1})
    in_scope(lambda: decline_return(case=newest(), reason="It was worn.", next_best="sell_on", at=NOW, by=STAFF))
    text = words(sam, case)
    assert "Not possible" in text and "It was worn." in text and "Sell it on" in text


def test_a_code_for_the_counter_is_a_picture_and_a_text(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    case = returned(sam, path, {shirt: 1})
    in_scope(lambda: label_made(case=newest(), label=Label(Way.CODE, code="RMA<1>", provider="x", provider_id="1"), at=NOW))
    html = sam.get(case).content.decode()
    assert 'class="segno"' in html and "RMA&lt;1&gt;" in html and "style=" not in html


def test_a_guest_returns_without_an_account(acme: Merchant, in_scope: Scope, shop: Order, path: str, shirt: str) -> None:
    guest = guest_of(acme, shop)
    case = returned(guest, path, {shirt: 1})
    assert in_scope(newest).origin == Origin.GUEST
    assert guest.get(case).status_code == 200
    eve = signed_in(acme, in_scope(customer, email="eve@example.com"))
    assert (eve.get(case).status_code, eve.post(case, {"act": "cancel"}).status_code) == (404, 404)
    assert in_scope(newest).state == ReturnState.LABELLED


def test_a_return_of_another_order_of_mine_is_not_under_this_one(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    case = returned(sam, path, {shirt: 1})
    other = in_scope(place_order, number="1011")
    assert sam.get(f"/orders/{other.public_id}/returns/{case.rstrip('/').rpartition('/')[2]}/").status_code == 404


def test_all_returns_stand_in_one_list_page_by_page(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    assert "Nothing is on its way back" in words(sam, "/returns/")
    returned(sam, path, {shirt: 1})
    rma = in_scope(newest).rma
    text = words(sam, "/returns/")
    assert f"Return {rma}" in text and "Ready to hand over" in text and "Hand it over by Sun 20 Dec" in text and "Order 1001" in text
    assert rows_read(sam, "/returns/") <= 12
    assert "Ready to hand over" in words(sam, "/") and rows_read(sam, "/") <= 12
    assert f"Return {rma}" in words(sam, path.replace("new/", ""))


def test_pieces_changed_after_the_check_have_to_be_answered_again(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    checked = to_check(sam, path, {shirt: 1})
    changed = go(sam, path, checked, "what", line=[shirt], **{f"quantity_{shirt}": "2"})
    assert sam.post(path, {"step": "check", "state": state_of(changed)}).status_code == 200
    assert nothing_happened(in_scope)


def test_one_that_was_called_off_can_be_sent_in_again(sam: Client, in_scope: Scope, path: str, shirt: str) -> None:
    checked = to_check(sam, path, {shirt: 1})
    first = go(sam, path, checked, "check")["Location"].partition("?")[0]
    assert sam.post(first, {"act": "cancel"}).status_code == 302
    again = go(sam, path, checked, "check")["Location"].partition("?")[0]
    assert again != first
    assert in_scope(lambda: list(Return.objects.order_by("pk").values_list("state", flat=True))) == ["cancelled", "labelled"]


def test_two_windows_with_two_sizes_are_two_exchanges(sam: Client, in_scope: Scope) -> None:
    def prepare() -> tuple[str, str, list[str]]:
        furnished()
        product = upsert_product(external_id="SH", title="Linen shirt", price=Decimal("49.00"), currency="EUR", stock=5, at=NOW)
        rows = [
            Variant.objects.create(product=product, external_id=size, title=size, price=Decimal("49.00"), stock=3, rank=rank)
            for rank, size in enumerate(["M", "L", "XL"])
        ]
        bought = incoming_line(title="Linen shirt", variant_title="M", product_external_id="SH", quantity=2)
        order = came(place_order(number="1010", lines=(bought,)))
        return f"/orders/{order.public_id}/returns/new/", line(order), [f"exchange variant:{row.pk}" for row in rows]

    path, shirt, sizes = in_scope(prepare)
    large, larger = to_check(sam, path, {shirt: 1}, sizes[1]), to_check(sam, path, {shirt: 1}, sizes[2])
    for window in (large, larger, larger):
        assert go(sam, path, window, "check").status_code == 302
    assert in_scope(lambda: list(Exchange.objects.order_by("pk").values_list("variant_title", flat=True))) == ["L", "XL"]
