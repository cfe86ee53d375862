"""What goes out instead: held, ordered at the shop, followed until it is there; or let go."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.models import Product
from orders.models import Order, OrderLine
from orders.rules import arrival_window, dispatch_by
from orders.selectors import setting
from orders.types import PromiseKind
from returns.models import Claim, Exchange, ReturnLine
from returns.rules.dates import arrive_by
from returns.rules.money import Promised, share_of
from returns.rules.states import CaseClosed, check_step
from returns.selectors.exchanges import all_targets
from returns.selectors.units import money_left, worth_of
from returns.services.book import SHOP, calendar, clean, held_order, kept, note, promise, refuse, settle, tell
from returns.services.money import owe
from returns.services.settling import settle_whose
from returns.types import Actor, ExchangeState, MoneyWay, ReturnState, Step, Target
from tracking.models import Shipment

HELD_AT_LEAST = timedelta(days=7)  # while nobody has decided; the approval sets the true end
E_ = ExchangeState


def hold_products(order: Order, line_ids: Iterable[str]) -> None:
    """Hold the products of these lines (public ids), so that two do not both get the last one."""
    ids = OrderLine.objects.filter(order=order, public_id__in=list(line_ids), product__isnull=False).values_list("product_id", flat=True)
    list(Product.objects.select_for_update(no_key=True).filter(pk__in=list(ids)).order_by("pk").only("pk", "merchant_id"))


def reserve(
    *, order: Order, target: Target, quantity: int, at: datetime, line: ReturnLine | None = None, claim: Claim | None = None
) -> Exchange:
    """Hold it; the caller holds the order and the product, and has seen that enough is left. A line's fee is in the difference."""
    kind, _colon, key = target.key.partition(":")
    row = Exchange(order=order, line=line, claim=claim, title=target.title, variant_title=target.variant_title, sku=target.sku)
    if kind == "product":
        row.product = Product.objects.filter(public_id=key).first()
    elif kind == "variant":
        row.variant_id = int(key)
        row.product = Product.objects.filter(variants=row.variant_id).first()
    row.quantity, row.currency, row.created_at = quantity, order.currency, at
    row.difference = target.difference * quantity + (line.fee if line is not None else 0)
    row.reserved_until = at + HELD_AT_LEAST
    row.save()
    _note(row, Step.RESERVED, at, SHOP)
    tell("returns.exchange.reserved", row, at)
    return row


def _note(row: Exchange, step: Step, at: datetime, by: Actor | None) -> None:
    whose = row.claim or (row.line.case if row.line is not None else None)
    if whose is not None:
        note(whose, step, at, by, exchange=row.pk, quantity=row.quantity)


def _held(exchange: Exchange) -> Exchange:
    order = held_order(exchange.order_id)
    row: Exchange = Exchange.objects.select_related("line__case", "line__order_line", "claim").get(pk=exchange.pk)
    row.order = order
    return row


def order_held(row: Exchange, *, at: datetime) -> None:
    """Ask the shop to send it; the caller holds the order. Its days are counted from now."""
    house, here = setting(), calendar()
    row.ship_by = dispatch_by(house.pace, at, house.zone, house.country)
    row.arrive_by = arrival_window(house.pace, at, house.zone, house.country).end
    row.error, row.reserved_until = "", None
    settle(row, ExchangeState.ASKED, "ship_by", "arrive_by", "error", "reserved_until")
    promise(row, PromiseKind.SETTLE_BY, row.arrive_by or arrive_by(here, here.day(at)), at)
    tell("returns.exchange.asked", row, at)


def ask_exchange(*, exchange: Exchange, at: datetime) -> Exchange:
    """Ask the shop once more after it could not. Refuses (CaseClosed) what it did not fail at."""
    row = _held(exchange)
    if row.state != ExchangeState.ASKED or not row.error:
        raise CaseClosed(_("The shop has not failed at this."))
    order_held(row, at=at)
    return row


def exchange_ordered(*, exchange: Exchange, external_id: str, at: datetime, by: Actor = SHOP) -> Exchange:
    """The shop has made an order of it. Told twice it is one order.

    Refuses (ReturnRefused) a second order for it, (CaseClosed) what was let go.
    """
    row = _held(exchange)
    told = clean(external_id, 100)
    if row.state in (ExchangeState.ORDERED, ExchangeState.SHIPPED, ExchangeState.DELIVERED):
        if told and row.external_id and told != row.external_id:
            text = _("It is order %(known)s already: look in the shop, it may go out twice.") % {"known": row.external_id}
            raise refuse("external_id", "twice", text)
        return row
    row.external_id, row.ordered_at, row.error = told, at, ""
    settle(row, ExchangeState.ORDERED, "external_id", "ordered_at", "error")
    _note(row, Step.ORDERED, at, by)
    tell("returns.exchange.ordered", row, at)
    _join(row)
    return row


def _join(row: Exchange) -> None:
    """The shop's order may have been told before we heard that it is ours."""
    if row.external_id and row.new_order_id is None:
        row.new_order = Order.objects.filter(source=row.order.source, external_id=row.external_id).exclude(pk=row.order_id).first()
        if row.new_order is not None:
            row.save(update_fields=["new_order"])


def exchange_failed(*, exchange: Exchange, error: str, at: datetime) -> Exchange:
    """The shop could not order it: it stays held, and staff see why. Refuses (CaseClosed) what was not asked for."""
    row = _held(exchange)
    if row.state != ExchangeState.ASKED:
        raise CaseClosed(_("The shop was not asked for this."))
    row.error = clean(error, 300)
    row.save(update_fields=["error"])
    return row


def match_order(*, order_id: int, at: datetime) -> Exchange | None:
    """Recognise the shop's new order as one of our exchanges, by the id the shop told us. None for any other order."""
    new: Order = Order.objects.get(pk=order_id)
    if not new.external_id:
        return None
    same = {"external_id": new.external_id, "new_order": None, "order__source": new.source}
    found: Exchange | None = Exchange.objects.filter(**same).exclude(order=new).order_by("pk").first()
    if found is None:
        return None
    row = _held(found)
    row.new_order = new
    row.save(update_fields=["new_order"])
    return row


def exchange_shipped(*, exchange: Exchange, at: datetime, by: Actor = SHOP) -> Exchange:
    """It is on its way. Told twice it is once. Refuses (CaseClosed) what was never ordered."""
    row = _held(exchange)
    if row.state in (ExchangeState.SHIPPED, ExchangeState.DELIVERED):
        return row
    settle(row, ExchangeState.SHIPPED)
    _note(row, Step.SHIPPED, at, by)
    tell("returns.exchange.shipped", row, at)
    return row


def exchange_delivered(*, exchange: Exchange, at: datetime, by: Actor = SHOP) -> Exchange:
    """It is there. Told twice it is once. Refuses (CaseClosed) what was never ordered."""
    row = _held(exchange)
    if row.state == ExchangeState.DELIVERED:
        return row
    row.ended_at = at
    settle(row, ExchangeState.DELIVERED, "ended_at")
    kept(row, PromiseKind.SETTLE_BY, calendar().day(at))
    _note(row, Step.DELIVERED, at, by)
    tell("returns.exchange.delivered", row, at)
    settle_whose(row, at=at, by=by)
    return row


def follow_parcel(*, shipment_id: int, at: datetime) -> int:
    """A parcel of some order moved: if it carries an exchange, so did that. Returns how many took a step."""
    parcel: Shipment | None = Shipment.objects.filter(pk=shipment_id).first()
    if parcel is None:
        return 0
    rows = list(Exchange.objects.filter(new_order=parcel.order_id, state__in=[E_.ORDERED, E_.SHIPPED]).order_by("order_id", "pk"))
    for row in rows:
        if parcel.delivered_at is not None:
            exchange_delivered(exchange=row, at=at)
        elif parcel.shipped_at is not None:
            exchange_shipped(exchange=row, at=at)
    return len(rows)


def note_cancelled(*, order_id: int, at: datetime) -> int:
    """The shop has called off the order of an exchange before it was sent: so it is let go, and money goes back instead."""
    rows = list(Exchange.objects.filter(new_order=order_id, state=E_.ORDERED).order_by("order_id", "pk"))
    for row in rows:
        release_exchange(exchange=row, at=at)
    return len(rows)


def drop(row: Exchange, *, at: datetime, state: ExchangeState, by: Actor | None = None) -> None:
    """Let go of what is held; the caller holds the order."""
    row.ended_at, row.reserved_until = at, None
    settle(row, state, "ended_at", "reserved_until")
    kept(row, PromiseKind.SETTLE_BY, calendar().day(at))
    _note(row, Step.RELEASED, at, by)
    tell("returns.exchange.released", row, at)


def release_exchange(*, exchange: Exchange, at: datetime, by: Actor = SHOP) -> Exchange:
    """It is held no longer. Where the goods were accepted, or a claim granted, its worth goes back in money instead.

    Let go before, it stays so. Refuses (CaseClosed) once it is on its way.
    """
    row = _held(exchange)
    if row.state == ExchangeState.RELEASED:
        return row
    check_step(row.state, ExchangeState.RELEASED)
    if row.state != ExchangeState.RESERVED and row.currency != row.order.currency:  # what is only held pays nothing
        raise refuse("currency", "mismatch", _("The order is in another currency than this case."))
    drop(row, at=at, state=ExchangeState.RELEASED, by=by)
    _instead(row, at)
    settle_whose(row, at=at, by=by)
    return row


def _instead(row: Exchange, at: datetime) -> None:
    """Money for what cannot come; never more than is left of what was paid."""
    here = calendar()
    due_by = here.later(here.day(at), 1)
    if row.claim is not None:
        row.claim.order = row.order
        bought = _bought(row, row.claim)
        amount = min(worth_of(row.order, bought, row.quantity), money_left(order=row.order))
        units = {bought.pk: row.quantity}
        owe(whose=row.claim, way=MoneyWay.ORIGINAL, amount=amount, lines=units, due_by=due_by, at=at)
        return
    line = row.line
    if line is None or line.case.state != ReturnState.INSPECTED or not line.quantity_accepted:
        return
    line.case.order = row.order
    share = fallback_of(line, row.currency) - _paid_back(row, line)
    left = money_left(order=row.order)
    way = MoneyWay.CREDIT if line.case.is_gift else MoneyWay.ORIGINAL
    units = {line.order_line_id: line.quantity_accepted}
    owe(whose=line.case, way=way, amount=min(share, left), lines=units, due_by=due_by, at=at)


def _paid_back(row: Exchange, line: ReturnLine) -> Decimal:
    """What the inspection gave back of the price already, where the replacement was the cheaper one."""
    value = Decimal(str(line.decided.get("value") or 0))
    return max(Decimal(0), min(-row.difference, value) - line.deduction)


def _bought(row: Exchange, claim: Claim) -> OrderLine:
    """The order line a claim's replacement stands for: they are made line by line, in the same order."""
    lines = list(claim.lines.select_related("order_line").order_by("pk"))
    number = Exchange.objects.filter(claim=claim, pk__lt=row.pk).count()
    line: OrderLine = lines[min(number, len(lines) - 1)].order_line
    return line


def fallback_of(line: ReturnLine, currency: str) -> Decimal:
    """What a line is worth in money when its replacement cannot come."""
    said = Promised(
        line=line.pk,
        outcome=line.outcome,
        quantity=line.quantity,
        amount=line.amount,
        bonus=line.bonus,
        fee=line.fee,
        value=Decimal(str(line.decided.get("value") or 0)),
    )
    share = share_of(said, accepted=line.quantity_accepted, deduction=line.deduction, currency=currency, is_gift=False, is_fallback=True)
    return share.original


def hold_again(row: Exchange, *, at: datetime) -> bool:
    """Hold once more what was let go, if there is some left; the caller holds the order."""
    line = row.line
    if row.state != ExchangeState.RELEASED or line is None or row.product is None:
        return False
    hold_products(row.order, [line.order_line.public_id])
    key = f"variant:{row.variant_id}" if row.variant_id else f"product:{row.product.public_id}"
    found = next((one for one in all_targets(order_line=line.order_line, product=row.product) if one.key == key), None)
    if found is None or found.left < row.quantity:
        return False
    row.ended_at = None
    settle(row, ExchangeState.RESERVED, "ended_at")
    return True
