"""Approve, decline, ask, answer, call off; the label, and the parcel's number. Staff's word and the shopper's, step by step."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.rules import arrival_window, dispatch_by
from orders.selectors import setting
from orders.types import PromiseKind
from returns.models import Claim, Exchange, Return, ReturnLine
from returns.rules.dates import RESERVED_AFTER, Calendar, ahead, answer_by, hand_over_by
from returns.rules.states import HELD, CaseClosed, check_step
from returns.selectors.policy import policy
from returns.selectors.units import units_left
from returns.services.book import SHOP, SHOPPER, calendar, clean, held_return, kept, move, note, promise, refuse, settle, subject_of, tell
from returns.services.exchanges import drop
from returns.services.inspecting import inspect_held
from returns.types import Actor, ClaimState, ExchangeState, Label, ReturnState, Step, Verdict, Way
from tracking.services import follow_return

MADE_FOR_YOU = frozenset({Way.LABEL, Way.CODE, Way.PICKUP})
REFUND_DAYS_AT_ONCE = timedelta(days=14)


def approve_return(*, case: Return, at: datetime, by: Actor) -> Return:
    """Say yes: the days to come are told, a label is asked for where one is made, and what need not travel is settled at once.

    Approved before, it stays as it is. Refuses (CaseClosed) after any other decision, and a declined one whose units have gone
    back otherwise since.
    """
    row = held_return(case)
    if row.state in (ReturnState.APPROVED, ReturnState.LABELLED):
        return row
    check_step(row.state, ReturnState.APPROVED)
    _check_units(row)
    return approve_held(row, calendar(), at=at, by=by)


def _check_units(case: Return) -> None:
    """A return that comes to life again may find its units in another one."""
    lines = list(ReturnLine.objects.filter(case=case).select_related("order_line"))
    left = units_left(lines=[line.order_line for line in lines], besides=case.pk)
    if any(line.quantity > left[line.order_line_id] for line in lines):
        raise CaseClosed(_("These pieces are in another return by now."))


def approve_held(case: Return, here: Calendar, *, at: datetime, by: Actor) -> Return:
    """The same; the caller holds the order and has checked the step."""
    lines = list(ReturnLine.objects.filter(case=case).select_related("order_line"))
    case.decided_at, case.reason, case.next_best = at, "", ""
    _say_days(case, lines, here, at)
    columns = ["decided_at", "reason", "next_best", "hand_over_by", "arrive_by", "inspect_by", "refund_by", "bank_by", "label_state"]
    needs_label = case.way in MADE_FOR_YOU and bool(case.label_provider)
    case.label_state = "asked" if needs_label else ""
    move(case, ReturnState.APPROVED, here, *columns)
    kept(case, PromiseKind.REPLY_BY, here.day(at))
    note(case, Step.APPROVED, at, by)
    tell("returns.return.approved", case, at)
    if case.way == Way.NONE:
        _stay(case, lines, here, at, by)
    elif needs_label:
        tell("returns.label.asked", case, at)
    else:
        move(case, ReturnState.LABELLED, here)
    return case


def _say_days(case: Return, lines: list[ReturnLine], here: Calendar, at: datetime) -> None:
    """Every day to come. Those that hang on the hand-over are told as what follows from it, and kept as promises once it happened."""
    days = case.policy.refund_days if case.policy else policy().refund_days
    if case.way == Way.NONE:
        case.refund_by = here.day(at) + min(timedelta(days=days), REFUND_DAYS_AT_ONCE)
        case.bank_by = here.later(case.refund_by, 5)
        return
    untils = [date.fromisoformat(line.decided["until"]) for line in lines if line.decided.get("until")]
    swaps = Exchange.objects.filter(line__case=case, state=ExchangeState.RESERVED)
    case.hand_over_by = hand_over_by(here, at, untils=[] if case.is_withdrawal else untils, is_held=swaps.exists())
    declared = here.day(case.requested_at) if case.is_withdrawal else None
    following = ahead(here, case.hand_over_by, refund_days=days, declared_on=declared)
    case.arrive_by, case.inspect_by = following.arrive_by, following.inspect_by
    case.refund_by, case.bank_by = following.refund_by, following.bank_by
    house = setting()
    ordered = house.pace, here.morning_of(following.inspect_by), house.zone, house.country
    days_of_swap = {"ship_by": dispatch_by(*ordered), "arrive_by": arrival_window(*ordered).end}
    swaps.update(reserved_until=here.end_of(case.hand_over_by) + RESERVED_AFTER, **days_of_swap)
    promise(case, PromiseKind.HAND_OVER_BY, case.hand_over_by, at)


def _stay(case: Return, lines: list[ReturnLine], here: Calendar, at: datetime, by: Actor) -> None:
    """What is kept or given away needs nobody to look at it."""
    for line in lines:
        line.quantity_received = line.quantity
        line.save(update_fields=["quantity_received"])
    promise(case, PromiseKind.REFUND_BY, case.refund_by, at)
    inspect_held(case, {line.pk: Verdict(line.quantity, is_resellable=False) for line in lines}, here, at=at, by=by)


def decline_return(*, case: Return, reason: str, next_best: str = "", at: datetime, by: Actor) -> Return:
    """Say why it is not possible, in words for the shopper, and what may help instead.

    Declined before, it stays as it is. Refuses (ReturnRefused) no reason, (CaseClosed) once it was approved or called off.
    """
    row, words = held_return(case), clean(reason, 300)
    if row.state == ReturnState.DECLINED:
        return row
    if not words:
        raise refuse("reason", "needed", _("Say why it is not possible."))
    row.reason, row.next_best, row.decided_at, row.ended_at = words, clean(next_best, 20), at, at
    _end(row, ReturnState.DECLINED, Step.DECLINED, at, by, "reason", "next_best", "decided_at")
    tell("returns.return.declined", row, at)
    return row


def ask_return(*, case: Return, question: str, at: datetime, by: Actor) -> Return:
    """Ask the shopper something before deciding. Refuses (ReturnRefused) no question, (CaseClosed) after the decision."""
    row, words = held_return(case), clean(question, 500)
    if not words:
        raise refuse("question", "needed", _("Write what you would like to know."))
    here = calendar()
    row.question, row.answer = words, ""
    move(row, ReturnState.INFO_NEEDED, here, "question", "answer")
    kept(row, PromiseKind.REPLY_BY, here.day(at))
    note(row, Step.ASKED, at, by)
    tell("returns.return.info_needed", row, at)
    return row


def answer_return(*, case: Return, text: str, at: datetime) -> Return:
    """The shopper's answer; a new day for the decision. Refuses (ReturnRefused) no answer, (CaseClosed) where nothing was asked."""
    row, words, here = held_return(case), clean(text, 1_000), calendar()
    check_step(row.state, ReturnState.REQUESTED)
    if not words:
        raise refuse("answer", "needed", _("Write your answer."))
    row.answer, row.answer_by = words, answer_by(here, at)
    move(row, ReturnState.REQUESTED, here, "answer", "answer_by")
    note(row, Step.ANSWERED, at, SHOPPER)
    promise(row, PromiseKind.REPLY_BY, row.answer_by, at)
    tell("returns.return.answered", row, at)
    return row


def cancel_return(*, case: Return, at: datetime, by: Actor) -> Return:
    """Call it off: possible until it has arrived. What was held for it is free again. Called off before, it stays as it is.

    Refuses (CaseClosed) once it has arrived, or was decided otherwise.
    """
    row = held_return(case)
    if row.state == ReturnState.CANCELLED:
        return row
    row.ended_at = at
    _end(row, ReturnState.CANCELLED, Step.CANCELLED, at, by)
    tell("returns.return.cancelled", row, at)
    return row


def expire_held(case: Return, here: Calendar, at: datetime) -> None:
    """It was never handed over; the caller holds the order."""
    case.ended_at = at
    _end(case, ReturnState.EXPIRED, Step.EXPIRED, at, None)
    tell("returns.return.expired", case, at)


def _end(case: Return, state: ReturnState, step: Step, at: datetime, by: Actor | None, *names: str) -> None:
    """It comes to nothing: what was held is free, and an answer is not owed any more."""
    here = calendar()
    move(case, state, here, "ended_at", *names)
    for kind in (PromiseKind.REPLY_BY, PromiseKind.INSPECT_BY, PromiseKind.REFUND_BY):
        kept(case, kind, here.day(at))
    note(case, step, at, by)
    for exchange in Exchange.objects.filter(line__case=case, state__in=HELD).order_by("pk"):
        exchange.order = case.order
        drop(exchange, at=at, state=ExchangeState.CANCELLED)
    for claim in Claim.objects.filter(case=case, state=ClaimState.APPROVED).order_by("pk"):
        claim.resolved_at = at
        settle(claim, ClaimState.WITHDRAWN, "resolved_at")
        note(claim, step, at, by)


def label_made(*, case: Return, label: Label, at: datetime) -> Return:
    """What the shopper needs to hand it over is here. Told again, it is the same label.

    A cost in another currency than the order's is not kept. Refuses (CaseClosed) once it is under way, called off or decided
    otherwise.
    """
    row = held_return(case)
    if row.label_state == "ready" and row.label_provider_id == label.provider_id:
        return row
    if row.state != ReturnState.LABELLED:
        check_step(row.state, ReturnState.LABELLED)
    if label.tracking_number:
        _follow(row, label.carrier, label.tracking_number, at)
    here, is_ours = calendar(), label.currency in ("", row.currency)
    row.label_state, row.label_error, row.label_url, row.label_code = "ready", "", clean(label.file_url, 1000), clean(label.code, 200)
    row.label_provider_id = clean(label.provider_id, 100)
    row.label_provider = clean(label.provider, 20) or row.label_provider
    row.label_cost = label.cost if is_ours else Decimal(0)
    row.way, row.instructions = label.way, clean(label.instructions, 2_000) or row.instructions
    columns = ["label_state", "label_error", "label_url", "label_code", "label_provider", "label_provider_id", "label_cost", "way"]
    if row.state != ReturnState.LABELLED:
        move(row, ReturnState.LABELLED, here, *columns, "instructions")
    else:
        row.save(update_fields=[*columns, "instructions"])
    note(row, Step.LABELLED, at, SHOP, way=label.way, **({} if is_ours else {"cost_in": label.currency}))
    tell("returns.return.labelled", row, at)
    return row


def label_failed(*, case: Return, error: str, at: datetime) -> Return:
    """No label could be made; staff see it and help by hand. Refuses (CaseClosed) when none was asked for."""
    row = held_return(case)
    if row.state != ReturnState.APPROVED or row.label_state not in ("asked", "failed"):
        raise CaseClosed(_("No label was asked for."))
    row.label_state, row.label_error = "failed", clean(error, 300)
    row.save(update_fields=["label_state", "label_error"])
    return row


def ask_label(*, case: Return, at: datetime, by: Actor) -> Return:
    """Ask for the label once more after it failed. Refuses (CaseClosed) in any other state."""
    row = held_return(case)
    if row.state != ReturnState.APPROVED or row.label_state != "failed":
        raise CaseClosed(_("No label has failed."))
    row.label_state, row.label_error = "asked", ""
    row.save(update_fields=["label_state", "label_error"])
    tell("returns.label.asked", row, at)
    return row


def tell_parcel(*, case: Return, carrier: str, tracking_number: str, at: datetime) -> Return:
    """The shopper names the parcel it went with, so that it is followed.

    Refuses (ReturnRefused) no number, (CaseClosed) before the approval and after the arrival; tracking refuses (ShipmentRefused)
    what is no number, or the number of a parcel that went out.
    """
    row, number = held_return(case), clean(tracking_number, 100)
    if row.state not in (ReturnState.APPROVED, ReturnState.LABELLED, ReturnState.IN_TRANSIT):
        raise CaseClosed(_("There is no parcel to wait for."))
    if not number:
        raise refuse("tracking_number", "needed", _("Enter the number on the receipt of your parcel."))
    _follow(row, clean(carrier, 80), number, at)
    return row


def _follow(case: Return, carrier: str, number: str, at: datetime) -> None:
    shipment = follow_return(
        order=case.order, source="return", external_id=subject_of(case), carrier=carrier, tracking_number=number, at=at
    )
    case.carrier, case.tracking_number, case.shipment = clean(carrier, 80), clean(number, 100), shipment
    case.save(update_fields=["carrier", "tracking_number", "shipment"])
