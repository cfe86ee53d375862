"""What the pages of the work list share: the filter in the address, and the rows in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.utils import timezone

from dashboard.rules.incidents import carrier_name, detail_of, look_of, step_of, time_left, way_of
from merchants.models import User
from merchants.staff import Actor
from tracking.models import Incident
from tracking.selectors.desk import WorkFilter
from tracking.types import IncidentType

NAMES = ("type", "carrier", "region", "owner", "state", "cause", "text")
VIEWS = ("need", "untold", "mine", "all", "snoozed", "resolved")
MOST = 500


def chosen_of(query: Mapping[str, Any]) -> dict[str, str]:
    """The filter as the address says it; what is empty or the default is left out."""
    texts = {name: str(query.get(name, "")).replace("\0", "").strip()[:100] for name in ("view", *NAMES)}
    if texts["view"] not in VIEWS or texts["view"] == "need":
        texts["view"] = ""
    if texts["owner"] and not _is_owner(texts["owner"]):
        texts["owner"] = ""
    return {name: text for name, text in texts.items() if text}


def _is_owner(text: str) -> bool:
    return text == "none" or (text.isascii() and text.isdecimal() and len(text) < 10)


def filter_of(chosen: Mapping[str, str], actor: Actor) -> WorkFilter:
    """The same as the selectors want it; words we do not know narrow to nothing rather than to everything."""
    return WorkFilter(**{"view": "need", **chosen}, user_id=_person(actor).pk)


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise Http404
    return actor.user


def kept(chosen: Mapping[str, str], **over: str) -> str:
    """The filter as an address, with some of it replaced; "" takes a part away."""
    return urlencode({name: value for name, value in {**chosen, **over}.items() if value})


def ids_of(values: Sequence[str]) -> list[int]:
    """The incidents named by a form; nonsense is passed over."""
    return [int(text) for text in values[: 2 * MOST] if text.isascii() and text.isdecimal() and len(text) < 19]


def posted_ids(request: HttpRequest) -> list[int]:
    """The one whose own button was pressed, else the selected ones."""
    return ids_of(request.POST.getlist("only") or request.POST.getlist("id"))


@dataclass(frozen=True, slots=True)
class Row:
    """An incident as a line of the list."""

    incident: Incident
    tone: str
    icon: str
    detail: str
    left: str
    left_tone: str
    step: str
    way: str
    carrier: str
    parcels: int
    person: str

    @property
    def name(self) -> str:
        """What people call it: the order's number, else the carrier."""
        return self.incident.order.number if self.incident.order else self.carrier

    @property
    def is_about_shopper(self) -> bool:
        return self.incident.type != IncidentType.FEED_STALE


def row_of(incident: Incident, now: datetime, parcels: Mapping[int, int] | None = None) -> Row:
    """Put an incident into words. `parcels` tells how many parcels an order has."""
    tone, icon = look_of(incident.type, incident.cause)
    left, left_tone = time_left(incident.act_by, now)
    customer = incident.order.customer if incident.order else None
    return Row(
        incident=incident,
        tone=tone,
        icon=icon,
        detail=detail_of(incident.facts, timezone.localdate(now)),
        left=left,
        left_tone=left_tone,
        step=step_of(incident.type, incident.choice),
        way=way_of(incident.type, incident.choice),
        carrier=carrier_name(incident.carrier_code, incident.shipment.carrier_name if incident.shipment else ""),
        parcels=(parcels or {}).get(incident.order_id or 0, 1),
        person=f"{customer.first_name} {customer.last_name}".strip() if customer else "",
    )
