"""Every threshold there is: unit, safe default, bounds, and why. Merchants move them inside the bounds."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracking.rules.incidents.facts import RuleSetting
from tracking.types import IncidentType

T = IncidentType
Text = str | Promise


class BadThreshold(ValueError):
    """A threshold nobody knows, that is no number, or out of bounds. `name` says which."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name, self.problem = name, problem


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number of one rule."""

    name: str
    label: Text
    unit: Text
    default: float
    low: float
    high: float
    why: Text


@dataclass(frozen=True, slots=True)
class Rule:
    """What a type watches for unless the merchant says otherwise."""

    thresholds: tuple[Threshold, ...] = ()
    tells_shopper: bool = True
    can_be_tested: bool = True


WORK_DAYS, DAYS, HOURS, SHARE, TIMES = _("working days"), _("days"), _("hours"), _("share"), _("times")
QUIET = Threshold(
    "quiet_days", _("Quiet days"), DAYS, 3, 0, 30, _("found again within these days it is the same incident, reopened, not a new one")
)
NEWS = Threshold(
    "news_days", _("Next news within"), WORK_DAYS, 2, 1, 10, _("when no new day is known the shopper is promised news by then instead")
)


def _silence(name: str, label: Text, default: float, high: float, why: Text) -> Threshold:
    return Threshold(name, label, WORK_DAYS, default, 1, high, why)


_STALLED = (
    _silence("domestic_days", _("Silent, at home"), 3, 30, _("used until a lane has taught how long its parcels are silent")),
    _silence("international_days", _("Silent, abroad"), 7, 60, _("customs and line haul are silent for a week without anything wrong")),
    _silence("least_days", _("Never before"), 2, 30, _("one missed scan and a day off is nothing, however fast the lane")),
)
_SLIPPED = (
    Threshold("open_days", _("Later than promised by"), DAYS, 1, 1, 30, _("a day is what a shopper plans by")),
    Threshold("clear_days", _("Clears when later by at most"), DAYS, 0, 0, 29, _("the promise holds again")),
)
_LATE = (
    Threshold("open_share", _("Opens at"), SHARE, 0.7, 0.5, 0.99, _("seven of ten parcels like it come too late")),
    Threshold("clear_share", _("Clears below"), SHARE, 0.5, 0.05, 0.9, _("more likely in time than late")),
)
_LOST = (
    Threshold("domestic_days", _("Silent, at home"), DAYS, 7, 5, 60, _("carriers take a claim after a week; calendar days, as they count")),
    Threshold("international_days", _("Silent, abroad"), DAYS, 20, 10, 120, _("carriers take a claim abroad after about twenty days")),
)
_PICKUP = (
    Threshold("warn_days", _("Before the last day"), DAYS, 2, 1, 10, _("two evenings to go there")),
    Threshold("storage_days", _("Kept for"), DAYS, 7, 2, 30, _("when the carrier names no last day; most shops keep a week")),
)
_FEED = (
    Threshold("gaps", _("Times the usual gap"), TIMES, 6, 2, 100, _("six usual pauses in a row are no pause any more")),
    Threshold("least_hours", _("Never before"), HOURS, 12, 1, 168, _("a night is silent; hours of Sundays and holidays do not count")),
)

RULES: dict[str, Rule] = {
    T.UNSHIPPED_PAST_PROMISE: Rule(
        (
            Threshold("grace_days", _("After the promised day"), WORK_DAYS, 0, 0, 20, _("the shopper counts from the promised day on")),
            Threshold("give_up_days", _("No longer than"), DAYS, 60, 7, 365, _("older orders are history nobody waits for")),
            NEWS,
        )
    ),
    T.INVALID_NUMBER: Rule(
        (Threshold("hours", _("Unknown for"), HOURS, 24, 1, 240, _("carriers learn of a label up to a day after it is printed")),),
        tells_shopper=False,
        can_be_tested=False,
    ),
    T.FORGOTTEN: Rule((_silence("days", _("No first scan for"), 2, 30, _("labels are handed over in a day or two")),), tells_shopper=False),
    T.STALLED: Rule((*_STALLED, NEWS)),
    T.ETA_SLIPPED: Rule((*_SLIPPED, NEWS)),
    T.PREDICTED_LATE: Rule((*_LATE, NEWS), tells_shopper=False),
    T.FAILED_ATTEMPT: Rule((Threshold("attempts", _("Attempts"), TIMES, 1, 1, 5, _("most carriers try two or three times")),)),
    T.PICKUP_EXPIRING: Rule(_PICKUP),
    T.CUSTOMS_HOLD: Rule((Threshold("hours", _("Held for"), HOURS, 24, 0, 240, _("clearing takes a day when nothing is missing")), NEWS)),
    T.EXCEPTION: Rule(
        (
            Threshold("hours", _("Held for"), HOURS, 12, 0, 240, _("many holds end with the next shift; delay and damage count at once")),
            NEWS,
        )
    ),
    T.RETURNING: Rule(tells_shopper=False),
    T.LOST_SUSPECTED: Rule((*_LOST, NEWS)),
    T.DELIVERED_NOT_RECEIVED: Rule(
        (Threshold("reply_days", _("Answered within"), WORK_DAYS, 2, 1, 10, _("what the shopper is promised")),), can_be_tested=False
    ),
    T.FEED_STALE: Rule(_FEED, tells_shopper=False, can_be_tested=False),
}


def thresholds_of(type: str) -> tuple[Threshold, ...]:
    """The thresholds of a type, the one all have last."""
    return (*RULES[type].thresholds, QUIET)


def check_thresholds(type: str, given: Mapping[str, object]) -> dict[str, float]:
    """The given numbers, checked. Refuses (BadThreshold, naming it) unknown names, other things than numbers, and numbers out of bounds."""
    known = {row.name: row for row in thresholds_of(type)}
    checked = {}
    for name, value in given.items():
        row = known.get(name)
        if row is None:
            raise BadThreshold(name, f"{type} has {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadThreshold(name, "must be a number")
        if not row.low <= value <= row.high:
            raise BadThreshold(name, f"must be {row.low:g} to {row.high:g} {row.unit}")
        checked[name] = float(value)
    _check_pairs(type, checked)
    return checked


def _check_pairs(type: str, given: Mapping[str, float]) -> None:
    """What opens at X must clear at something milder, or it would open and clear by turns."""
    full = {row.name: row.default for row in thresholds_of(type)} | dict(given)
    if type == T.UNSHIPPED_PAST_PROMISE and 2 * full["grace_days"] >= full["give_up_days"]:
        raise BadThreshold("grace_days", "must be less than half of give_up_days, or it would never open")
    if type == T.ETA_SLIPPED and full["clear_days"] >= full["open_days"]:
        raise BadThreshold("clear_days", "must be less than open_days")
    if type == T.PREDICTED_LATE and full["clear_share"] >= full["open_share"]:
        raise BadThreshold("clear_share", "must be less than open_share")


def default_setting(type: str) -> RuleSetting:
    """The safe default of a type."""
    return setting_of(type, is_on=True, tells_shopper=RULES[type].tells_shopper, given={}, carriers=())


def setting_of(
    type: str, *, is_on: bool, tells_shopper: bool, given: Mapping[str, object], carriers: list[str] | tuple[str, ...]
) -> RuleSetting:
    """A merchant's setting over the defaults. What was stored under other bounds and fits no more gives way to the default."""
    try:
        own = check_thresholds(type, given)
    except BadThreshold:
        own = {}
    limits = {row.name: row.default for row in thresholds_of(type)} | own
    return RuleSetting(is_on, tells_shopper, limits, frozenset(carriers))
