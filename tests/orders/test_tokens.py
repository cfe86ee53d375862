"""Links to an order: what they say, how long they work, and who can make them."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from merchants.models import Merchant
from merchants.scope import merchant_scope
from orders.models import Order
from orders.services.links import revoke_gift_link, revoke_order_links
from orders.tokens import LENGTH, gift_token, order_link_token, read_gift_link, read_order_link
from tests.conftest import NOW
from tests.factories import place_order

DAY = timedelta(days=1)


@pytest.fixture
def order(in_acme: Merchant) -> Order:
    return place_order()


def test_an_order_link_names_the_order_and_its_last_day(order: Order) -> None:
    link = read_order_link(order_link_token(order, at=NOW))
    assert link is not None
    assert (link.public_id, link.epoch, link.until) == (order.public_id, 0, date(2026, 12, 20))


def test_a_gift_link_works_for_half_a_year_from_the_order(order: Order) -> None:
    link = read_gift_link(gift_token(order))
    assert link is not None
    assert (link.public_id, link.epoch, link.until) == (order.public_id, 0, date(2027, 5, 19))


def test_all_links_of_one_day_are_one_link_and_the_next_day_has_another(order: Order) -> None:
    morning, evening, next_day = (order_link_token(order, at=at) for at in (NOW, NOW + timedelta(hours=13), NOW + DAY))
    assert morning == evening != next_day


def test_a_token_fits_an_address(order: Order) -> None:
    assert {len(order_link_token(order, at=NOW)), len(gift_token(order))} == {LENGTH} == {62}


@pytest.mark.parametrize(("after", "is_live"), [(0, True), (29, True), (30, True), (31, False), (400, False)])
def test_an_order_link_works_to_the_end_of_its_last_day(order: Order, after: int, is_live: bool) -> None:
    link = read_order_link(order_link_token(order, at=NOW))
    assert link is not None
    assert link.is_live(epoch=0, now=NOW + after * DAY) is is_live


def changed(token: str, at: int) -> str:
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]


@pytest.mark.parametrize("read", [read_order_link, read_gift_link])
def test_no_character_of_a_token_can_be_changed(order: Order, read: Callable[[str], object]) -> None:
    token = order_link_token(order, at=NOW) if read is read_order_link else gift_token(order)
    assert [at for at in range(LENGTH) if read(changed(token, at)) is not None] == []


@pytest.mark.parametrize("wrong", ["", "x", "A" * 62, "A" * 500, "💥" * 62, "\ud800" * 62, "0" * 61])
def test_what_is_no_token_is_none(order: Order, wrong: str) -> None:
    assert (read_order_link(wrong), read_gift_link(wrong)) == (None, None)


def test_a_link_for_one_purpose_opens_nothing_else(order: Order) -> None:
    assert read_gift_link(order_link_token(order, at=NOW)) is None
    assert read_order_link(gift_token(order)) is None


def test_another_merchant_cannot_read_it(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        order = place_order()
        view, gift = order_link_token(order, at=NOW), gift_token(order)
    with merchant_scope(borealis.pk):
        assert (read_order_link(view), read_gift_link(gift)) == (None, None)


def test_revoking_gift_links_ends_those_alone(order: Order) -> None:
    view, gift = read_order_link(order_link_token(order, at=NOW)), read_gift_link(gift_token(order))
    revoke_gift_link(order=order, at=NOW)
    order.refresh_from_db()
    assert view is not None
    assert gift is not None
    assert (gift.is_live(epoch=order.gift_epoch, now=NOW), view.is_live(epoch=order.link_epoch, now=NOW)) == (False, True)
    fresh = read_gift_link(gift_token(order))
    assert fresh is not None
    assert fresh.is_live(epoch=order.gift_epoch, now=NOW)


def test_revoking_order_links_ends_those_alone(order: Order) -> None:
    view, gift = read_order_link(order_link_token(order, at=NOW)), read_gift_link(gift_token(order))
    revoke_order_links(order=order, at=NOW)
    order.refresh_from_db()
    assert view is not None
    assert gift is not None
    assert (gift.is_live(epoch=order.gift_epoch, now=NOW), view.is_live(epoch=order.link_epoch, now=NOW)) == (True, False)


def test_an_epoch_at_its_end_stays_there(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(gift_epoch=32_767, link_epoch=32_767)
    revoke_gift_link(order=order, at=NOW)
    revoke_order_links(order=order, at=NOW)
    order.refresh_from_db()
    assert (order.gift_epoch, order.link_epoch) == (32_767, 32_767)
