"""Observe: a provider's word about a message moves it forward, once, and blocks addresses that must not be written to."""

import logging
from dataclasses import dataclass
from datetime import datetime

from core.transactions import require_transaction
from customers.selectors import recipient_key
from customers.services import stop_texts, suppress
from customers.types import Channel, SuppressionReason
from notifications.models import Attempt, Callback, Message
from notifications.rules import FINAL, OTHER_ACCOUNT, may_follow
from notifications.services.figures import count_report
from notifications.services.ladder import has_failed, step_down
from notifications.types import MessageState, Report

logger = logging.getLogger(__name__)
OFFERED = (OTHER_ACCOUNT, "not_accepted")


@dataclass(frozen=True, slots=True)
class Observed:
    """Whether the report was about a message of this account and new, and whether it moved the message."""

    is_known: bool
    is_new: bool = False
    has_moved: bool = False


def observe(*, account_id: int, report: Report, at: datetime) -> Observed:
    """Take one report of an account's provider, in the merchant's scope.

    Ignored and logged: a message we do not know or of another account, and a recipient that is not the message's.
    """
    require_transaction("observe")
    message = _message(account_id, report)
    if message is None:
        logger.warning("callback about no message of ours", extra={"account": account_id})
        return Observed(is_known=False)
    if report.recipient and recipient_key(message.channel, report.recipient) != recipient_key(message.channel, message.recipient):
        logger.warning("callback names another recipient", extra={"account": account_id, "message_id": message.pk})
        return Observed(is_known=False)
    _, is_new = Callback.objects.get_or_create(
        account_id=account_id,
        provider_id=(report.provider_id or message.token)[:200],
        state=report.state,
        defaults={"message": message, "detail": _words(message, report), "received_at": at},
    )
    if not is_new:
        return Observed(is_known=True)
    if report.suppress and message.recipient:
        _block(message, report, at)
    return Observed(is_known=True, is_new=True, has_moved=_forward(message, account_id, report, at))


def _words(message: Message, report: Report) -> str:
    """What the provider says, which may name the address: not kept of a shopper who was forgotten."""
    return report.detail.replace("\x00", "")[:300] if message.recipient else ""


def _block(message: Message, report: Report, at: datetime) -> None:
    if message.channel == Channel.SMS and report.suppress == SuppressionReason.STOP:
        stop_texts(number=message.recipient, detail=report.detail[:200], at=at)
    else:
        suppress(channel=message.channel, recipient=message.recipient, reason=report.suppress, detail=report.detail[:200], at=at)


def _message(account_id: int, report: Report) -> Message | None:
    """Locked, so that two callbacks at once are taken one after the other."""
    rows = Message.objects.select_for_update(of=("self",))
    by_token: Message | None = rows.filter(token=report.token).first() if report.token else None
    if by_token is not None:
        return by_token if by_token.account_id == account_id or _was_tried(by_token, account_id) else None
    if report.token or not report.provider_id:
        return None
    by_id: Message | None = rows.filter(account_id=account_id, provider_id=report.provider_id).first()
    return by_id


def _was_tried(message: Message, account_id: int) -> bool:
    """Whether the account was called for the message before another took over."""
    return Attempt.objects.filter(message=message, account=account_id).exists()


def _forward(message: Message, account_id: int, report: Report, at: datetime) -> bool:
    is_earlier = message.account_id != account_id
    if is_earlier and report.state not in (MessageState.SENT, MessageState.DELIVERED):
        return False  # that the first account failed is why the second was asked
    # An account that said it did not take the message, and sends word that it did, settles it before the next try.
    was_offered = message.is_possible_duplicate or message.reason in OFFERED
    if not may_follow(report.state, current=message.state, is_possible_duplicate=was_offered):
        return False
    before = message.state
    message.state = report.state
    message.reason = report.detail[:60] if report.state in (MessageState.BOUNCED, MessageState.FAILED) else ""
    if is_earlier:
        message.account_id = account_id
    message.provider_id = message.provider_id or report.provider_id[:200]
    message.sent_at = message.sent_at or at
    message.unknown_since = None
    message.finished_at = at if report.state in FINAL else None
    message.save(update_fields=["state", "reason", "account", "provider_id", "sent_at", "unknown_since", "finished_at"])
    count_report(message, before=before, at=at)
    if has_failed(message.state, message.reason):
        step_down(message_ids=[message.pk], at=at)
    return True
