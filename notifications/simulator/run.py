"""Simulate: orders through the plans and wordings in force, or through the drafts. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from customers.selectors import contacts_of
from customers.types import MARKETING, Contact
from events.types import Occurrence
from notifications.automations import InForce
from notifications.circumstances import ON_THE_WAY, Lately
from notifications.doubles import About, load_doubles
from notifications.models import Message
from notifications.registry import CATALOGUE
from notifications.rules.caps import WEEK
from notifications.services.desk import Desk, lay_out
from notifications.services.known import Known, known_for
from notifications.services.subjects import Subject, contact_of
from notifications.simulator.past import Past, pasts_of
from notifications.simulator.play import Play
from notifications.simulator.types import Letter, NotSimulated, Simulated
from notifications.simulator.wishes import wishes_of
from notifications.types import Kind, MessageState
from orders.models import Order

CHUNK = 50
LONGEST = timedelta(days=40)  # no message waits longer than its delay and its lifetime


def orders_numbered(*, numbers: Sequence[str]) -> list[int]:
    """The current merchant's orders of these numbers. Refuses (NotSimulated) a number it has no order of."""
    found: dict[str, list[int]] = {}
    for id, number in Order.objects.filter(number__in=numbers).order_by("pk").values_list("pk", "number"):
        found.setdefault(number, []).append(id)
    missing = [number for number in numbers if number not in found]
    if missing:
        raise NotSimulated(f"order: there is no order {missing[0]!r}")
    return [id for number in dict.fromkeys(numbers) for id in found[number]]


def simulate(*, order_ids: Sequence[int], now: datetime, drafts: bool = False, with_letters: bool = True) -> list[Simulated]:
    """Every message the orders' lives would give rise to, sent or withheld, order by order in the order of decision.

    Consent and blocks are taken as they were, troubles of other orders as they are now; plans and wording as published or, with
    `drafts`, as drafted. Refuses (NotSimulated) an order of which no event is kept. Nothing is written.
    """
    found: list[Simulated] = []
    for start in range(0, len(order_ids), CHUNK):
        found += _simulate_some(order_ids[start : start + CHUNK], now, drafts=drafts, with_letters=with_letters)
    return found


def _simulate_some(order_ids: Sequence[int], now: datetime, *, drafts: bool, with_letters: bool) -> list[Simulated]:
    pasts = pasts_of(order_ids=order_ids)
    for past in pasts:
        if not past.events:
            raise NotSimulated(f"order: nothing is kept of what happened to {past.order.number}")
    if not pasts:
        return []
    contacts = contacts_of([contact_of(past.order) for past in pasts])
    known, desk = _read(pasts, contacts, now, drafts=drafts)
    others = _others(pasts, now)
    found: list[Simulated] = []
    for past, wishes in zip(pasts, wishes_of(contacts), strict=True):
        lately, told = Lately({key: list(moments) for key, moments in others.moments.items()}), dict[str, str]()
        mine = replace(known, told=told, lately=lately)
        recipients = replace(desk.recipients, sent=Lately({key: list(moments) for key, moments in others.moments.items()}))
        play = Play(past, wishes, mine, replace(desk, recipients=recipients), told, with_letters)
        play.run(now + LONGEST)
        found += [_simulated(row, play, known.plans) for row in play.rows]
    return found


def _read(pasts: Sequence[Past], contacts: Sequence[Contact], now: datetime, *, drafts: bool) -> tuple[Known, Desk]:
    """What all the plays share, read once."""
    subjects = {place: Subject(contact, now, past.order) for place, (past, contact) in enumerate(zip(pasts, contacts, strict=True))}
    any_event = Occurrence(0, "", {}, now, now)
    known = known_for([any_event], subjects, CATALOGUE, drafts=drafts)
    doubles = load_doubles(list(_abouts(pasts)), known.plans, now)
    return replace(known, doubles=doubles), replace(lay_out(_stand_ins(contacts), now, drafts=drafts), doubles=doubles)


def _abouts(pasts: Sequence[Past]) -> Iterator[About]:
    """What another message may tell as well, as it turned out: refunds, parcels not received, replacements."""
    for past in pasts:
        order_id = past.order.pk
        yield from (About(Kind.REFUND, row.pk, order_id) for row in past.now["refunds"])
        yield from (About(Kind.RECEIPT_DENIED, one.row.pk, order_id, one.row.shipment) for one in past.troubles if one.row.shipment)
        yield from (About(Kind.DISPATCH, parcel.row.pk, order_id, parcel.row) for parcel in past.parcels)


def _stand_ins(contacts: Sequence[Contact]) -> list[Message]:
    """Messages that are never kept: what the desk reads is read for their kinds and recipients."""
    rows: list[Message] = []
    for contact in contacts:
        for entry in CATALOGUE:
            for channel in entry.channels:
                row = Message(pk=-len(rows) - 1, kind=entry.kind, channel=channel, customer_id=contact.customer_id)
                row.recipient = contact.email if channel == "email" else contact.phone
                rows.append(row)
    return rows


def _others(pasts: Sequence[Past], now: datetime) -> Lately:
    """What these orders' customers got that advertises and is about other orders; one query."""
    found = Lately()
    customers = {past.order.customer_id for past in pasts if past.order.customer_id is not None}
    first = min(past.order.placed_at for past in pasts) - WEEK
    rows = Message.objects.filter(customer__in=customers, topic__in=MARKETING, send_at__gt=first, state__in=list(ON_THE_WAY))
    rows = rows.exclude(order__in=[past.order.pk for past in pasts]).order_by("pk")
    for customer_id, sent_at, send_at in rows.values_list("customer_id", "sent_at", "send_at"):
        found.add(customer_id, sent_at or send_at)
    return found


def _simulated(row: Message, play: Play, plans: Mapping[str, InForce]) -> Simulated:
    place = play.desk.recipients.place(row)
    return Simulated(
        order=play.past.order.number,
        fact=row.dedupe_key,
        kind=row.kind,
        channel=row.channel,
        event=play.events[row.event_id or 0],
        decided_at=row.decided_at,
        send_at=row.send_at,
        state=str(row.state) if row.state != MessageState.PENDING else "expired",
        reason=row.reason,
        reasons=tuple(row.reasons),
        zone=str(ZoneInfo(place.zone)),
        language=row.language,
        style=row.style,
        automation=plans[row.kind].number,
        letter=play.letters.get(row.pk, Letter()),
    )
