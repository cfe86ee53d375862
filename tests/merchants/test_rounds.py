"""A round over all merchants: each in its own scope, and none waits for another's trouble."""

from collections.abc import Callable

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from customers.models import Customer
from merchants.models import Merchant
from merchants.rounds import visit_all, work_off
from merchants.scope import merchant_scope, required_merchant_id
from tests.conftest import NOW
from tests.factories import customer


@pytest.fixture
def three(acme: Merchant, borealis: Merchant) -> list[int]:
    Merchant.objects.create(slug="closed", name="Closed", is_active=False, created_at=NOW)
    return [acme.pk, borealis.pk]


def test_every_active_merchant_is_visited_once_in_its_own_scope(three: list[int]) -> None:
    seen: list[int] = []

    def work() -> int:
        seen.append(required_merchant_id())
        return 2

    assert (visit_all(work), seen) == (4, three)


def batches_of(left: dict[int, int], seen: list[int]) -> Callable[[], int]:
    def work() -> int:
        merchant = required_merchant_id()
        seen.append(merchant)
        done = min(left[merchant], 10)
        left[merchant] -= done
        return done

    return work


def test_merchants_take_turns_until_none_has_anything_left(three: list[int]) -> None:
    acme, borealis = three
    seen: list[int] = []
    assert work_off(batches_of({acme: 25, borealis: 5}, seen)) == 30
    assert seen == [acme, borealis, acme, borealis, acme, acme]


def test_what_has_to_be_forgotten_is_forgotten_at_closed_merchants_too(three: list[int]) -> None:
    closed = Merchant.objects.get(slug="closed").pk
    seen: list[int] = []
    assert work_off(batches_of(dict.fromkeys([*three, closed], 1), seen), closed_too=True) == 3
    assert sorted(set(seen)) == sorted([*three, closed])


def test_what_fails_at_one_is_taken_back_and_logged_and_the_others_go_on(three: list[int], caplog: pytest.LogCaptureFixture) -> None:
    acme, borealis = three
    left = {acme: 1, borealis: 3}

    def work() -> int:
        if required_merchant_id() == acme:
            customer()
            raise ValueError("bad row")
        left[borealis] -= 1
        return int(left[borealis] >= 0)

    assert work_off(work) == 3
    assert [(record.message, record.__dict__["merchant"]) for record in caplog.records] == [("a merchant's round failed", acme)]
    with merchant_scope(acme):
        assert Customer.objects.count() == 0


def test_the_end_of_the_tasks_time_ends_the_round(three: list[int]) -> None:
    def work() -> int:
        raise SoftTimeLimitExceeded

    with pytest.raises(SoftTimeLimitExceeded):
        visit_all(work)
