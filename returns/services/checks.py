"""Whether what a shopper asks for can be done: every wish against the policy, the stock, the photos; all reasons at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.models import Product, Variant
from orders.models import Order, OrderLine
from orders.types import OrderState
from returns.models import CasePhoto, ReturnPlace
from returns.rules.dossier import Dossier
from returns.rules.policy import STAYING, WHY, worth
from returns.selectors.exchanges import all_targets
from returns.selectors.policy import dossier_of, place_for, reasons, ways_of
from returns.selectors.units import units_left
from returns.services.book import ReturnRefused
from returns.types import Actor, Decision, Offer, Origin, Outcome, ReasonKind, Refusal, Target, Way, Wish

OURS = frozenset({Origin.STAFF, Origin.SHOP})  # may go beyond the policy, never beyond what was bought
FOR_GIFTS = frozenset({Outcome.CREDIT, Outcome.EXCHANGE, Outcome.REPLACEMENT, Outcome.REPAIR})
SWAPS = frozenset({Outcome.EXCHANGE, Outcome.REPLACEMENT})
MOST_PHOTOS = 10
UNKNOWN_REASON = ReasonKind.WISH


@dataclass(frozen=True, slots=True)
class Agreed:
    """One wish that can be granted, with the money of it."""

    line: OrderLine
    wish: Wish
    kind: ReasonKind
    offer: Offer
    value: Decimal
    rules: tuple[str, ...] = ()
    target: Target | None = None
    photos: tuple[CasePhoto, ...] = ()


@dataclass(slots=True)
class Check:
    """Goes through the wishes and collects what stands against them."""

    order: Order
    today: date
    by: Actor
    is_gift: bool
    is_withdrawal: bool = False
    refusals: list[Refusal] = field(default_factory=list)
    dossier: Dossier = field(init=False)
    lines: dict[str, OrderLine] = field(init=False)
    left: dict[int, int] = field(init=False)
    kinds: dict[str, ReasonKind] = field(init=False)

    def __post_init__(self) -> None:
        rows = list(OrderLine.objects.filter(order=self.order).select_related("product").order_by("position", "pk"))
        self.lines = {row.public_id: row for row in rows}
        self.left = units_left(lines=rows)
        self.kinds = {one.code: one.kind for one in reasons()}
        self.dossier = dossier_of(order=self.order, today=self.today, is_gift=self.is_gift, lines=rows)

    @property
    def is_ours(self) -> bool:
        return self.by.origin in OURS

    def refuse(self, field: str, code: str, text: str) -> None:
        self.refusals.append(Refusal(field, code, text))

    def wishes(self, wishes: Sequence[Wish]) -> list[Agreed]:
        """What was agreed on. Refuses (ReturnRefused) with every reason there is."""
        if self.order.state == OrderState.CANCELLED:
            self.refuse("order", "cancelled", _("This order was cancelled, so nothing of it can go back."))
        if not wishes:
            self.refuse("wishes", "none", _("Choose at least one product."))
        seen: Counter[str] = Counter()
        agreed = [one for number, wish in enumerate(wishes) if (one := self._wish(f"wishes[{number}]", wish, seen)) is not None]
        self.done()
        return agreed

    def done(self) -> None:
        if self.refusals:
            raise ReturnRefused(self.refusals)

    def _wish(self, path: str, wish: Wish, seen: Counter[str]) -> Agreed | None:
        before = len(self.refusals)
        line = self.lines.get(wish.line)
        if line is None:
            self.refuse(f"{path}.line", "unknown", _("This product is not part of the order."))
            return None
        seen[wish.line] += 1
        if seen[wish.line] > 1:
            self.refuse(f"{path}.line", "twice", _("This product is listed twice. Put both into one line."))
        kind = self._reason(path, wish)
        self._quantity(path, wish, line)
        if len(self.refusals) > before:
            return None
        decision = self.dossier.decision(line.pk, quantity=wish.quantity, reason=wish.reason, kind=kind)
        offer, value = self._offer(path, wish, decision), worth(self.dossier.articles[line.pk], wish.quantity)
        target = self._target(path, wish, line) if wish.outcome in SWAPS else None
        photos = self._photos(path, wish, offer)
        if offer is None or len(self.refusals) > before:
            return None
        return Agreed(line, wish, kind, offer, value, decision.rules, target, photos)

    def _reason(self, path: str, wish: Wish) -> ReasonKind:
        if wish.reason in self.kinds:
            return self.kinds[wish.reason]
        if not self.is_ours:
            self.refuse(f"{path}.reason", "unknown", _("Choose one of the reasons."))
        return UNKNOWN_REASON

    def _quantity(self, path: str, wish: Wish, line: OrderLine) -> None:
        left = self.left[line.pk]
        if wish.quantity < 1:
            self.refuse(f"{path}.quantity", "too_few", _("At least one piece has to go back."))
        elif left == 0:
            self.refuse(f"{path}.quantity", "nothing_left", str(WHY["nothing_left"]))
        elif wish.quantity > left:
            self.refuse(f"{path}.quantity", "too_many", _("Only %(left)s can still go back.") % {"left": left})

    def _offer(self, path: str, wish: Wish, decision: Decision) -> Offer | None:
        """The offer of the outcome, or with staff's word what it would be."""
        if self.is_gift and wish.outcome not in FOR_GIFTS:
            text = _("The money would go back to whoever gave it to you. Choose store credit or an exchange.")
            self.refuse(f"{path}.outcome", "gift_no_refund", text)
            return None
        offer = decision.offer(wish.outcome)
        if self.is_withdrawal:  # the law knows no fee and no window of the shop's
            return replace(self._beyond(wish), is_postage_free=offer is not None and offer.is_postage_free)
        if self.is_ours:
            found = offer or self._beyond(wish)
            if found.amount == 0 and wish.outcome == Outcome.KEEP:
                self.refuse(f"{path}.outcome", "no_share", _("The policy names no share for keeping it."))
                return None
            return found
        if offer is None or not offer.is_open:
            why = decision.why if not decision.is_eligible else offer.why if offer is not None else "excluded"
            self.refuse(f"{path}.outcome", why, str(WHY[why]))
            return None
        return offer

    def _beyond(self, wish: Wish) -> Offer:
        """Staff grants what the policy does not offer: what was paid for money, nothing for things."""
        line = self.lines[wish.line]
        paid = worth(self.dossier.articles[line.pk], wish.quantity)
        is_money = wish.outcome in (Outcome.REFUND, Outcome.CREDIT, Outcome.DONATE)
        return Offer(wish.outcome, True, "", None, amount=paid if is_money else Decimal(0))

    def _target(self, path: str, wish: Wish, line: OrderLine) -> Target | None:
        """What it is exchanged for, in stock. The same again may be promised without a known stock: then the shop decides."""
        product = line.product
        is_gone = product is None or product.deleted_at is not None
        choices = [] if product is None or is_gone else all_targets(order_line=line, product=product)
        if wish.outcome == Outcome.REPLACEMENT and not wish.target:
            return self._same(path, wish, line, product, choices)
        found = next((one for one in choices if one.key == wish.target), None)
        if found is None:
            self.refuse(f"{path}.target", "unknown", _("Choose what you would like instead."))
        elif product is not None and product.currency and product.currency != self.order.currency:
            self.refuse(f"{path}.target", "currency", _("It is sold in another currency than your order was paid in."))
        elif found.left < wish.quantity:
            self._sold_out(path, found.left)
        else:
            return found
        return None

    def _same(self, path: str, wish: Wish, line: OrderLine, product: Product | None, choices: list[Target]) -> Target | None:
        found = next((one for one in choices if one.is_same), None)
        if found is None:
            nothing = Decimal(0)
            return Target("", line.title, line.variant_title, line.sku, dict(line.options), None, nothing, 0, True, line.image_url)
        if found.left < wish.quantity and _is_counted(found, product):
            self._sold_out(path, found.left)
            return None
        return found

    def _sold_out(self, path: str, left: int) -> None:
        text = _("Only %(left)s are left of it.") % {"left": left} if left else _("It is sold out at the moment.")
        self.refuse(f"{path}.target", "sold_out", text)

    def _photos(self, path: str, wish: Wish, offer: Offer | None) -> tuple[CasePhoto, ...]:
        wanted = list(dict.fromkeys(wish.photos))
        rows = photos_of(self.order, wanted)
        if len(rows) != len(wanted) or len(wanted) > MOST_PHOTOS:
            self.refuse(f"{path}.photos", "unknown", _("A photo is missing. Please add it again."))
        if offer is not None and offer.needs_photo and not rows and not self.is_ours:
            self.refuse(f"{path}.photos", "needed", _("Please add a photo: it lets us decide at once."))
        return tuple(rows)

    def place(self, agreed: Sequence[Agreed], way: Way) -> tuple[ReturnPlace, Way, Decimal]:
        """Where it goes and how; nothing travels when all of it stays. Refuses (ReturnRefused) a way that is not offered there."""
        travelling = [one for one in agreed if one.wish.outcome not in STAYING]
        keys = [one.offer.address for one in travelling if one.offer.address]
        place = place_for(self.dossier.situation.country, key=keys[0] if keys else "")
        if not travelling:
            return place, Way.NONE, Decimal(0)
        ways = ways_of(place)
        if way == Way.NONE:
            self.refuse("way", "needed", _("Choose how to send it."))
        elif way not in ways and not self.is_ours:
            self.refuse("way", "not_offered", _("It cannot be sent this way."))
        self.done()
        is_free = any(one.offer.is_postage_free for one in travelling)
        return place, way, Decimal(0) if is_free else ways.get(way, Decimal(0))


def _is_counted(target: Target, product: Product | None) -> bool:
    """Whether the shop tells how many of it there are."""
    if product is None:
        return False
    kind, _colon, id = target.key.partition(":")
    return product.stock is not None if kind == "product" else Variant.objects.filter(pk=id, stock__isnull=False).exists()


def photos_of(order: Order, public_ids: Sequence[str]) -> list[CasePhoto]:
    """Whole photos of this order that belong to no case yet."""
    if not public_ids:
        return []
    rows = CasePhoto.objects.defer("body").filter(order=order, public_id__in=public_ids, line=None, claim=None, ready_at__isnull=False)
    return list(rows.order_by("pk"))
