"""Builds the demo's world through the same services the product uses: nothing is written into a column by hand.

Ninety days are played through in their own order under a clock of their own, so that lanes learn, incidents open and
clear, and messages go out as they would have. The oldest come in as history and send nothing.
"""

import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from catalog.services import upsert_product
from connectors.services import connect
from demo.carriers import THROUGH
from demo.guides import guide_of
from demo.offers import set_up_offers
from demo.opinions import OPINIONS, usual_opinions
from demo.orders import make_order, picture
from demo.promises import renew_policy, set_up_returns
from demo.road import scan_of as carrier_scan
from demo.road import told_by
from demo.steps import Scene
from demo.stories import ORDINARY, Later, Sent, Story, stories_of
from demo.surveys import set_up_reviews
from demo.tales import TALES
from demo.world import SHOPS, Shop, Shopper
from events.services import run_until_quiet
from merchants.models import Branding, Merchant, User
from merchants.scope import merchant_scope
from merchants.services import add_staff, create_merchant, save_branding
from merchants.types import Role
from notifications.accounts import save_account
from notifications.services import release_held
from orders.models import FulfilmentPolicy, Order
from orders.selectors import find_order
from orders.services import cancel_order, record_order, record_refund
from orders.types import IncomingOrder, IncomingRefund
from returns.services import sweep_returns
from reviews.services.sweep import sweep_reviews
from tracking.models import Shipment
from tracking.services import deny_receipt, record_scans, record_shipment, refresh_lanes, sweep_incidents
from tracking.types import IncomingShipment, IncomingTracking, ShipmentStatus

# Orders older than this come in as history: their shoppers would have had the messages long ago.
STOCK = 40
SILENT = 2  # so many ordinary orders for each that somebody writes about
FRESH = timedelta(days=14)
SESSION = timedelta(hours=1)  # what is done with cases within it is told together
S = ShipmentStatus
Act = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens in the shop's past, at its own time."""

    at: datetime
    act: Act
    is_told: bool = False  # who it is about hears of it at once, however long ago it was


def ensure_world(now: datetime, password: str, *, ordinary: int = ORDINARY) -> list[Merchant]:
    """Make both merchants unless they are there. Sign-ins of the demo's staff get `password`."""
    platform, made = User.objects.get_or_create(email="ops@platform.example", defaults={"is_superuser": True, "name": "Ops"})
    if made:
        _set_password(platform, password)
    return [Merchant.objects.filter(slug=shop.slug).first() or _open(shop, now, password, ordinary) for shop in SHOPS]


def _set_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def _open(shop: Shop, now: datetime, password: str, ordinary: int) -> Merchant:
    opened = now - timedelta(days=90)
    merchant = create_merchant(
        slug=shop.slug,
        name=shop.name,
        at=opened,
        language=shop.language,
        country=shop.country,
        currency=shop.currency,
        timezone=shop.timezone,
    )
    with merchant_scope(merchant.pk):
        _furnish(shop, opened, password)
        happenings = list(_past(shop, now, ordinary))
    play(merchant, happenings, now)
    return merchant


def _furnish(shop: Shop, opened: datetime, password: str) -> None:
    branding = Branding.objects.get()
    for name, value in shop.branding.items():
        setattr(branding, name, value)
    save_branding(branding)
    FulfilmentPolicy.objects.create(**shop.fulfilment)
    set_up_returns(shop, opened)
    for (email, name), role in ((shop.owner, Role.OWNER), (shop.agent, Role.SUPPORT)):
        user = User.objects.create_user(email, password, name=name)
        add_staff(user=user, role=role, at=opened)
    for channel in ("email", "sms"):
        save_account(channel=channel, provider="sandbox", settings={}, secrets={}, at=opened)
    for connector in (shop.connector, THROUGH[shop.slug]):
        connect(connector=connector, secret=secrets.token_urlsafe(32), at=opened)
    for goods in shop.goods:
        upsert_product(
            external_id=str(goods.id),
            sku=goods.sku,
            title=goods.title,
            variant_title=goods.variant,
            image_url=picture(goods),
            page_url=f"{shop.branding['shop_url']}/products/{goods.sku.lower()}",
            price=goods.price,
            currency=shop.currency,
            stock=STOCK,
            **guide_of(shop, goods),
            at=opened,
        )
    set_up_offers(shop, opened)
    set_up_reviews(shop, opened)


def play(merchant: Merchant, happenings: list[Happening], now: datetime) -> None:
    """Let everything happen in the order of its time, with the workers' rounds and the looks for incidents in between."""
    ordered = sorted(happenings, key=lambda item: item.at)
    last = ordered[0].at
    for happening, following in pairwise([*ordered, None]):
        assert happening is not None
        for at in _rounds(last, happening.at, now):
            _round(merchant, at)
        is_session = happening.is_told and following is not None and following.is_told and following.at - happening.at < SESSION
        _happen(merchant, happening, is_fresh=not is_session and (happening.is_told or now - happening.at <= FRESH))
        last = happening.at
    for at in _rounds(last, now, now):
        _round(merchant, at)
    _release(merchant, now)
    run_until_quiet(lambda: now)


def _happen(merchant: Merchant, happening: Happening, *, is_fresh: bool) -> None:
    """While messages go out, those held so long leave before it, and its own are decided at once."""
    at = happening.at
    if is_fresh:
        _release(merchant, at)
    with merchant_scope(merchant.pk):
        happening.act(at)
    if is_fresh:
        run_until_quiet(lambda: at)


def _release(merchant: Merchant, at: datetime) -> None:
    with merchant_scope(merchant.pk):
        held = release_held(now=at)
    if held:
        run_until_quiet(lambda: at)


def _rounds(start: datetime, end: datetime, now: datetime) -> Iterator[datetime]:
    """Twice a day while messages go out, once a week before."""
    step = timedelta(hours=12) if now - end <= FRESH else timedelta(days=7)
    first = datetime.fromtimestamp(start.timestamp() // step.total_seconds() * step.total_seconds(), tz=start.tzinfo) + step
    while first <= end:
        yield first
        first += step


def _round(merchant: Merchant, at: datetime) -> None:
    run_until_quiet(lambda: at)
    with merchant_scope(merchant.pk):
        refresh_lanes(now=at)
        sweep_incidents(now=at)
        sweep_returns(now=at)
        sweep_reviews(now=at)
    run_until_quiet(lambda: at)
    _release(merchant, at + timedelta(minutes=15))


def _past(shop: Shop, now: datetime, ordinary: int) -> Iterator[Happening]:
    yield Happening(now - timedelta(days=40), lambda at: renew_policy(shop, at))
    opinions = (*TALES, *OPINIONS, *usual_opinions(shop, ordinary // SILENT))
    for index, story in enumerate(stories_of(shop, ordinary, opinions)):
        number = f"{shop.prefix}{shop.first_number + index}"
        yield from _happenings(shop, story, number, now)


def _happenings(shop: Shop, story: Story, number: str, now: datetime) -> Iterator[Happening]:
    placed = now - timedelta(days=story.days_ago)
    shopper = shop.everybody[story.shopper % len(shop.everybody)]
    incoming = make_order(shop, number, shopper, story.goods, placed, paid=story.paid)
    quiet = story.is_history or now - placed > FRESH
    yield Happening(placed, lambda at: _take(incoming, at, quiet=quiet))
    for position, sent in enumerate(story.parcels):
        yield from _travel(shop, shopper, incoming, story, position, sent, now, quiet)
    if story.cancelled:
        yield Happening(placed + timedelta(hours=2), lambda at: _cancel(incoming, at))
    if story.cancelled or story.refund:
        amount = incoming.total if story.refund != "part" else incoming.lines[0].total
        refunded = min(placed + timedelta(days=0.2 if story.cancelled else 12), now - timedelta(minutes=5))
        refund = IncomingRefund(external_id=f"R-{number}", amount=amount, refunded_at=refunded)
        yield Happening(refunded, lambda at: _refund(incoming, refund, at, quiet=quiet))
    scene = Scene(shop, shopper, incoming)
    for later in story.later:
        yield Happening(_session(now - timedelta(days=later.ago), now), _acting(later, scene), is_told=True)


def _session(at: datetime, now: datetime) -> datetime:
    """The day's hour for cases, in the order of the day; of the last day each has its own time."""
    if now - at < timedelta(days=1):
        return at
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.replace(hour=14) + (at - midnight) / 24


def _acting(later: Later, scene: Scene) -> Act:
    return lambda at: later.act(scene, at)


def _order(incoming: IncomingOrder) -> Order:
    return find_order(source=incoming.source, external_id=incoming.external_id)


def _take(incoming: IncomingOrder, at: datetime, *, quiet: bool) -> None:
    record_order(incoming=incoming, at=at, quiet=quiet)


def _cancel(incoming: IncomingOrder, at: datetime) -> None:
    cancel_order(order=_order(incoming), reason="Changed my mind", at=at)


def _refund(incoming: IncomingOrder, refund: IncomingRefund, at: datetime, *, quiet: bool) -> None:
    record_refund(order=_order(incoming), refund=refund, at=at, quiet=quiet)


def _travel(
    shop: Shop, shopper: Shopper, incoming: IncomingOrder, story: Story, position: int, sent: Sent, now: datetime, quiet: bool
) -> Iterator[Happening]:
    """The shop hands a parcel over, and the carrier tells of it word by word."""
    left = incoming.placed_at + timedelta(days=sent.left)
    if now - left > timedelta(days=7):  # five in the afternoon, when the van comes
        left = left.replace(hour=16, minute=0)
    if left > now:
        return
    shipment = _parcel(shop, incoming, story, position, sent, left)
    yield Happening(left, lambda at: _hand_over(shipment, at, quiet=quiet))
    told = list(told_by(sent.road, left, now, slack=sent.slack))
    # What is long past was told at once, as aggregators do when they are connected; what is news comes word by word.
    for words in [told] if quiet and told else [[word] for word in told]:
        at, stop = words[-1]
        news = IncomingTracking(
            source="carrier-feed",
            tracking_number=shipment.tracking_number,
            carrier=shipment.carrier,
            scans=tuple(carrier_scan(shop, one, shopper, left) for _at, one in words),
            told_at=at,
            eta_by=(left + timedelta(days=stop.eta_days)).date() if stop.eta_days else None,
        )
        yield Happening(max(at, left + timedelta(seconds=1)), _telling(news))
        if story.denied and stop.status == S.DELIVERED:
            yield Happening(at + timedelta(hours=26), lambda at: _deny(shipment.tracking_number, at))


def _parcel(shop: Shop, incoming: IncomingOrder, story: Story, position: int, sent: Sent, left: datetime) -> IncomingShipment:
    """One parcel of the order, with its share of the lines; all but the last line when that is on backorder."""
    carrier, service, pattern = shop.carriers[position or random.Random(incoming.number).choice((0, 0, 0, 1, 1))]
    lines = incoming.lines[:-1] if story.backorder and len(incoming.lines) > 1 else incoming.lines
    share = [line for index, line in enumerate(lines) if index % len(story.parcels) == position]
    is_label = sent.road == "label"
    return IncomingShipment(
        source=incoming.source,
        external_id=f"{incoming.number}-{position + 1}",
        order_external_id=incoming.external_id,
        updated_at=left,
        status=S.LABEL_CREATED if is_label else S.PICKED_UP,
        carrier=carrier,
        service=service,
        tracking_number=pattern.format(int(incoming.number.rpartition("-")[2]) * 10 + position),
        shipped_at=None if is_label else left,
        lines={line.external_id: line.quantity for line in share},
    )


def _hand_over(shipment: IncomingShipment, at: datetime, *, quiet: bool) -> None:
    record_shipment(incoming=shipment, at=at, quiet=quiet)


def _telling(news: IncomingTracking) -> Act:
    def tell(at: datetime) -> None:
        record_scans(news=news, at=at)

    return tell


def _deny(tracking_number: str, at: datetime) -> None:
    deny_receipt(shipment=Shipment.objects.get(tracking_number=tracking_number), at=at)


def open_shops() -> list[tuple[Shop, Merchant]]:
    """The demo's shops with their merchants."""
    return [(shop, Merchant.objects.get(slug=shop.slug)) for shop in SHOPS]
