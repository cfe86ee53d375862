"""Two workers, one cap; two members of staff, one automation: real threads, real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

from events import queue
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.services import create_merchant
from notifications.automations import CannotPublish, StaleDraft, publish, save_draft, versions_of
from notifications.models import AutomationVersion, Message
from notifications.services.moves import QUEUE
from notifications.services.prepare import prepare
from notifications.studio.types import Draft
from notifications.versions import StaleDraft as StaleWording
from notifications.versions import save_draft as save_wording
from tests.conftest import NOW
from tests.notifications.conftest import Stub, make_due, open_accounts
from tests.notifications.test_decisions import MONDAY, agree, buy, decide_only, offers


def together(*acts: Callable[[], Any]) -> list[Any]:
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=120)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def shop() -> Merchant:
    return create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")


def test_two_workers_do_not_fill_the_same_place_under_a_cap(real_commits: None, stub: Stub) -> None:
    merchant = shop()
    open_accounts(merchant, "email", "sms")
    with merchant_scope(merchant.pk):
        offers(channels=["sms"])
        agree("sms")
        buy(number="1")
        buy(number="2")
    decide_only(MONDAY)
    with merchant_scope(merchant.pk):
        adverts = Message.objects.filter(kind="additions", channel="sms")
        adverts.update(state="pending", reason="", finished_at=None, send_at=MONDAY)
        Message.objects.exclude(kind="additions").delete()
    make_due(merchant)
    leases = [queue.claim(QUEUE, limit=1), queue.claim(QUEUE, limit=1)]
    together(*(lambda batch=batch: prepare(batch, MONDAY) for batch in leases))
    with merchant_scope(merchant.pk):
        found = sorted(adverts.values_list("state", "reason"))
    assert found == [("sending", ""), ("suppressed", "frequency_cap")]


def test_of_two_publishers_one_is_told_that_it_is_published(real_commits: None) -> None:
    merchant = shop()
    with merchant_scope(merchant.pk):
        draft = save_draft(kind="thanks", definition={"channels": []}, at=NOW)

    def go() -> str:
        try:
            with merchant_scope(merchant.pk):
                publish(version=AutomationVersion.objects.get(pk=draft.pk), at=NOW)
        except CannotPublish:
            return "refused"
        return "published"

    assert sorted(together(go, go)) == ["published", "refused"]
    with merchant_scope(merchant.pk):
        assert [row.state for row in versions_of(kind="thanks")] == ["published"]


def test_of_two_first_drafts_of_a_kind_one_is_kept(real_commits: None) -> None:
    merchant = shop()

    def go() -> str:
        try:
            with merchant_scope(merchant.pk):
                save_draft(kind="thanks", definition={"channels": []}, at=NOW)
        except StaleDraft:
            return "stale"
        return "kept"

    assert sorted(together(go, go)) == ["kept", "stale"]
    with merchant_scope(merchant.pk):
        assert len(versions_of(kind="thanks")) == 1


def test_of_two_first_drafts_of_a_wording_one_is_kept(real_commits: None) -> None:
    merchant = shop()
    draft = Draft("thanks", "sms", "en", source="Thanks for {{ order.number }}")

    def go() -> str:
        try:
            with merchant_scope(merchant.pk):
                save_wording(draft=draft, by=None, at=NOW)
        except StaleWording:
            return "stale"
        return "kept"

    assert sorted(together(go, go)) == ["kept", "stale"]
