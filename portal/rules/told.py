"""Messages we sent or withheld, in plain words: what it was, what became of it, and why. One table for all reasons."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from customers.types import MARKETING, Topic
from notifications.types import Kind, MessageState
from portal.types import State

SENT = frozenset({MessageState.SENT, MessageState.DELIVERED, MessageState.BOUNCED, MessageState.UNKNOWN})


def kind_words(kind: str) -> str:
    """What a message tells."""
    words = {
        Kind.ORDER_CONFIRMATION: _("Order confirmation"),
        Kind.THANKS: _("Thanks, with the dispatch day"),
        Kind.DISPATCH: _("Parcel sent"),
        Kind.CANCELLATION: _("Order cancelled"),
        Kind.REFUND: _("Refund sent"),
        Kind.SIGN_IN: _("Sign-in code"),
        Kind.ARRIVED_IN_CITY: _("Parcel in your city"),
        Kind.OUT_FOR_DELIVERY: _("Out for delivery"),
        Kind.ATTEMPT_FAILED: _("Delivery was tried"),
        Kind.READY_FOR_PICKUP: _("Ready to collect"),
        Kind.PICKUP_EXPIRING: _("Collect it before it goes back"),
        Kind.DELAYED: _("Parcel late"),
        Kind.DISPATCH_DELAYED: _("Not sent in time, with a choice"),
        Kind.LOST_SUSPECTED: _("Parcel probably lost"),
        Kind.DELIVERED: _("Delivered"),
        Kind.CHOICE_RECEIVED: _("Your choice noted"),
        Kind.RECEIPT_DENIED: _("Delivered, but not found"),
        Kind.NOTE: _("A message from our team"),
        Kind.ADDITIONS: _("Items for the same parcel"),
        Kind.ORDER_CODE: _("Code for an order"),
        Kind.EMAIL_CODE: _("Code for a new e-mail address"),
        Kind.ACCOUNT_NOTICE: _("A change in your account"),
        Kind.REQUEST_RECEIVED: _("Your request received"),
        Kind.REQUEST_DECIDED: _("Answer to your request"),
        Kind.PRIVACY: _("Copy or erasure of your data"),
        Kind.RETURN_RECEIVED: _("Your return asked for"),
        Kind.RETURN_APPROVED: _("Return approved, and how to send it"),
        Kind.RETURN_QUESTION: _("A question about your return"),
        Kind.RETURN_DECLINED: _("Return not possible, and why"),
        Kind.RETURN_REMINDER: _("Hand your return over in time"),
        Kind.RETURN_HANDED_OVER: _("Return on its way back"),
        Kind.RETURN_ARRIVED: _("Return arrived"),
        Kind.RETURN_INSPECTED: _("Return checked"),
        Kind.RETURN_REFUNDED: _("Money sent back to you"),
        Kind.EXCHANGE_SHIPPED: _("Replacement sent"),
        Kind.CLAIM_RECEIVED: _("Your problem reported"),
        Kind.CLAIM_QUESTION: _("A question about your problem"),
        Kind.CLAIM_DECIDED: _("Answer to your problem"),
        Kind.WITHDRAWAL_RECEIPT: _("Receipt of your withdrawal"),
        Kind.WITHDRAWAL_UNFOUNDED: _("Your withdrawal, and why it has no effect"),
        Kind.REVIEW_REQUEST: _("What you think of what came"),
        Kind.REVIEW_REMINDER: _("What you think of what came, once more"),
        Kind.REVIEW_PUBLISHED: _("Your review is published"),
        Kind.REVIEW_REJECTED: _("Your review is not published, and why"),
        Kind.REVIEW_ANSWERED: _("An answer to your review"),
        Kind.REVIEW_THANKS: _("A coupon as thanks for your review"),
        Kind.SURVEY: _("A question how we did"),
        Kind.THEME_DONE: _("What we changed because of you"),
    }
    return words[Kind(kind)] if kind in Kind.values else _("Message")


def outcome(state: str) -> State:
    """What became of a message."""
    if state == MessageState.DELIVERED:
        return State("good", "done", _("Delivered"))
    if state == MessageState.SENT:
        return State("good", "check", _("Sent"))
    if state == MessageState.BOUNCED:
        return State("bad", "return", _("It came back"))
    if state in (MessageState.UNKNOWN, MessageState.SENDING, MessageState.LEASED):
        return State("info", "clock", _("On its way out"))
    if state == MessageState.PENDING:
        return State("idle", "hourglass", _("Waits to be sent"))
    if state in (MessageState.FAILED, MessageState.DEAD):
        return State("bad", "alert", _("Could not be sent"))
    return State("idle", "stop", _("Not sent"))


def why(state: str, reason: str, reasons: Iterable[Mapping[str, object]], *, topic: str) -> str:
    """Why it was sent or not, in one sentence."""
    if state in SENT:
        asked = next((one for one in reasons if one.get("condition") == "marketing_consent"), {})
        return why_sent(topic, is_unasked=str(asked.get("detail", "")).startswith("not needed until"))
    failed = next((str(asked.get("condition", "")) for asked in reasons if not asked.get("ok")), "")
    return reason_words(reason) or reason_words(failed) or _unknown(state)


def why_sent(topic: str, *, is_unasked: bool = False) -> str:
    """On what ground we write; `is_unasked`: where you live, buyers may be asked until they say no."""
    if topic == Topic.ORDERS:
        return _("It is about your order or your account; these always come.")
    if topic in MARKETING and is_unasked:
        return _("You bought it from us, and you have not turned such questions off.")
    if topic in MARKETING:
        return _("You agreed to get such messages.")
    return _("It is about your parcel, and you have not turned this news off.")


def _unknown(state: str) -> str:
    if state in (MessageState.PENDING, MessageState.LEASED, MessageState.SENDING):
        return _("It is next in line.")
    if state in (MessageState.FAILED, MessageState.DEAD):
        return _("It could not be handed over.")
    return _("It was not needed any more.")


def reason_words(code: str) -> str:
    """A reason or a condition that did not hold; "" for one this page has no words for."""
    return _withheld().get(code) or _chosen().get(code) or _waiting().get(code, "")


def _withheld() -> dict[str, str]:
    return {
        "merchant_off": _("We do not send this message."),
        "automation": _("This message is not meant for such an order."),
        "imported_history": _("It happened before this service knew of your order."),
        "already_told": _("You had been told already."),
        "newer_news": _("Newer news took its place."),
        "order_cancelled": _("The order was cancelled."),
        "never_confirmed": _("The order was never confirmed, so there was nothing to say."),
        "already_delivered": _("The parcel had arrived by then."),
        "ladder": _("You were told in another way."),
        "no_email": _("We have no e-mail address that works."),
        "no_phone": _("We have no telephone number that works."),
        "suppressed": _("Nothing is sent to this address any more."),
        "too_late": _("It would have come too late to be of use."),
        "day_over": _("The day it speaks of was over."),
        "already_decided": _("Your request had been answered by then."),
        "taken_back": _("You took your request back."),
        "told_by_cancellation": _("The message that your order is cancelled says it."),
        "told_elsewhere": _("Another message says it."),
        "offer_closed": _("The parcel was being packed already."),
        "nothing_to_ask": _("There was nothing left to ask."),
        "nothing_to_offer": _("There was nothing that goes with your order."),
        "cancelled_by_staff": _("Our team took it back."),
        "refused": _("The address does not take our messages."),
        "attempts_used_up": _("We tried eight times without success."),
        "worker_died": _("Something broke on our side."),
        "not_composed": _("Something broke on our side."),
        "lookup_failed": _("Nobody could tell us whether it arrived, so it was not sent twice."),
        "outcome_unknown": _("Nobody could tell us whether it arrived, so it was not sent twice."),
        **dict.fromkeys(
            ("restored", "restored_absent", "restored_unsure"), _("Nobody could tell us whether it arrived, so it was not sent twice.")
        ),
    }


def _chosen() -> dict[str, str]:
    return {
        "marketing_consent": _("You have not agreed to get such messages."),
        "preference": _("You turned these messages off."),
        "important_only": _("You want only the important messages."),
        "paused": _("You paused our messages."),
        "frequency_cap": _("You had enough messages from us that week."),
        "not_now": _("Something is not settled with an order of yours; that comes first."),
    }


def _waiting() -> dict[str, str]:
    return {
        "held": _("It waits a few minutes in case there is newer news."),
        "delay": _("It is to come a while later."),
        "window": _("It waits for the hours in which we send it."),
        "quiet_hours": _("It waits until the night or the holiday is over."),
        "no_provider": _("We cannot send at the moment; it goes out as soon as we can."),
        "no_sender": _("We cannot send at the moment; it goes out as soon as we can."),
        "provider_asks_to_wait": _("We cannot send at the moment; it goes out as soon as we can."),
        "provider_down": _("We cannot send at the moment; it goes out as soon as we can."),
        "spend_cap": _("We cannot send at the moment; it goes out as soon as we can."),
        "over_rate": _("It is next in line."),
        "other_account": _("It was not taken at the first try and goes out again."),
        "not_accepted": _("It was not taken at the first try and goes out again."),
        "rerun": _("It goes out again."),
        "released": _("It goes out again."),
        "resend_after_unknown": _("Nobody could tell us whether it arrived, so it goes out once more."),
    }
