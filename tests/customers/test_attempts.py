"""Limits on tries: per subject, per network, per merchant, and for two at the same moment."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from customers.models import Attempt
from customers.services import count_attempt, keyed, may_try, too_many
from customers.types import Attempted
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from tests.conftest import NOW

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TWO_A_MINUTE = ((MINUTE, 2), (HOUR, 3))
SAM, KIM = keyed("email", "sam@example.com"), keyed("email", "kim@example.com")


def tried(*, what: str = Attempted.LOOK_UP, key: str = SAM, at: timedelta = timedelta(0)) -> bool:
    return may_try(what=what, limits={key: TWO_A_MINUTE}, at=NOW + at)


def test_a_limit_holds_until_its_window_is_over(in_acme: Merchant) -> None:
    assert [tried(), tried(), tried()] == [True, True, False]
    assert [tried(at=MINUTE), tried(at=2 * MINUTE), tried(at=HOUR)] == [True, False, True]


def test_what_was_refused_is_not_counted(in_acme: Merchant) -> None:
    for _ in range(5):
        tried()
    assert Attempt.objects.count() == 2


def test_each_key_and_each_kind_is_counted_apart(in_acme: Merchant) -> None:
    assert [tried(), tried(), tried()] == [True, True, False]
    assert (tried(key=KIM), tried(what=Attempted.CONFIRM)) == (True, True)


def test_one_full_key_is_enough_and_spends_nothing_of_the_other(in_acme: Merchant) -> None:
    count_attempt(what=Attempted.LOOK_UP, keys=[SAM, SAM], at=NOW)
    both = {SAM: TWO_A_MINUTE, KIM: TWO_A_MINUTE}
    assert may_try(what=Attempted.LOOK_UP, limits=both, at=NOW) is False
    assert Attempt.objects.count() == 2


def test_an_empty_key_limits_nobody(in_acme: Merchant) -> None:
    nobody = keyed("network", " ")
    assert nobody == ""
    for _ in range(4):
        assert may_try(what=Attempted.LOOK_UP, limits={nobody: TWO_A_MINUTE}, at=NOW)
    assert Attempt.objects.count() == 0


def test_case_and_spaces_make_no_new_key() -> None:
    assert keyed("email", " Sam@Example.com ") == SAM


def test_the_row_does_not_hold_what_was_typed(in_acme: Merchant) -> None:
    count_attempt(what=Attempted.LOOK_UP, keys=[SAM], at=NOW)
    row = Attempt.objects.get()
    assert (len(row.key), "sam" in row.key) == (64, False)


def test_another_merchant_counts_for_itself(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        count_attempt(what=Attempted.LOOK_UP, keys=[SAM, SAM], at=NOW)
        mine = Attempt.objects.values_list("key", flat=True).first()
    with merchant_scope(borealis.pk):
        assert too_many(what=Attempted.LOOK_UP, limits={SAM: TWO_A_MINUTE}, at=NOW) is False
        count_attempt(what=Attempted.LOOK_UP, keys=[SAM], at=NOW)
        assert Attempt.objects.values_list("key", flat=True).get() != mine


def test_an_unknown_kind_is_refused(in_acme: Merchant) -> None:
    with pytest.raises(ValueError, match="guessing"):
        may_try(what="guessing", limits={SAM: TWO_A_MINUTE}, at=NOW)


def test_it_is_refused_outside_a_transaction(db: None) -> None:
    with pytest.raises(RuntimeError):
        too_many(what=Attempted.LOOK_UP, limits={SAM: TWO_A_MINUTE}, at=NOW)


def test_of_eight_at_once_only_two_get_a_place(real_commits: None) -> None:
    merchant = create_merchant(slug="acme", name="Acme", at=NOW, language="en", country="DE", currency="EUR", timezone="Europe/Berlin")
    outcomes: list[bool] = []
    gate = threading.Barrier(8)

    def one() -> None:
        gate.wait(timeout=120)
        with merchant_scope(merchant.pk):
            outcomes.append(may_try(what=Attempted.LOOK_UP, limits={SAM: TWO_A_MINUTE, KIM: TWO_A_MINUTE}, at=NOW))
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert sorted(outcomes) == [False] * 6 + [True] * 2
