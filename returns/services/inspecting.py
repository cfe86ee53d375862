"""The goods: handed over, arrived, unpacked, checked. What was accepted becomes money or a new order; what was not, a reason in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.models import OrderLine
from orders.types import PromiseKind
from returns.models import Claim, Exchange, Return, ReturnLine
from returns.rules.dates import Calendar, ahead, bank_by, check_by, refund_by
from returns.rules.money import Promised, Share, Sums, part, share_of, sums_of
from returns.rules.policy import STAYING
from returns.rules.states import GONE, CaseClosed, check_step
from returns.selectors.policy import policy
from returns.selectors.units import money_left, refunded_by_hand, units_back, units_left
from returns.services.book import SHOP, ReturnRefused, calendar, clean, held_return, kept, move, note, promise, settle, tell
from returns.services.exchanges import drop, hold_again, order_held
from returns.services.money import owe
from returns.services.settling import settle_case
from returns.types import Actor, ClaimState, ExchangeState, MoneyWay, Outcome, Refusal, ReturnState, Step, Unpacked, Verdict
from tracking.models import Shipment

R = ReturnState
SWAPS = frozenset({Outcome.EXCHANGE, Outcome.REPLACEMENT})
ON_ITS_WAY = frozenset({R.APPROVED, R.LABELLED, R.IN_TRANSIT, R.CANCELLED, R.EXPIRED})


def _refund_days(case: Return) -> int:
    return case.policy.refund_days if case.policy is not None else policy().refund_days


def _declared_on(case: Return, here: Calendar) -> date | None:
    return here.day(case.requested_at) if case.is_withdrawal else None


def note_scan(*, shipment_id: int, at: datetime) -> Return | None:
    """A parcel on its way back moved: handed over, arrived. None when nothing follows from it.

    A parcel that comes after its return was called off or had expired is taken in just the same.
    """
    found: Return | None = Return.objects.filter(shipment=shipment_id).first()
    if found is None:
        return None
    case, parcel = held_return(found), Shipment.any_way.get(pk=shipment_id)
    if case.state not in ON_ITS_WAY or not _is_revivable(case):
        return None
    if parcel.delivered_at is not None:
        if case.handed_over_at is None:
            _hand_over(case, parcel.first_scan_at or parcel.delivered_at, at)
        _arrive(case, parcel.delivered_at, at)
    elif (seen := parcel.first_scan_at or parcel.shipped_at) is not None and case.state != R.IN_TRANSIT:
        _hand_over(case, seen, at)
    else:
        return None
    return case


def _is_revivable(case: Return) -> bool:
    """Whether the pieces of a return that had ended are not in another one since."""
    if case.state not in GONE:
        return True
    lines = list(ReturnLine.objects.filter(case=case).select_related("order_line"))
    left = units_left(lines=[line.order_line for line in lines], besides=case.pk)
    return all(line.quantity <= left[line.order_line_id] for line in lines)


def hand_over(*, case: Return, at: datetime, by: Actor) -> Return:
    """The shopper has handed it over, as staff heard or saw. Refuses (CaseClosed) before the approval and after the arrival."""
    row = held_return(case)
    if row.state == R.IN_TRANSIT:
        return row
    _hand_over(row, at, at, by)
    return row


def _hand_over(case: Return, seen: datetime, at: datetime, by: Actor = SHOP) -> None:
    here = calendar()
    day = here.day(seen)
    following = ahead(here, day, refund_days=_refund_days(case), declared_on=_declared_on(case, here))
    case.handed_over_at, case.ended_at = seen, None
    case.arrive_by, case.inspect_by = following.arrive_by, following.inspect_by
    case.refund_by, case.bank_by = following.refund_by, following.bank_by
    move(case, R.IN_TRANSIT, here, "handed_over_at", "ended_at", "arrive_by", "inspect_by", "refund_by", "bank_by")
    kept(case, PromiseKind.HAND_OVER_BY, day)
    promise(case, PromiseKind.REFUND_BY, case.refund_by, at)
    note(case, Step.HANDED_OVER, seen, by)
    tell("returns.return.handed_over", case, at)


def arrive(*, case: Return, at: datetime, by: Actor) -> Return:
    """It is here, not unpacked yet, as staff say. Refuses (CaseClosed) before the approval and once it was unpacked."""
    row = held_return(case)
    if row.state == R.ARRIVED:
        return row
    _arrive(row, at, at, by)
    return row


def _arrive(case: Return, came: datetime, at: datetime, by: Actor = SHOP) -> None:
    here = calendar()
    case.arrived_at, case.ended_at = came, None
    columns = _count_from(case, here, at)
    move(case, R.ARRIVED, here, "arrived_at", "ended_at", *columns)
    note(case, Step.ARRIVED, came, by)
    tell("returns.return.arrived", case, at)


def _count_from(case: Return, here: Calendar, at: datetime) -> tuple[str, ...]:
    """The days that are counted from the arrival, said again only when they moved."""
    assert case.arrived_at is not None
    came = here.day(case.arrived_at)
    proven = here.day(case.handed_over_at) if case.handed_over_at else None
    was, days = case.refund_by, _refund_days(case)
    money = refund_by(arrived_on=came, refund_days=days, declared_on=_declared_on(case, here), proven_on=proven)
    said = check_by(here, came, money)
    case.inspect_by, case.refund_by, case.bank_by = said, money, bank_by(here, money)
    promise(case, PromiseKind.INSPECT_BY, said, at)
    if money != was or case.handed_over_at is None:
        promise(case, PromiseKind.REFUND_BY, money, at)
    kept(case, PromiseKind.HAND_OVER_BY, proven or came)
    return "inspect_by", "refund_by", "bank_by"


def receive_return(*, case: Return, lines: Mapping[int, Unpacked], at: datetime, by: Actor) -> Return:
    """What was unpacked, by the return's lines. Less than was sent is a part; the rest is added when it comes.

    Refuses (ReturnRefused) lines of another return and more than was to come, (CaseClosed) before the approval and after the check.
    """
    row, here = held_return(case), calendar()
    check_step(row.state, R.RECEIVED)
    if not _is_revivable(row):
        raise CaseClosed(_("These pieces are in another return by now."))
    held = {line.pk: line for line in ReturnLine.objects.filter(case=row).order_by("pk")}
    _check_unpacked(lines, held)
    for id, found in lines.items():
        line = held[id]
        line.quantity_received += found.quantity
        if found.quantity or found.condition:
            line.condition = found.condition
        line.found = clean(found.note, 500) or line.found
        line.save(update_fields=["quantity_received", "condition", "found"])
    _count_staying(held.values())
    columns: tuple[str, ...] = ()
    if row.arrived_at is None:
        row.arrived_at = at
        columns = ("arrived_at", *_count_from(row, here, at))
    row.received_at, row.ended_at = row.received_at or at, None
    move(row, R.RECEIVED, here, "received_at", "ended_at", *columns)
    note(row, Step.RECEIVED, at, by, lines={str(id): found.quantity for id, found in lines.items()})
    tell("returns.return.received", row, at)
    return row


def _count_staying(held: Iterable[ReturnLine]) -> None:
    """What is kept or given away comes in no parcel: it is settled with what does."""
    for line in held:
        if line.outcome in STAYING and line.quantity_received < line.quantity:
            line.quantity_received = line.quantity
            line.save(update_fields=["quantity_received"])


def _check_unpacked(lines: Mapping[int, Unpacked], held: Mapping[int, ReturnLine]) -> None:
    refusals = [] if lines else [Refusal("lines", "none", _("Say what was in the parcel."))]
    for id, found in lines.items():
        line = held.get(id)
        if line is None:
            refusals.append(Refusal(f"lines.{id}", "unknown", _("This line is not part of the return.")))
        elif found.quantity < 0:
            refusals.append(Refusal(f"lines.{id}.quantity", "too_few", _("Less than nothing cannot have come.")))
        elif line.quantity_received + found.quantity > line.quantity:
            text = _("Only %(left)s were still to come.") % {"left": line.quantity - line.quantity_received}
            refusals.append(Refusal(f"lines.{id}.quantity", "too_many", text))
    if refusals:
        raise ReturnRefused(refusals)


def inspect_return(*, case: Return, lines: Mapping[int, Verdict], at: datetime, by: Actor, next_best: str = "") -> Return:
    """What the check made of each line that came: money is asked for, replacements are ordered, the rest gets its reason.

    Refuses (CaseClosed) before it was unpacked, (ReturnRefused) a line without verdict, more than came, a deduction or a refusal
    without words, and a deduction above what the line brings.
    """
    row = held_return(case)
    check_step(row.state, R.INSPECTED)
    if row.state != R.RECEIVED:
        raise CaseClosed(_("It has to be unpacked before it can be checked."))
    row.next_best = clean(next_best, 20)
    return inspect_held(row, lines, calendar(), at=at, by=by)


def inspect_held(case: Return, lines: Mapping[int, Verdict], here: Calendar, *, at: datetime, by: Actor) -> Return:
    """The same; the caller holds the order and has checked the step."""
    held = list(ReturnLine.objects.filter(case=case).select_related("order_line").order_by("pk"))
    lines = {**{line.pk: Verdict(line.quantity_received) for line in held if line.outcome in STAYING}, **lines}
    swaps = {line.pk: _swap(line) for line in held}
    _check_verdicts(case, lines, held, swaps)
    for line in held:
        _judge(line, lines.get(line.pk, Verdict(0)), at)
    case.inspected_at = at
    case.reason = next((line.found for line in held if line.quantity_accepted < line.quantity_received and line.found), "")[:300]
    move(case, R.INSPECTED, here, "inspected_at", "reason", "next_best")
    kept(case, PromiseKind.INSPECT_BY, here.day(at))
    facts = {str(line.pk): [line.quantity_received, line.quantity_accepted, str(line.deduction)] for line in held}
    note(case, Step.INSPECTED, at, by, lines=facts)
    tell("returns.return.inspected", case, at)
    _pay(case, held, swaps, here, at)
    _repair(case, at)
    settle_case(case, at=at, by=by)
    return case


def _swap(line: ReturnLine) -> Exchange | None:
    """What is held for a line, or was."""
    if line.outcome not in SWAPS:
        return None
    rows = Exchange.objects.filter(line=line).exclude(state=ExchangeState.CANCELLED)
    row: Exchange | None = rows.order_by("-pk").first()
    return row


def _check_verdicts(case: Return, lines: Mapping[int, Verdict], held: list[ReturnLine], swaps: Mapping[int, Exchange | None]) -> None:
    refusals: list[Refusal] = []
    known = {line.pk for line in held}
    unknown = _("This line is not part of the return.")
    refusals += [Refusal(f"lines.{id}", "unknown", unknown) for id in lines if id not in known]
    if case.currency != case.order.currency:
        refusals.append(Refusal("currency", "mismatch", _("The order is in another currency than this case.")))
    for line in held:
        path, verdict = f"lines.{line.pk}", lines.get(line.pk)
        if verdict is None:
            if line.quantity_received:
                refusals.append(Refusal(path, "missing", _("Say what became of it.")))
        elif not 0 <= verdict.accepted <= line.quantity_received:
            refusals.append(Refusal(f"{path}.accepted", "too_many", _("More than came cannot be accepted.")))
        elif verdict.accepted < line.quantity_received and not verdict.note.strip():
            refusals.append(Refusal(f"{path}.note", "needed", _("Say in words why it is not accepted.")))
        elif verdict.deduction and not verdict.note.strip():
            refusals.append(Refusal(f"{path}.note", "needed", _("Say in words what is deducted and why.")))
        elif verdict.deduction < 0 or verdict.deduction > _gross(case, line, verdict.accepted, swaps[line.pk]):
            refusals.append(Refusal(f"{path}.deduction", "too_much", _("More than it brings cannot be deducted.")))
    if refusals:
        raise ReturnRefused(refusals)


def _said(line: ReturnLine) -> Promised:
    value = Decimal(str(line.decided.get("value") or 0))
    return Promised(line.pk, line.outcome, line.quantity, line.amount, line.bonus, line.fee, value)


def _gross(case: Return, line: ReturnLine, accepted: int, swap: Exchange | None) -> Decimal:
    """What so many pieces bring before any deduction."""
    share = _share(case, line, accepted, Decimal(0), swap)
    return share.original + share.credit


def _share(case: Return, line: ReturnLine, accepted: int, deduction: Decimal, swap: Exchange | None) -> Share:
    said = _said(line)
    if line.outcome in SWAPS and swap is not None and swap.state != ExchangeState.RELEASED:
        back = part(max(Decimal(0), -swap.difference), accepted, swap.quantity, case.currency) if accepted else Decimal(0)
        back = max(Decimal(0), min(back, said.value) - deduction)
        return Share(line.pk, accepted, credit=back) if case.is_gift else Share(line.pk, accepted, original=back)
    is_instead = line.outcome in SWAPS or (line.outcome == Outcome.REPAIR and not _is_repaired(case))
    return share_of(said, accepted=accepted, deduction=deduction, currency=case.currency, is_gift=case.is_gift, is_fallback=is_instead)


def _is_repaired(case: Return) -> bool:
    return Claim.objects.filter(case=case, resolution=Outcome.REPAIR, state__in=[ClaimState.APPROVED, ClaimState.REPAIRING]).exists()


def _judge(line: ReturnLine, verdict: Verdict, at: datetime) -> None:
    is_staying = line.outcome in STAYING
    line.quantity_accepted, line.deduction = verdict.accepted, verdict.deduction
    line.is_resellable = None if is_staying or not verdict.accepted else verdict.is_resellable
    line.restocked_at = at if line.is_resellable and line.order_line.requires_shipping else None
    line.found = clean(verdict.note, 500) or line.found
    line.save(update_fields=["quantity_accepted", "deduction", "is_resellable", "restocked_at", "found"])


def _pay(case: Return, held: list[ReturnLine], swaps: Mapping[int, Exchange | None], here: Calendar, at: datetime) -> None:
    for line in held:
        _swap_out(case, line, swaps[line.pk], at)
    unpaid = _unpaid(case, held)
    shares = {line.pk: _share(case, line, unpaid[line.pk], line.deduction, swaps[line.pk]) for line in held}
    left, more = money_left(order=case.order), _postage_out(case)
    sums = sums_of(shares.values(), more=more, way_fee=case.way_fee if _has_travelled(held) else Decimal(0), left=left)
    if sums.missing:
        note(case, Step.REFUND_FAILED, at, SHOP, capped=str(sums.missing), left=str(left))
    _owe(case, held, shares, sums, here, at)


def _unpaid(case: Return, held: list[ReturnLine]) -> dict[int, int]:
    """Per line the accepted units the shop has not paid back by itself meanwhile: those are not paid a second time."""
    by_hand = refunded_by_hand(case=case)
    found = {}
    for line in held:
        paid = min(line.quantity_accepted, by_hand.get(line.order_line_id, 0))
        by_hand[line.order_line_id] = by_hand.get(line.order_line_id, 0) - paid
        found[line.pk] = line.quantity_accepted - paid
    return found


def _has_travelled(held: list[ReturnLine]) -> bool:
    return any(line.outcome not in STAYING and line.quantity_received for line in held)


@dataclass(frozen=True, slots=True)
class _Pot:
    """What one way pays, and for which units."""

    way: MoneyWay
    amount: Decimal
    bonus: Decimal
    units: Mapping[int, int]


def _owe(case: Return, held: list[ReturnLine], shares: Mapping[int, Share], sums: Sums, here: Calendar, at: datetime) -> None:
    """The money the way it was paid first, credit after it. What it pays back and can be sold again the shop is told with it.

    Credit tells nothing of the shelf: for the shop it is no refund. What no money tells is asked for on its own (`units_to_restock`).
    """
    lines = {line.pk: line.order_line_id for line in held}
    originals = {lines[id]: one.units for id, one in shares.items() if one.original}
    credits_ = {lines[id]: one.units for id, one in shares.items() if one.credit}
    pots = (_Pot(MoneyWay.ORIGINAL, sums.original, Decimal(0), originals), _Pot(MoneyWay.CREDIT, sums.credit, sums.bonus, credits_))
    restock = {line.order_line_id: line.quantity_accepted for line in held if line.restocked_at is not None}
    due_by = max(case.refund_by or here.day(at), here.day(at))
    for pot in pots:
        told = {id: restock[id] for id in pot.units if id in restock} if pot.way == MoneyWay.ORIGINAL else {}
        owe(whose=case, way=pot.way, amount=pot.amount, bonus=pot.bonus, lines=pot.units, restock=told, due_by=due_by, at=at)
    if not sums.original and not sums.credit:
        kept(case, PromiseKind.REFUND_BY, here.day(at))


def _swap_out(case: Return, line: ReturnLine, swap: Exchange | None, at: datetime) -> None:
    """Order what is held for the pieces that were accepted; hold it again where it had been let go, if some is left."""
    if swap is None or swap.state not in (ExchangeState.RESERVED, ExchangeState.RELEASED):
        return
    swap.order = case.order
    if not line.quantity_accepted:
        if swap.state == ExchangeState.RESERVED:
            drop(swap, at=at, state=ExchangeState.CANCELLED)
        return
    if line.quantity_accepted < swap.quantity:
        swap.difference = part(swap.difference, line.quantity_accepted, swap.quantity, swap.currency)
        swap.quantity = line.quantity_accepted
        swap.save(update_fields=["difference", "quantity"])
    if swap.state == ExchangeState.RESERVED or hold_again(swap, at=at):
        order_held(swap, at=at)


def _postage_out(case: Return) -> Decimal:
    """Who withdraws from the whole contract gets the way to them back as well (Directive 2011/83 Art. 13)."""
    if not case.is_withdrawal:
        return Decimal(0)
    lines = list(OrderLine.objects.filter(order=case.order))
    back = units_back(line_ids=[line.pk for line in lines])
    is_all = all(back.get(line.pk, 0) >= line.quantity - line.quantity_removed for line in lines)
    is_first = not Return.objects.filter(order=case.order, is_withdrawal=True, inspected_at__lt=case.inspected_at).exists()
    return case.order.shipping_total if is_all and is_first and _all_accepted(case) else Decimal(0)


def _all_accepted(case: Return) -> bool:
    return all(row.quantity_accepted == row.quantity for row in ReturnLine.objects.filter(case=case))


def _repair(case: Return, at: datetime) -> None:
    """What came to be repaired is in work from now on."""
    lines = ReturnLine.objects.filter(case=case, outcome=Outcome.REPAIR)
    if not lines.exists():
        return
    is_taken = lines.filter(quantity_accepted__gt=0).exists()
    for claim in Claim.objects.filter(case=case, resolution=Outcome.REPAIR, state=ClaimState.APPROVED).order_by("pk"):
        claim.order = case.order
        if is_taken:
            settle(claim, ClaimState.REPAIRING)
            note(claim, Step.REPAIRING, at, SHOP)
        else:
            claim.resolved_at = at
            settle(claim, ClaimState.WITHDRAWN, "resolved_at")


def close_return(*, case: Return, at: datetime, by: Actor | None = None) -> Return:
    """Put a settled return away. Closed before, it stays so. Refuses (CaseClosed) while anything is open."""
    row = held_return(case)
    if row.state == R.CLOSED:
        return row
    row.ended_at = at
    move(row, R.CLOSED, calendar(), "ended_at")
    note(row, Step.CLOSED, at, by, put_away=True)
    return row
