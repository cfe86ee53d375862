"""What the steps of a return show: the reasons, the outcomes with the money and the day of each, the ways back, the sum of it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from catalog.models import Product
from merchants.models import Merchant
from orders.models import Order, OrderLine
from portal.formats import day_text, money_text
from portal.rules.drafts import Draft, Going
from portal.rules.returns import outcome_words, way_words
from returns.models import ReturnPlace
from returns.rules.dates import Ahead, Calendar, ahead, hand_over_by
from returns.rules.dossier import Dossier
from returns.rules.policy import STAYING, WHY
from returns.rules.reasons import Reason
from returns.selectors import dossier_of, place_for, reasons, ways_of
from returns.selectors.exchanges import targets_of
from returns.services.book import calendar
from returns.types import Offer, Outcome, ReasonKind, Target, Way

FOR_GIFTS = frozenset({Outcome.CREDIT, Outcome.EXCHANGE, Outcome.REPLACEMENT, Outcome.REPAIR})
HANDED_OVER_IN = timedelta(days=2)  # what the named days rest on, and say so
MOST_TARGETS = 12
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Choice:
    """One outcome as it can be chosen; `value` is what the form sends."""

    value: str
    title: str
    sum: str
    hints: tuple[str, ...]
    is_open: bool
    offer: Offer
    is_checked: bool = False


@dataclass(frozen=True, slots=True)
class WayBack:
    """One way of handing it over, and what it costs."""

    code: str
    title: str
    words: str
    sum: str
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Sum:
    """A line of the amounts."""

    words: str
    amount: str
    is_total: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Room:
    """All that the steps of one order's return go by; what only later steps need is read when they do."""

    order: Order
    lines: dict[str, OrderLine]
    dossier: Dossier
    today: date
    is_gift: bool

    @cached_property
    def here(self) -> Calendar:
        return calendar()

    @cached_property
    def known(self) -> dict[str, Reason]:
        """The reasons in their order, by code."""
        return {one.code: one for one in reasons()}

    @cached_property
    def method(self) -> str:
        """Where the money goes, in words; "" where that is not one card, and for a gift."""
        payments = [] if self.is_gift else list(self.order.payments.all())
        return f"{payments[0].method} ••\u00a0{payments[0].last4}" if len(payments) == 1 and payments[0].last4 else ""

    def money(self, amount: Decimal) -> str:
        return money_text(amount, self.order.currency, language=get_language() or "en")

    def day(self, day: date) -> str:
        return day_text(day, language=get_language() or "en", this_year=self.today.year)

    @property
    def handed_over(self) -> date:
        """The working day the named days are counted from."""
        return self.here.later(self.today + HANDED_OVER_IN, 0)

    @property
    def ahead(self) -> Ahead:
        return ahead(self.here, self.handed_over, refund_days=self.dossier.current.refund_days)


def room_of(order: Order, *, merchant: Merchant, today: date, is_gift: bool) -> Room:
    """Reads the order's lines and the policy about them; at most eight queries."""
    lines = list(OrderLine.objects.filter(order=order).select_related("product").order_by("position", "pk"))
    dossier = dossier_of(order=order, today=today, is_gift=is_gift, lines=lines, merchant=merchant)
    return Room(order, {line.public_id: line for line in lines}, dossier, today, is_gift)


def kind_of(reason: str, known: dict[str, Reason]) -> ReasonKind:
    return known[reason].kind if reason in known else ReasonKind.WISH


def choices_of(room: Room, going: Going, *, kind: ReasonKind) -> list[Choice]:
    """Every outcome the policy knows for these pieces and this reason, the closed ones with why; each thing to exchange for is one."""
    line = room.lines[going.line]
    decision = room.dossier.decision(line.pk, quantity=going.quantity, reason=going.reason, kind=kind)
    found: list[Choice] = []
    for offer in decision.offers:
        if room.is_gift and offer.outcome not in FOR_GIFTS:
            continue
        if offer.outcome == Outcome.EXCHANGE and offer.is_open:
            found += _exchanges(room, line, going, offer)
        else:
            found.append(_choice(room, line, going, offer))
    return sorted(found, key=lambda choice: not choice.is_open)


def _choice(room: Room, line: OrderLine, going: Going, offer: Offer) -> Choice:
    if not offer.is_open:
        return Choice(offer.outcome, outcome_words(offer.outcome), "", (str(WHY.get(offer.why, "")),), False, offer)
    return Choice(offer.outcome, outcome_words(offer.outcome), _sum(room, offer), tuple(_hints(room, offer)), True, offer)


def _sum(room: Room, offer: Offer) -> str:
    if room.is_gift:
        return ""
    return room.money(ZERO if offer.outcome in (Outcome.REPLACEMENT, Outcome.REPAIR) else offer.amount)


def _hints(room: Room, offer: Offer) -> list[str]:
    """Sentences: where the money goes, what is taken off or added, and by when."""
    words = [*_money_hints(room, offer), *_day_hints(room, offer)]
    if offer.until is not None:
        words.append(_("Hand it over by %(day)s.") % {"day": room.day(offer.until)})
    if offer.needs_review:
        words.append(_("Somebody of us looks at it first."))
    if offer.needs_photo:
        words.append(_("Needs a photo."))
    return words


def _money_hints(room: Room, offer: Offer) -> list[str]:
    if room.is_gift:
        return [_("As a code for the shop, sent to you alone.")] if offer.outcome == Outcome.CREDIT else []
    words = []
    if offer.outcome in (Outcome.REFUND, Outcome.DONATE, Outcome.KEEP):
        words.append(_("To %(method)s.") % {"method": room.method} if room.method else _("Back the way you paid."))
    if offer.bonus:
        without = {"paid": room.money(offer.amount - offer.bonus), "bonus": room.money(offer.bonus)}
        words.append(_("%(paid)s and %(bonus)s from us.") % without)
    if offer.outcome == Outcome.CREDIT:
        words.append(_("It cannot be paid out later."))
    if offer.fee:
        words.append(_("A fee of %(fee)s is taken off already.") % {"fee": room.money(offer.fee)})
    if offer.outcome == Outcome.KEEP:
        words.append(_("You keep it and send nothing."))
    if offer.outcome == Outcome.DONATE:
        words.append(_("You give it to somebody who needs it and send nothing."))
    return words


def _day_hints(room: Room, offer: Offer) -> list[str]:
    if offer.outcome in STAYING:
        return []
    then = room.ahead
    days = {"handed": room.day(room.handed_over), "sent": room.day(then.refund_by), "bank": room.day(then.bank_by)}
    if offer.outcome == Outcome.REFUND:
        return [_("Handed over by %(handed)s, at your bank by %(bank)s.") % days]
    if offer.outcome == Outcome.CREDIT:
        return [_("Handed over by %(handed)s, yours by %(sent)s.") % days]
    days["checked"] = room.day(then.inspect_by)
    if offer.outcome == Outcome.REPAIR:
        return [_("Handed over by %(handed)s, looked at by %(checked)s.") % days]
    return [_("Handed over by %(handed)s, ordered for you by %(checked)s.") % days]


def _exchanges(room: Room, line: OrderLine, going: Going, offer: Offer) -> list[Choice]:
    targets = _fitting(room, line)
    if not targets:
        return [
            Choice("exchange", outcome_words("exchange"), "", (_("Nothing to exchange it for is in stock at the moment."),), False, offer)
        ]
    return [_exchange(room, going, offer, target) for target in targets[:MOST_TARGETS]]


def _fitting(room: Room, line: OrderLine) -> list[Target]:
    product: Product | None = line.product
    if product is None or (product.currency and product.currency != room.order.currency):
        return []
    return targets_of(order_line=line)


def _exchange(room: Room, going: Going, offer: Offer, target: Target) -> Choice:
    name = target.variant_title or target.title
    title = _("The same again: %(name)s") if target.is_same else _("Exchange for %(name)s")
    difference = target.difference * going.quantity + offer.fee
    left = ngettext("%(n)s left.", "%(n)s left.", target.left) % {"n": target.left}
    if target.left < going.quantity:
        return Choice(f"exchange {target.key}", title % {"name": name}, "", (left, _("Not enough for all of yours.")), False, offer)
    words = [left, _("We hold it for you."), *_day_hints(room, offer)]
    if offer.until is not None:
        words.append(_("Hand yours over by %(day)s.") % {"day": room.day(offer.until)})
    return Choice(f"exchange {target.key}", title % {"name": name}, difference_words(room, difference), tuple(words), True, offer)


def difference_words(room: Room, difference: Decimal) -> str:
    """What an exchange costs or brings."""
    if room.is_gift:
        return ""
    if difference > 0:
        return _("pay %(amount)s") % {"amount": room.money(difference)}
    return _("%(amount)s back") % {"amount": room.money(-difference)} if difference < 0 else room.money(ZERO)


# The way back


def place_of(room: Room, offers: Sequence[Offer]) -> ReturnPlace:
    """Where it goes; one query."""
    keys = [offer.address for offer in offers if offer.address and offer.outcome not in STAYING]
    return place_for(room.dossier.situation.country, key=keys[0] if keys else "")


def ways_back(room: Room, place: ReturnPlace, offers: Sequence[Offer]) -> list[WayBack]:
    """Each way with what it costs, none before the other; free when the shop bears the postage of anything in it."""
    is_free = any(offer.is_postage_free for offer in offers if offer.outcome not in STAYING)
    return [_way(room, way, ZERO if is_free else fee) for way, fee in ways_of(place).items() if way != Way.NONE]


def _way(room: Room, way: Way, fee: Decimal) -> WayBack:
    title, words = way_words(way)
    free = _("Own postage") if way == Way.OWN else _("Free")
    return WayBack(way.value, title, words, room.money(fee) if fee else free, fee)


# The check


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what will be sent in."""

    id: str
    line: OrderLine
    quantity: int
    words: str
    sum: str
    until: date | None
    offer: Offer
    error: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that will be sent in, with its sums and the last day."""

    rows: Sequence[Row]
    sums: Sequence[Sum]
    hand_over_by: date | None
    needs_review: bool
    needs_way: bool


def chosen_of(room: Room, going: Going, *, known: dict[str, Reason]) -> Choice | None:
    """The open choice a line was given; None where it is not on offer (any more)."""
    found = choices_of(room, going, kind=kind_of(going.reason, known))
    return next((choice for choice in found if choice.is_open and choice.value == going.outcome), None)


def summary_of(
    room: Room, draft: Draft, chosen: Sequence[Choice], *, known: dict[str, Reason], way: WayBack | None, at: datetime
) -> Summary:
    """The last page: what was chosen for each line, and what comes of it."""
    rows = [_row(room, going, choice, known) for going, choice in zip(draft.lines, chosen, strict=True)]
    offers = [choice.offer for choice in chosen]
    needs_way = any(offer.outcome not in STAYING for offer in offers)
    is_held = any(offer.outcome in (Outcome.EXCHANGE, Outcome.REPLACEMENT) for offer in offers)
    untils = [offer.until for offer in offers if offer.outcome not in STAYING]
    last = hand_over_by(room.here, at, untils=untils, is_held=is_held) if needs_way else None
    review = any(offer.needs_review for offer in offers)
    return Summary(rows, [] if room.is_gift else _sums(room, offers, way), last, review, needs_way)


def _row(room: Room, going: Going, choice: Choice, known: dict[str, Reason]) -> Row:
    why = known[going.reason].name if going.reason in known else ""
    words = f"{choice.title}. {why}" if why else choice.title
    return Row(going.line, room.lines[going.line], going.quantity, words, choice.sum, None, choice.offer)


def _sums(room: Room, offers: Sequence[Offer], way: WayBack | None) -> list[Sum]:
    """Money back and credit apart; postage comes off once."""
    money = sum((one.amount for one in offers if one.outcome in (Outcome.REFUND, Outcome.KEEP, Outcome.DONATE)), ZERO)
    credit = sum((one.amount for one in offers if one.outcome == Outcome.CREDIT), ZERO)
    fee = way.fee if way is not None else ZERO
    found = []
    if fee and (money or credit):
        found.append(Sum(_("Postage of the way back"), "−" + room.money(fee)))
        off = min(fee, money)
        money, credit = money - off, max(credit - (fee - off), ZERO)
    then = room.ahead
    has_goods = any(one.outcome not in STAYING for one in offers)
    day = {"day": room.day(then.bank_by), "handed": room.day(room.handed_over), "sent": room.day(then.refund_by)}
    if money:
        hint = _("Handed over by %(handed)s, at your bank by %(day)s.") % day if has_goods else ""
        found.append(Sum(_("Money back"), room.money(money), True, hint))
    if credit:
        found.append(Sum(_("Store credit"), room.money(credit), not money, _("Handed over by %(handed)s, yours by %(sent)s.") % day))
    return found
