"""What a decision asked and why a message waits or stays, in the words of the staff pages."""

from django.utils.translation import gettext_lazy as _

from notifications.rules.automation import FACTS

# Said so that a tick means "this holds".
QUESTIONS = {
    "merchant_off": _("The shop sends this message"),
    "imported_history": _("It happened after the import"),
    "already_told": _("The shopper was not told before"),
    "order_cancelled": _("The order stands"),
    "never_confirmed": _("The order was confirmed or paid"),
    "already_delivered": _("The parcel is still on its way"),
    "newer_news": _("It is still so, and nothing newer is known"),
    "offer_closed": _("The offer is still open"),
    "nothing_to_offer": _("There is something to offer"),
    "automation": _("A condition of the automation"),
    "no_email": _("There is an e-mail address"),
    "no_phone": _("There is a telephone number"),
    "suppressed": _("Nothing stands against the address"),
    "marketing_consent": _("Marketing consent, where needed"),
    "preference": _("The shopper has not turned it off"),
    "important_only": _("Important, or the shopper wants all news"),
    "paused": _("The shopper has not paused it"),
    "frequency_cap": _("Not too many of them lately"),
    "not_now": _("Nothing of the shopper's is unsettled"),
    "ladder": _("It is this channel's turn"),
    "style": _("The style"),
    "delay": _("The automation's delay"),
    "window": _("The automation's hours"),
    "quiet_hours": _("No quiet hours"),
    "too_late": _("Still in time"),
}
REASONS = {
    "merchant_off": _("the shop has switched it off"),
    "imported_history": _("it happened before the import"),
    "already_told": _("told before, to another address"),
    "order_cancelled": _("the order was cancelled"),
    "never_confirmed": _("the order was never confirmed nor paid"),
    "already_delivered": _("the parcel had arrived"),
    "newer_news": _("newer news took its place"),
    "offer_closed": _("the offer was closed"),
    "nothing_to_offer": _("there was nothing to offer"),
    "automation": _("a condition of the automation does not hold"),
    "marketing_consent": _("no consent to such messages"),
    "preference": _("the shopper turned such messages off"),
    "important_only": _("the shopper wants only the important ones"),
    "paused": _("the shopper has paused such messages"),
    "frequency_cap": _("enough of them went out lately"),
    "not_now": _("something of the shopper's is unsettled, that comes first"),
    "ladder": _("goes by another channel first"),
    "held": _("waits a little for newer news"),
    "delay": _("waits as long as the automation says"),
    "window": _("waits for the automation's hours"),
    "quiet_hours": _("waits until the quiet hours are over"),
    "day_over": _("the day it speaks of was over"),
    "no_email": _("no e-mail address"),
    "no_phone": _("no telephone number"),
    "suppressed": _("the address is blocked"),
    "no_provider": _("waits for a provider account"),
    "no_sender": _("waits for a sender address"),
    "provider_asks_to_wait": _("waits as the provider asked"),
    "provider_down": _("waits until the provider works again"),
    "other_account": _("not taken by the first provider, goes to the second"),
    "over_rate": _("waits its turn: so many a second and no more"),
    "spend_cap": _("waits for tomorrow: today's cap is spent"),
    "too_late": _("it came too late to be of use"),
    "refused": _("the provider will never take it"),
    "not_accepted": _("not taken yet, tried again"),
    "not_composed": _("it could not be written"),
    "attempts_used_up": _("tried eight times"),
    "outcome_unknown": _("nobody can say whether it was taken"),
    "resend_after_unknown": _("sent once more, the outcome stayed unknown"),
    "worker_died": _("the worker died while sending"),
    "rerun": _("run again by staff"),
    "cancelled_by_staff": _("taken back by staff"),
}


def question_of(condition: str) -> str:
    """The condition as a sentence; its code when a later release knows more than this page."""
    return str(QUESTIONS.get(condition, condition.replace("_", " ")))


def reason_of(reason: str) -> str:
    """The reason of a state in words."""
    return str(REASONS.get(reason, reason.replace("_", " ")))


def detail_of(condition: str, detail: str) -> str:
    """What was found. A fact goes by its name on the pages: `Order value 84.00 at least 50`."""
    fact, _, rest = detail.partition(" ")
    return f"{FACTS[fact].label} {rest}" if condition == "automation" and fact in FACTS else detail
