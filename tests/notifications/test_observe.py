"""A provider's word moves a message forward, once, and only its own message."""

from datetime import timedelta
from itertools import permutations

import pytest

from customers.models import Suppression
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import Callback, Message, ProviderAccount
from notifications.selectors import (
    BadCursor,
    LogFilter,
    MessageNotFound,
    merchant_queue_figures,
    message_log,
    message_story,
    messages_of_order,
    queue_figures,
)
from notifications.services import observe, purge_contents
from notifications.types import NotAccepted, Report, Unknown
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import Stub, mail_states, mails, make_due, open_accounts, run


@pytest.fixture
def mail(wired: Merchant, stub: Stub) -> Message:
    """A confirmation the provider has accepted."""
    with merchant_scope(wired.pk):
        place_order(phone="")
    run()
    return mails(wired)[0]


def tell(mail: Message, state: str, **over: str) -> object:
    values = {"provider_id": mail.provider_id, "token": mail.token, "state": state, **over}
    with merchant_scope(mail.merchant_id or 0):
        assert mail.account_id is not None
        return observe(account_id=mail.account_id, report=Report(**values), at=NOW)


def callbacks(mail: Message) -> int:
    with merchant_scope(mail.merchant_id or 0):
        return Callback.objects.count()


@pytest.mark.parametrize("order", list(permutations(["sent", "sent", "delivered"])))
def test_in_whatever_order_the_callbacks_come_the_end_is_the_same(mail: Message, wired: Merchant, order: tuple[str, ...]) -> None:
    for state in order:
        tell(mail, state)
    assert mail_states(wired) == {"order_confirmation/email": "delivered"}
    assert callbacks(mail) == 2


def test_a_repeated_callback_has_no_effect(mail: Message, wired: Merchant) -> None:
    for _ in range(5):
        tell(mail, "delivered")
    assert callbacks(mail) == 1
    assert mails(wired)[0].finished_at == NOW


def test_a_hard_bounce_and_a_complaint_block_the_address(mail: Message, wired: Merchant) -> None:
    tell(mail, "bounced", suppress="bounce", detail="550 no such user")
    assert mail_states(wired) == {"order_confirmation/email": "bounced:550 no such user"}
    with merchant_scope(wired.pk):
        assert list(Suppression.objects.values_list("channel", "reason", "detail")) == [("email", "bounce", "550 no such user")]


def test_a_callback_naming_another_recipient_changes_nothing(mail: Message, wired: Merchant) -> None:
    tell(mail, "bounced", suppress="bounce", recipient="someone@else.example")
    assert mail_states(wired) == {"order_confirmation/email": "sent"}
    assert callbacks(mail) == 0
    with merchant_scope(wired.pk):
        assert Suppression.objects.count() == 0


def test_the_same_recipient_written_differently_is_the_same(mail: Message, wired: Merchant) -> None:
    tell(mail, "delivered", recipient="Sam@EXAMPLE.com")
    assert mail_states(wired) == {"order_confirmation/email": "delivered"}


def test_another_account_or_an_unknown_token_changes_nothing(mail: Message, wired: Merchant) -> None:
    with merchant_scope(wired.pk):
        other = ProviderAccount.objects.get(channel="sms")
        assert observe(account_id=other.pk, report=Report(mail.provider_id, mail.token, "bounced"), at=NOW).is_known is False
        assert observe(account_id=other.pk, report=Report(mail.provider_id, "", "bounced"), at=NOW).is_known is False
    tell(mail, "bounced", token="x" * 22)
    assert mail_states(wired) == {"order_confirmation/email": "sent"}
    assert callbacks(mail) == 0


def test_without_a_token_the_providers_id_leads_to_the_message(mail: Message, wired: Merchant) -> None:
    tell(mail, "delivered", token="")
    assert mail_states(wired) == {"order_confirmation/email": "delivered"}


def test_another_merchants_message_is_out_of_reach(mail: Message, wired: Merchant, borealis: Merchant) -> None:
    open_accounts(borealis, "email")
    with merchant_scope(borealis.pk):
        theirs = ProviderAccount.objects.get()
        assert observe(account_id=theirs.pk, report=Report(mail.provider_id, mail.token, "bounced"), at=NOW).is_known is False
    assert mail_states(wired) == {"order_confirmation/email": "sent"}


def test_a_callback_settles_an_unknown_outcome(wired: Merchant, stub: Stub) -> None:
    stub.answer = lambda message: Unknown("ReadTimeout")
    with merchant_scope(wired.pk):
        place_order(phone="")
    run()
    mail = mails(wired)[0]
    tell(mail, "sent", provider_id="P-7")
    settled = mails(wired)[0]
    assert (settled.state, settled.provider_id, settled.unknown_since) == ("sent", "P-7", None)
    make_due(wired)
    run()
    assert len(stub.taken) == 1


def test_the_story_tells_event_decision_wording_tries_and_callbacks_in_constant_queries(
    mail: Message, wired: Merchant, django_assert_num_queries: object
) -> None:
    tell(mail, "delivered")
    with merchant_scope(wired.pk):
        with django_assert_num_queries(9):  # type: ignore[operator]
            story = message_story(message_id=mail.pk)
            assert story.event is not None
            assert story.event.type == "orders.order.confirmed"
            assert story.account is not None
            assert [attempt.outcome for attempt in story.attempts] == ["accepted"]
            assert [callback.state for callback in story.callbacks] == ["delivered"]
            assert story.content is not None
            assert "1001" in story.content.subject
            assert {row["condition"] for row in story.reasons} >= {"merchant_off", "suppressed", "no_email"}
            assert story.message.order is not None
            assert story.message.order.number == "1001"
        with pytest.raises(MessageNotFound):
            message_story(message_id=mail.pk + 1000)


def test_the_log_is_read_page_by_page_newest_first(wired: Merchant, stub: Stub) -> None:
    with merchant_scope(wired.pk):
        for number in range(1, 6):
            place_order(number=str(number), at=NOW + timedelta(minutes=number))
    run()
    seen: list[int] = []
    cursor, pages = "", 0
    with merchant_scope(wired.pk):
        while True:
            page = message_log(cursor=cursor, limit=3)
            seen += [row.pk for row in page.messages]
            cursor, pages = page.next_cursor, pages + 1
            if not cursor:
                break
        assert (len(seen), len(set(seen)), pages) == (10, 10, 4)
        assert seen == sorted(seen, reverse=True)
        assert {row.channel for row in message_log(filters=LogFilter(channel="sms")).messages} == {"sms"}
        assert len(message_log(filters=LogFilter(order_number="#3")).messages) == 2
        assert len(message_log(filters=LogFilter(recipient="SAM@example.com")).messages) == 5
        assert len(message_log(filters=LogFilter(recipient="+49 1512 3456789")).messages) == 5
        assert message_log(filters=LogFilter(state="dead")).messages == []
        assert message_log(filters=LogFilter(until=NOW)).messages == []
        first = message_log(filters=LogFilter(order_number="1")).messages[0]
        assert first.order_id is not None
        assert len(messages_of_order(order_id=first.order_id)) == 2


@pytest.mark.parametrize("cursor", ["x", "!!!!", "MjAyNi0xMS0yMHwx", "MjAyNi0xMS0yMFQxMDowMDowMHwx", "ÿ" * 20])
def test_a_cursor_of_somebodys_own_making_is_refused(in_acme: Merchant, cursor: str) -> None:
    with pytest.raises(BadCursor):
        message_log(cursor=cursor)


def test_the_queues_figures_count_what_waits_what_is_in_doubt_and_what_died(wired: Merchant, borealis: Merchant, stub: Stub) -> None:
    stub.answer = lambda message: Unknown("x") if message.channel == "sms" else NotAccepted("busy")
    with merchant_scope(wired.pk):
        place_order()
    run()
    figures = queue_figures()
    assert (figures.due, figures.waiting, figures.unknown, figures.dead, figures.oldest_due_mandatory) == (0, 1, 1, 0, None)
    for _ in range(8):
        with merchant_scope(wired.pk):
            ProviderAccount.objects.update(paused_until=None)
            Message.objects.filter(state="pending").update(due_at=NOW - timedelta(days=365))
        assert (queue_figures().oldest_due_mandatory or timedelta()) > timedelta(days=300) or mail_states(wired)[
            "order_confirmation/email"
        ] != "pending"
        run()
    assert (queue_figures().dead, queue_figures().dead_mandatory) == (1, 1)
    assert merchant_queue_figures(merchant_id=wired.pk).dead == 1
    assert merchant_queue_figures(merchant_id=borealis.pk).dead == 0


def test_after_ninety_days_the_words_are_gone_and_the_fact_is_kept(mail: Message, wired: Merchant) -> None:
    assert purge_contents(now=NOW + timedelta(days=89)) == 0
    assert purge_contents(now=NOW + timedelta(days=91)) == 1
    with merchant_scope(wired.pk):
        assert message_story(message_id=mail.pk).content is None
    assert mail_states(wired) == {"order_confirmation/email": "sent"}
