"""Something came damaged, wrong, not at all, or does not work any more: told, looked at, made good."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import round_amount
from orders.models import Order, OrderLine
from orders.types import PromiseKind
from returns.models import CasePhoto, Claim, ClaimLine, ParcelAnswer, Return, ReturnLine
from returns.rules.dates import answer_by, settle_by
from returns.rules.money import NO_MONEY
from returns.rules.states import CaseClosed, check_step
from returns.selectors.exchanges import all_targets
from returns.selectors.policy import place_for, policy, ways_of
from returns.selectors.units import kept_back, money_left, units_left, worth_of
from returns.services.book import (
    SHOPPER,
    calendar,
    clean,
    held_claim,
    held_order,
    kept,
    new_number,
    note,
    promise,
    refuse,
    settle,
    tell,
)
from returns.services.claim_checks import MAKES_GOOD, ClaimCheck
from returns.services.deciding import approve_held
from returns.services.exchanges import hold_products, order_held, reserve
from returns.services.money import owe
from returns.services.settling import finish_claim, is_claim_open, settle_case, settle_claim
from returns.types import Actor, ClaimKind, ClaimState, MoneyWay, Origin, Outcome, Problem, ReasonKind, Step, Target, Way
from tracking.models import Shipment, ShipmentLine
from tracking.services import NotDelivered, deny_receipt
from tracking.types import ShipmentStatus

C = ClaimState
BY_FAULT = {Problem.DAMAGED: "damaged", Problem.WRONG: "wrong_item", Problem.MISSING: "missing_part", Problem.FAULTY: "faulty"}
FINE = "fine"
GOODS_WAYS = (Way.LABEL, Way.CODE, Way.PICKUP, Way.OWN, Way.STORE)


def open_claim(  # noqa: PLR0913 - all a shopper can say about it
    *,
    order: Order,
    lines: Mapping[str, int],
    problem: str,
    wanted: str,
    note: str,
    at: datetime,
    by: Actor,
    shipment: Shipment | None = None,
    kind: str = ClaimKind.DELIVERY,
    photos: Sequence[str] = (),
) -> Claim:
    """Say that something is wrong. `lines` are public ids of order lines with units; for a parcel that never came, all in it.

    "It never came" of a delivered parcel opens the incident as well. Refuses (ReturnRefused, every reason at once) what is not of
    this order, more than was bought, what is being looked at already, and a warranty that has ended or never was.
    """
    held = held_order(order.pk)
    check = ClaimCheck(held, kind, problem, wanted, by)
    rows = check.lines(_of_parcel(lines, problem, shipment), at)
    pictures = check.all_photos(photos)
    check.parcel(shipment, at)
    check.done()
    if problem == Problem.NOT_RECEIVED and shipment is not None:
        _deny(shipment, at)
    claim = _store(held, kind, problem, wanted, note, at, by, shipment)
    ClaimLine.objects.bulk_create([ClaimLine(claim=claim, order_line=line, quantity=units) for line, units in rows])
    CasePhoto.objects.filter(pk__in=[photo.pk for photo in pictures]).update(claim=claim)
    _opened(claim, rows, at, by)
    if shipment is not None:
        _answer(shipment, problem, at)
    return claim


def _of_parcel(lines: Mapping[str, int], problem: str, shipment: Shipment | None) -> Mapping[str, int]:
    if lines or shipment is None or problem != Problem.NOT_RECEIVED:
        return lines
    rows = ShipmentLine.objects.filter(shipment=shipment).values_list("order_line__public_id", "quantity")
    return dict(rows.order_by("pk"))


def _deny(shipment: Shipment, at: datetime) -> None:
    """A parcel the carrier has not called delivered has its own incidents."""
    if shipment.status == ShipmentStatus.DELIVERED:
        try:
            deny_receipt(shipment=shipment, at=at)
        except NotDelivered:
            return


def _store(order: Order, kind: str, problem: str, wanted: str, words: str, at: datetime, by: Actor, shipment: Shipment | None) -> Claim:
    claim = Claim(order=order, number=new_number("C"), kind=kind, problem=problem, wanted=wanted, origin=by.origin, opened_at=at)
    claim.note, claim.currency, claim.shipment = clean(words, 1_000), order.currency, shipment
    claim.answer_by = answer_by(calendar(), at)
    claim.save()
    return claim


def _opened(claim: Claim, rows: Sequence[tuple[OrderLine, int]], at: datetime, by: Actor) -> None:
    note(claim, Step.REQUESTED, at, by, problem=claim.problem, lines={str(line.pk): units for line, units in rows})
    promise(claim, PromiseKind.REPLY_BY, claim.answer_by, at)
    tell("returns.claim.opened", claim, at)


def all_fine(*, shipment: Shipment, at: datetime) -> ParcelAnswer:
    """The shopper says that everything came as it should; asked no more. Said again it is the same. The last word counts."""
    held_order(shipment.order_id)
    return _answer(shipment, FINE, at)


def _answer(shipment: Shipment, answer: str, at: datetime) -> ParcelAnswer:
    row, is_new = ParcelAnswer.objects.get_or_create(shipment=shipment, defaults={"answer": answer, "at": at})
    if not is_new and row.answer != answer:
        row.answer, row.at = answer, at
        row.save(update_fields=["answer", "at"])
    found: ParcelAnswer = row
    return found


def ask_claim(*, claim: Claim, question: str, at: datetime, by: Actor) -> Claim:
    """Ask the shopper something. Refuses (ReturnRefused) no question, (CaseClosed) after the decision."""
    row, words = held_claim(claim), clean(question, 500)
    if not words:
        raise refuse("question", "needed", _("Write what you would like to know."))
    row.question, row.answer, row.overdue_at = words, "", None
    settle(row, C.INFO_NEEDED, "question", "answer", "overdue_at")
    kept(row, PromiseKind.REPLY_BY, calendar().day(at))
    note(row, Step.ASKED, at, by)
    tell("returns.claim.info_needed", row, at)
    return row


def answer_claim(*, claim: Claim, text: str, at: datetime) -> Claim:
    """The shopper's answer; a new day for ours. Refuses (ReturnRefused) no answer, (CaseClosed) where nothing was asked."""
    row, words = held_claim(claim), clean(text, 1_000)
    check_step(row.state, C.OPEN)
    if not words:
        raise refuse("answer", "needed", _("Write your answer."))
    row.answer, row.answer_by = words, answer_by(calendar(), at)
    settle(row, C.OPEN, "answer", "answer_by")
    note(row, Step.ANSWERED, at, SHOPPER)
    promise(row, PromiseKind.REPLY_BY, row.answer_by, at)
    tell("returns.claim.answered", row, at)
    return row


def withdraw_claim(*, claim: Claim, at: datetime) -> Claim:
    """The shopper takes it back, as when the parcel turned up. Taken back before, it stays so. Refuses (CaseClosed) a decided one."""
    row = held_claim(claim)
    if row.state == C.WITHDRAWN:
        return row
    if row.state not in (C.OPEN, C.INFO_NEEDED):
        raise CaseClosed(_("We have decided on it already."))
    row.resolved_at = at
    settle(row, C.WITHDRAWN, "resolved_at")
    kept(row, PromiseKind.REPLY_BY, calendar().day(at))
    note(row, Step.CANCELLED, at, SHOPPER)
    tell("returns.claim.withdrawn", row, at)
    return row


def decline_claim(*, claim: Claim, reason: str, next_best: str = "", at: datetime, by: Actor) -> Claim:
    """Say why it is not possible, in words for the shopper, and what may help instead.

    Declined before, it stays as it is. Refuses (ReturnRefused) no reason, (CaseClosed) once it was granted or taken back.
    """
    row, words = held_claim(claim), clean(reason, 300)
    if row.state == C.DECLINED:
        return row
    if not words:
        raise refuse("reason", "needed", _("Say why it is not possible."))
    row.reason, row.next_best, row.decided_at = words, clean(next_best, 20), at
    settle(row, C.DECLINED, "reason", "next_best", "decided_at")
    kept(row, PromiseKind.REPLY_BY, calendar().day(at))
    note(row, Step.DECLINED, at, by)
    tell("returns.claim.declined", row, at)
    return row


def approve_claim(
    *, claim: Claim, resolution: str, amount: Decimal | None = None, needs_goods: bool = False, at: datetime, by: Actor
) -> Claim:
    """Make it good: money, part of it, credit, the same again, or a repair; with the goods back first where they are needed.

    Refuses (ReturnRefused) what makes nothing good, an amount above what the pieces cost or above what is left of what was paid,
    a replacement that is sold out, pieces that were paid back already; (CaseClosed) once it was decided otherwise.
    """
    row = held_claim(claim)
    check_step(row.state, C.APPROVED)
    if resolution not in MAKES_GOOD:
        raise refuse("resolution", "unknown", _("Choose how to make it good."))
    lines = list(ClaimLine.objects.filter(claim=row).select_related("order_line__product").order_by("pk"))
    row.resolution = resolution
    if needs_goods:
        _check_goods(row, lines)
    row.amount = _amount(row, lines, amount)
    targets = _targets(row, lines) if resolution == Outcome.REPLACEMENT else {}
    row.decided_at, row.reason, row.next_best, row.overdue_at = at, "", "", None
    here = calendar()
    row.settle_by = settle_by(here, at)
    settle(row, C.APPROVED, "resolution", "amount", "decided_at", "settle_by", "reason", "next_best", "overdue_at")
    kept(row, PromiseKind.REPLY_BY, here.day(at))
    note(row, Step.APPROVED, at, by, resolution=resolution, amount=str(row.amount), goods=needs_goods)
    tell("returns.claim.approved", row, at)
    if needs_goods:
        _fetch(row, lines, targets, at, by)
    else:
        promise(row, PromiseKind.SETTLE_BY, row.settle_by, at)
        _make_good(row, lines, targets, at, by)
    return row


def _check_goods(claim: Claim, lines: Sequence[ClaimLine]) -> None:
    """Who keeps it sends nothing back, and what went back cannot go back again."""
    if claim.resolution == Outcome.KEEP:
        raise refuse("needs_goods", "kept", _("Who keeps it has nothing to send back."))
    left = units_left(lines=[line.order_line for line in lines])
    if any(line.quantity > left[line.order_line_id] for line in lines):
        raise refuse("needs_goods", "nothing_left", _("These pieces went back or were paid back already."))


def _amount(claim: Claim, lines: Sequence[ClaimLine], told: Decimal | None) -> Decimal:
    order = claim.order
    if claim.currency != order.currency:
        raise refuse("currency", "mismatch", _("The order is in another currency than this case."))
    if claim.resolution in NO_MONEY:
        return Decimal(0)
    kept = kept_back(order_id=order.pk)
    worth = sum((_worth_left(order, line, kept) for line in lines), Decimal(0))
    if claim.resolution == Outcome.KEEP and told is None:
        raise refuse("amount", "needed", _("Say how much goes back."))
    amount = worth if told is None else told
    if amount <= 0 or amount > worth:
        raise refuse("amount", "too_much", _("The amount has to be above zero, and not above what these pieces cost."))
    if amount > money_left(order=order):
        raise refuse("amount", "more_than_paid", _("That is more than is left of what was paid."))
    left = units_left(lines=[line.order_line for line in lines])
    if any(line.quantity > left[line.order_line_id] for line in lines):
        raise refuse("resolution", "nothing_left", _("These pieces went back or were paid back already."))
    return amount


def _worth_left(order: Order, line: ClaimLine, kept: Mapping[int, Decimal]) -> Decimal:
    """What the pieces cost, and no more than is left of their line after what was paid back while they stayed."""
    bought = line.order_line
    whole = worth_of(order, bought, bought.quantity) - kept.get(bought.pk, Decimal(0))
    return max(Decimal(0), min(worth_of(order, bought, line.quantity), round_amount(whole, order.currency)))


def _targets(claim: Claim, lines: Sequence[ClaimLine]) -> dict[int, Target]:
    """The same again for every line. Without a known stock the shop decides; sold out is sold out."""
    hold_products(claim.order, [line.order_line.public_id for line in lines])
    found = {}
    for line in lines:
        bought, product = line.order_line, line.order_line.product
        same = next((one for one in all_targets(order_line=bought, product=product) if one.is_same), None) if product else None
        if same is not None and product is not None and product.stock is not None and same.left < line.quantity:
            raise refuse("resolution", "sold_out", _("It is sold out at the moment."))
        nothing = Decimal(0)
        made_up = Target("", bought.title, bought.variant_title, bought.sku, {}, None, nothing, 0, True, bought.image_url)
        found[line.pk] = same or made_up
    return found


def _make_good(claim: Claim, lines: Sequence[ClaimLine], targets: Mapping[int, Target], at: datetime, by: Actor) -> None:
    if claim.resolution == Outcome.REPAIR:
        settle(claim, C.REPAIRING)
        note(claim, Step.REPAIRING, at, by)
        return
    if claim.resolution == Outcome.REPLACEMENT:
        rows = [reserve(order=claim.order, target=targets[one.pk], quantity=one.quantity, at=at, claim=claim) for one in lines]
        for row in rows:
            order_held(row, at=at)
        return
    way = MoneyWay.CREDIT if claim.resolution == Outcome.CREDIT else MoneyWay.ORIGINAL
    units = {one.order_line_id: one.quantity for one in lines}
    assert claim.settle_by is not None
    if owe(whose=claim, way=way, amount=claim.amount, lines=units, due_by=claim.settle_by, at=at) is None:
        settle_claim(claim, at=at, by=by)


def _fetch(claim: Claim, lines: Sequence[ClaimLine], targets: Mapping[int, Target], at: datetime, by: Actor) -> None:
    """The goods come back first, at our cost, as a return of their own; it pays or replaces once they were checked."""
    order, rules = claim.order, policy()
    place = place_for(str((order.shipping_address or {}).get("country") or ""))
    offered = ways_of(place)
    way = next((one for one in GOODS_WAYS if one in offered), Way.OWN)
    case = Return(order=order, rma=new_number("R"), origin=Origin.STAFF, currency=order.currency, way=way, requested_at=at)
    case.policy, case.language, case.label_provider = (rules if rules.pk else None), order.language, place.provider
    case.place = {"key": place.key, "name": place.name, "address": place.address}
    case.instructions = place.instructions.get(order.language) or place.instructions.get("en") or rules.how
    case.save()
    rest = claim.amount
    worths = [worth_of(order, one.order_line, one.quantity) for one in lines]
    for number, (one, worth) in enumerate(zip(lines, worths, strict=True)):
        mine = rest if number == len(lines) - 1 else min(rest, worth)
        rest -= mine
        row = _return_line(case, claim, one, mine, worth)
        if claim.resolution == Outcome.REPLACEMENT:
            reserve(order=order, target=targets[one.pk], quantity=one.quantity, at=at, line=row)
    claim.case = case
    claim.save(update_fields=["case"])
    note(case, Step.REQUESTED, at, by, claim=claim.pk)
    tell("returns.return.requested", case, at)
    approve_held(case, calendar(), at=at, by=by)


def _return_line(case: Return, claim: Claim, one: ClaimLine, amount: Decimal, worth: Decimal) -> ReturnLine:
    row: ReturnLine = ReturnLine.objects.create(
        case=case,
        order_line=one.order_line,
        quantity=one.quantity,
        reason=BY_FAULT.get(Problem(claim.problem), "damaged"),
        reason_kind=ReasonKind.FAULT,
        outcome=claim.resolution,
        amount=amount,
        decided={"until": None, "rules": [], "version": None, "value": str(worth), "postage_free": True},
    )
    return row


def claim_repaired(*, claim: Claim, at: datetime, by: Actor) -> Claim:
    """It is repaired and on its way home. Said again it is the same. Refuses (CaseClosed) what is not being repaired."""
    row = held_claim(claim)
    if row.state == C.RESOLVED:
        return row
    if row.state != C.REPAIRING:
        raise CaseClosed(_("It is not being repaired."))
    finish_claim(row, at=at, by=by)
    if row.case is not None:
        row.case.order = row.order
        settle_case(row.case, at=at, by=by)
    return row


def resolve_claim(*, claim: Claim, at: datetime, by: Actor) -> Claim:
    """Staff call it settled. Settled before, it stays so. Refuses (CaseClosed) before a decision, and while money, goods or a
    replacement are on their way."""
    row = held_claim(claim)
    if row.state == C.RESOLVED:
        return row
    check_step(row.state, C.RESOLVED)
    if is_claim_open(row):
        raise CaseClosed(_("Something of it is still on its way."))
    finish_claim(row, at=at, by=by)
    return row
