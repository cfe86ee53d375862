"""A provider that asks to wait is left alone, and only that provider."""

from datetime import timedelta

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import Message, ProviderAccount
from notifications.types import Accepted, NotAccepted, Outcome, Outgoing
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import Stub, mail_states, mails, make_due, open_accounts, run


def test_until_the_time_a_provider_names_it_is_not_called_again_and_others_are(wired: Merchant, borealis: Merchant, stub: Stub) -> None:
    open_accounts(borealis, "email")

    def busy_for_acme(message: Outgoing) -> Outcome:
        return NotAccepted("HTTP 429", retry_after=30) if message.message_id in acmes else Accepted("P")

    stub.answer = busy_for_acme
    with merchant_scope(wired.pk):
        place_order(number="1", phone="")
    acmes: set[int] = set()
    from events.services import drain  # noqa: PLC0415

    while drain(lambda: NOW):
        pass
    acmes |= {row.pk for row in mails(wired)}
    run()
    assert len(stub.taken) == 1
    for number in ("2", "3", "4"):
        with merchant_scope(wired.pk):
            place_order(number=number, phone="")
    with merchant_scope(borealis.pk):
        place_order(number="9", phone="")
    run()
    assert len(stub.taken) == 2
    assert mail_states(borealis) == {"order_confirmation/email": "sent"}
    waiting = mails(wired)[1:]
    assert {(row.state, row.reason, row.attempts) for row in waiting} == {("pending", "provider_asks_to_wait", 0)}
    with merchant_scope(wired.pk):
        account = ProviderAccount.objects.get(channel="email")
        assert account.paused_until is not None
        latest = max(row.due_at for row in waiting)
        assert timedelta() <= latest - account.paused_until < timedelta(seconds=5)
    stub.answer = lambda message: Accepted(f"P-{message.token}")
    make_due(wired)
    run()
    assert {row.state for row in mails(wired)} == {"sent"}


def test_without_a_time_named_only_the_message_itself_waits(wired: Merchant, stub: Stub) -> None:
    stub.answer = lambda message: NotAccepted("no connection")
    with merchant_scope(wired.pk):
        place_order(number="1", phone="")
    run()
    with merchant_scope(wired.pk):
        assert ProviderAccount.objects.get(channel="email").paused_until is None
        assert Message.objects.get(channel="email").attempts == 1
