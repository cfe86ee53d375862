"""What of an order can go back, what is on its way back, and the cases of a shopper, as their pages show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import DateField, F, QuerySet, Value
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.text import BadEmail, normalise_email
from customers.types import Channel
from merchants.models import Merchant
from orders.models import Order, OrderLine
from orders.rules.look_up import number_in
from orders.selectors import OrderNotFound, find_by_contact
from portal.formats import list_text
from portal.rules.returns import Help, Next, claim_state, next_best_words, next_of_return, problem_words, return_state
from portal.types import State
from returns.models import Claim, ClaimLine, Return, ReturnLine, Withdrawal
from returns.rules.dossier import Dossier
from returns.rules.policy import WHY
from returns.selectors import dossier_of
from returns.types import ClaimState, Decision, Outcome, ReturnState, Way, Wish

DAYS = ("answer_by", "hand_over_by", "arrive_by", "inspect_by", "refund_by", "bank_by")
MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Listed:
    """A return or a claim in a list."""

    title: str
    path: str
    state: State
    at: datetime
    next: Next | None = None
    names: str = ""
    image_url: str = ""
    order_number: str = ""
    quantity: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """One line: whether it can go back, until when, or why not and what helps instead."""

    line: OrderLine
    decision: Decision
    why: str = ""
    helps: Sequence[Help] = ()
    going: Sequence[Listed] = ()
    is_picked: bool = False
    typed: str = ""
    error: str = ""

    @property
    def id(self) -> str:
        return str(self.line.public_id)

    @property
    def is_open(self) -> bool:
        return self.decision.is_eligible

    @property
    def until(self) -> date | None:
        return self.decision.until

    @property
    def left(self) -> int:
        return self.decision.quantity

    @property
    def quantity(self) -> str:
        """As it was typed; all of it where one came only with one."""
        return self.typed or ("1" if self.left == 1 else "")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The order's lines, each with its card, and all cases about it."""

    cards: Sequence[Card]
    going: Sequence[Listed]
    dossier: Dossier

    @property
    def can_return(self) -> bool:
        return any(card.is_open for card in self.cards)

    @property
    def deadline(self) -> date | None:
        """The first of the last days, of what can go back; else of what could."""
        days = [card.until for card in self.cards if card.is_open] or [card.until for card in self.cards]
        return min((day for day in days if day is not None), default=None)


def order_alone(*, public_id: str, customer_id: int | None) -> Order:
    """One of the shopper's own orders without its lines. Raises OrderNotFound for anybody else's."""
    order: Order | None = Order.objects.filter(public_id=public_id, customer_id=customer_id).first()
    if order is None:
        raise OrderNotFound("no such order")
    return order


def shelf_of(order: Order, *, merchant: Merchant, today: date) -> Shelf:
    """For the one who ordered. What is given back by who got it as a gift is not told."""
    lines = sorted(order.lines.all(), key=lambda line: line.position)
    dossier = dossier_of(order=order, today=today, lines=lines, merchant=merchant)
    by_line, going = _cases_of(order)
    decisions = dossier.decisions()
    cards = [_card(line, decisions[line.pk], by_line.get(line.pk, [])) for line in lines if line.quantity > line.quantity_removed]
    return Shelf(cards, going, dossier)


def _card(line: OrderLine, decision: Decision, going: Sequence[Listed]) -> Card:
    if decision.is_eligible:
        return Card(line, decision, going=going)
    helps = [found for code in decision.next_best if (found := next_best_words(code)) is not None]
    is_told = decision.why != "nothing_left" or bool(going)
    why = str(WHY.get(decision.why, "")) if is_told else _("It cannot be sent back here. Write to us, and we look at it together.")
    return Card(line, decision, why, helps, going)


COLUMNS = ("line_id", "pieces", "public_id", "number", "state", "when", "problem", *DAYS, "is_claim")


def _cases_of(order: Order) -> tuple[dict[int, list[Listed]], list[Listed]]:
    """Per line and all together, newest first; one query."""
    about = {"line_id": F("order_line_id"), "pieces": F("quantity")}
    case = {"public_id": F("case__public_id"), "number": F("case__rma"), "state": F("case__state"), "when": F("case__requested_at")}
    days = {name: F(f"case__{name}") for name in DAYS}
    returns = ReturnLine.objects.filter(case__order=order, case__is_gift=False).annotate(
        **about, **case, problem=Value(""), **days, is_claim=Value(0)
    )
    claim = {"public_id": F("claim__public_id"), "number": F("claim__number"), "state": F("claim__state"), "when": F("claim__opened_at")}
    none: dict[str, Any] = {name: Value(None, DateField()) for name in DAYS}
    days = {**none, "answer_by": F("claim__answer_by"), "refund_by": F("claim__settle_by")}
    claims = ClaimLine.objects.filter(claim__order=order).annotate(**about, **claim, problem=F("claim__problem"), **days, is_claim=Value(1))
    rows = returns.order_by().values_list(*COLUMNS).union(claims.order_by().values_list(*COLUMNS), all=True).order_by("-when", "public_id")
    by_line: dict[int, list[Listed]] = {}
    every: dict[str, Listed] = {}
    for row in rows:
        facts = dict(zip(COLUMNS, row, strict=True))
        one = _listed(order, facts)
        by_line.setdefault(facts["line_id"], []).append(one)
        every.setdefault(one.path, one)
    return by_line, list(every.values())


def _listed(order: Order, facts: Mapping[str, Any]) -> Listed:
    """A row of a return or a claim as it stands beside its line."""
    if facts["is_claim"]:
        row = Claim(**{name: facts[name] for name in ("public_id", "number", "state", "problem", "answer_by")})
        row.opened_at, row.settle_by = facts["when"], facts["refund_by"]
        return listed_claim(row, order, quantity=facts["pieces"])
    case = Return(public_id=facts["public_id"], rma=facts["number"], state=facts["state"], requested_at=facts["when"])
    for name in DAYS:
        setattr(case, name, facts[name])
    return listed_return(case, order, quantity=facts["pieces"])


def listed_return(case: Return, order: Order, *, quantity: int = 0, **more: Any) -> Listed:
    """A return in a list; its lines need not be loaded."""
    path = reverse("order-return", args=[order.public_id, case.public_id])
    title = _("Return %(number)s") % {"number": case.rma}
    return Listed(title, path, return_state(case.state), case.requested_at, next_step(case), quantity=quantity, **more)


def next_step(case: Return) -> Next | None:
    """What comes next and by when."""
    return next_of_return(case.state, {name: getattr(case, name) for name in DAYS})


def listed_claim(claim: Claim, order: Order, *, quantity: int = 0, **more: Any) -> Listed:
    """A claim in a list; its lines need not be loaded."""
    path = reverse("order-claim", args=[order.public_id, claim.public_id])
    title = f"{problem_words(claim.problem)[0]}, {claim.number}"
    return Listed(title, path, claim_state(claim.state), claim.opened_at, next_of_claim(claim), quantity=quantity, **more)


def next_of_claim(claim: Claim) -> Next | None:
    """What comes next and by when."""
    if claim.state == ClaimState.OPEN:
        return Next(_("We answer by"), claim.answer_by)
    if claim.state == ClaimState.INFO_NEEDED:
        return Next(_("We wait for your answer"), is_yours=True)
    if claim.state in (ClaimState.APPROVED, ClaimState.REPAIRING) and claim.settle_by is not None:
        return Next(_("Settled by"), claim.settle_by)
    return None


# All of a shopper's


@dataclass(frozen=True, slots=True)
class Key:
    """A row of the list before it is loaded."""

    is_claim: bool
    id: int


def keys_of(customer_id: int) -> "QuerySet[Any]":
    """Returns and claims of all of a shopper's orders, newest first; gifts are their receiver's business."""
    returns = Return.objects.filter(order__customer=customer_id, is_gift=False).annotate(when=F("requested_at"), is_claim=Value(0))
    claims = Claim.objects.filter(order__customer=customer_id).annotate(when=F("opened_at"), is_claim=Value(1))
    columns = ("when", "id", "is_claim")
    both = returns.order_by().values_list(*columns).union(claims.order_by().values_list(*columns), all=True)
    found: QuerySet[Any] = both.order_by("-when", "is_claim", "-id")
    return found


def listed_of(keys: Iterable[tuple[datetime, int, int]]) -> list[Listed]:
    """The rows of a page; four queries at most."""
    wanted = [Key(bool(claim), pk) for _at, pk, claim in keys]
    returns = _loaded(Return, [key.id for key in wanted if not key.is_claim])
    claims = _loaded(Claim, [key.id for key in wanted if key.is_claim])
    return [_of_claim(claims[key.id]) if key.is_claim else _of_return(returns[key.id]) for key in wanted]


def _loaded(model: type[Any], ids: Sequence[int]) -> Mapping[int, Any]:
    rows = model.objects.filter(pk__in=ids).select_related("order").prefetch_related("lines__order_line") if ids else ()
    return {row.pk: row for row in rows}


def _of_return(row: Return) -> Listed:
    return listed_return(row, row.order, order_number=row.order.number, **_of_lines([line.order_line for line in row.lines.all()]))


def _of_claim(row: Claim) -> Listed:
    return listed_claim(row, row.order, order_number=row.order.number, **_of_lines([line.order_line for line in row.lines.all()]))


def _of_lines(lines: Sequence[OrderLine]) -> dict[str, Any]:
    names = [line.title for line in lines]
    shown = [*names[:MOST_NAMES], *(["…"] if len(names) > MOST_NAMES else [])]
    return {"names": list_text(shown, language=get_language() or "en"), "image_url": lines[0].image_url if lines else ""}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a shopper's cases waits for the shopper: the order, what it is, and by when."""

    order_id: int
    state: State
    next: Next | None
    path: str


def waiting_for_shopper(orders: Sequence[Order]) -> list[Waiting]:
    """Returns to be handed over and questions to be answered, of these orders; one query."""
    if not orders:
        return []
    by_id = {order.pk: order for order in orders}
    states = [ReturnState.INFO_NEEDED, ReturnState.APPROVED, ReturnState.LABELLED]
    columns = ("order_id", "public_id", "state", "day", "is_claim")
    returns = Return.objects.filter(order__in=by_id, state__in=states, is_gift=False).exclude(way=Way.NONE)
    claims = Claim.objects.filter(order__in=by_id, state=ClaimState.INFO_NEEDED)
    first = returns.annotate(day=F("hand_over_by"), is_claim=Value(0)).order_by().values_list(*columns)
    second = claims.annotate(day=F("answer_by"), is_claim=Value(1)).order_by().values_list(*columns)
    return [_waiting(by_id[order_id], *row) for order_id, *row in first.union(second, all=True)]


def _waiting(order: Order, public_id: str, state: str, day: date | None, is_claim: int) -> Waiting:
    path = reverse("order-claim" if is_claim else "order-return", args=[order.public_id, public_id])
    if is_claim:
        return Waiting(order.pk, claim_state(state), Next(_("We wait for your answer"), is_yours=True), path)
    return Waiting(order.pk, return_state(state), next_of_return(state, {"hand_over_by": day}), path)


def same_return(*, order: Order, wishes: Sequence[Wish], since: datetime, is_gift: bool) -> Return | None:
    """The return with just these lines, for the same things instead, that was asked for since then and not called off.

    Four queries. The caller holds the order.
    """
    wanted = sorted((wish.line, wish.quantity, wish.reason, wish.outcome.value, wish.target) for wish in wishes)
    rows = Return.objects.filter(order=order, requested_at__gte=since, is_gift=is_gift).exclude(state=ReturnState.CANCELLED)
    rows = rows.prefetch_related("lines__order_line", "lines__exchanges__product")
    row: Return
    for row in rows.order_by("-pk"):
        if wanted == sorted(_wished(line) for line in row.lines.all()):
            return row
    return None


def _wished(line: ReturnLine) -> tuple[str, int, str, str, str]:
    """A line as it was wished for; a product without choices names itself."""
    target = ""
    for swap in line.exchanges.all() if line.outcome == Outcome.EXCHANGE else ():
        target = f"variant:{swap.variant_id}" if swap.variant_id else f"product:{swap.product.public_id}" if swap.product else ""
    return line.order_line.public_id, line.quantity, line.reason, line.outcome, target


# Withdrawals


def order_of_statement(*, number: str, email: str) -> Order | None:
    """The order a statement names, when it was placed with the e-mail address; None else, and where it cannot be told."""
    try:
        address = normalise_email(email)
    except BadEmail:
        return None
    order_id = find_by_contact(number=number_in(number), channel=Channel.EMAIL, address=address)
    return Order.objects.filter(pk=order_id).first() if order_id else None


def same_withdrawal(*, since: datetime, name: str, order_number: str, email: str, scope: str) -> Withdrawal | None:
    """The same statement, made since then."""
    rows = Withdrawal.objects.filter(declared_at__gte=since, name=name, order_number=order_number, email=email, scope=scope)
    row: Withdrawal | None = rows.order_by("-pk").first()
    return row
