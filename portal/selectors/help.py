"""What a question is about: the order, as far as the one who asks may know of it, and the state it is in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from orders.models import Order
from portal.rules.stages import order_stage
from portal.selectors.orders import Listed, listed, with_summary
from portal.selectors.parcels import bare_parcels_of, troubles_of
from portal.types import State
from support.types import Question, Stage

NEWEST = 3


@dataclass(frozen=True, slots=True)
class About:
    """Nothing, a state, or an order with its state. `order_id` is empty when the asker only holds its tracking link."""

    stage: str = Stage.ANY
    number: str = ""
    order_id: str = ""
    track: str = ""
    state: State | None = None
    name: str = ""

    def query(self, **more: str) -> str:
        """What carries it to another page of the help."""
        known = {"state": "" if self.stage == Stage.ANY else str(self.stage), "order": self.order_id, "track": self.track, **more}
        kept = {name: value for name, value in known.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


def about_order(rows: "QuerySet[Order]", *, today: date, zone: ZoneInfo) -> About | None:
    """The first of the orders with its state; three queries. None when there is none."""
    return next(iter(_abouts(list(with_summary(rows)[:1]), today=today, zone=zone)), None)


def newest_orders(*, customer_id: int, today: date, zone: ZoneInfo) -> list[About]:
    """The customer's newest orders with their states; three queries."""
    rows = Order.objects.filter(customer_id=customer_id).order_by("-placed_at", "-id")
    return _abouts(list(with_summary(rows)[:NEWEST]), today=today, zone=zone)


def _abouts(orders: Sequence[Order], *, today: date, zone: ZoneInfo) -> list[About]:
    ids = [order.pk for order in orders]
    rows = listed(orders, bare_parcels_of(order_ids=ids), troubles_of(order_ids=ids), today=today, zone=zone) if orders else []
    return [_about(row, today) for row in rows]


def _about(row: Listed, today: date) -> About:
    stage = order_stage(row.facts, today=today)
    return About(stage=stage, number=row.order.number, order_id=row.order.public_id, state=row.state, name=row.name)


def as_stranger(about: About, token: str) -> About:
    """What somebody may know who only holds the tracking link: the number and the state, as on that page."""
    return replace(about, order_id="", name="", track=token)


def stage_words(stage: str) -> str:
    """What a group of questions is called."""
    return {
        Stage.BEFORE_DISPATCH: _("Before it is sent"),
        Stage.IN_TRANSIT: _("While it travels"),
        Stage.LATE: _("When it is late or stuck"),
        Stage.DELIVERED: _("When it has arrived"),
        Stage.RETURNING: _("Sending back and refunds"),
        Stage.ANY: _("Your account"),
    }[Stage(stage)]


def questions_title(stage: str) -> str:
    """What stands above the questions beside an order."""
    return {
        Stage.BEFORE_DISPATCH: _("Before it is sent"),
        Stage.LATE: _("When a parcel is late"),
        Stage.DELIVERED: _("Now that it is there"),
        Stage.RETURNING: _("About your money"),
    }.get(Stage(stage), _("Good to know"))


def grouped(questions: Sequence[Question]) -> list[tuple[str, list[Question]]]:
    """All articles under the state each belongs to first."""
    groups = [(stage_words(stage), [one for one in questions if one.stages and one.stages[0] == stage]) for stage in Stage]
    return [(label, rows) for label, rows in groups if rows]
