"""What happens to questions by time alone: asked, reminded of once, over. Blind to what anybody thinks or answers."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import F

from events.services import emit_many
from merchants.scope import required_merchant_id
from orders.models import Order
from orders.selectors import setting
from reviews.events import REQUEST_DUE, REQUEST_REMINDER_DUE, SURVEY_DUE
from reviews.models import ReviewRequest, Survey, SurveyInvite
from reviews.rules.asking import LIFE, Seen, Step, Void, day_moment, step_of, zones_at
from reviews.selectors.asking import kept, plan, written_about
from reviews.services.asking import void_of
from reviews.types import RequestState, Trigger
from tracking.models import Shipment

S = RequestState
# One statement for a whole batch: the reminder differs from row to row, the rest does not.
ASKED = """
    update reviews_reviewrequest as request set state = 'asked', asked_at = %(now)s, ends_at = %(ends)s, remind_at = due.remind_at,
        check_at = coalesce(due.remind_at, %(ends)s)
    from unnest(%(ids)s::bigint[], %(reminders)s::timestamptz[]) as due (id, remind_at)
    where request.merchant_id = %(merchant)s and request.id = due.id"""
LATER = """
    update {table} as row set check_at = due.at from unnest(%(ids)s::bigint[], %(at)s::timestamptz[]) as due (id, at)
    where row.merchant_id = %(merchant)s and row.id = due.id"""
Zones = dict[int, tuple[str, ...]]  # by parcel
HOME = 0  # for what is about no parcel
Asked = TypeVar("Asked", ReviewRequest, SurveyInvite)


def sweep_reviews(*, now: datetime, limit: int = 500) -> int:
    """Look at the questions and invitations that are due, at most `limit` of each; returns how many were looked at.

    What somebody else holds is left to the next round.
    """
    return sweep_requests(now=now, limit=limit) + sweep_invites(now=now, limit=limit)


def sweep_requests(*, now: datetime, limit: int = 500) -> int:
    """Ask, remind once, end. What is due by night where the parcel went is asked in the morning."""
    due = ReviewRequest.objects.filter(check_at__lte=now).order_by("check_at", "pk")
    rows = list(due.select_for_update(skip_locked=True)[:limit])
    if not rows:
        return 0
    steps = _steps(rows, now)
    by_step = {step: [row for row in rows if steps[row.pk][0] == step] for step in Step}
    zones = _zones(row.shipment_id for row in by_step[Step.ASK] + by_step[Step.REMIND])
    asked, reminded = (_by_day(ReviewRequest, by_step[step], zones, now) for step in (Step.ASK, Step.REMIND))
    _ask(asked, zones, now)
    _set(reminded, reminded_at=now, check_at=F("ends_at"))
    _set(by_step[Step.REST], check_at=F("ends_at"))
    _set(by_step[Step.HOLD], check_at=None)
    _set(by_step[Step.DONE], state=S.DONE, ended_at=now, check_at=None)
    for reason in Void:
        _set([row for row in by_step[Step.END] if steps[row.pk][1] == reason], state=S.ENDED, reason=reason, ended_at=now, check_at=None)
    _tell([(REQUEST_DUE, "request", row) for row in asked] + [(REQUEST_REMINDER_DUE, "request", row) for row in reminded], now)
    return len(rows)


def _steps(rows: Sequence[ReviewRequest], now: datetime) -> dict[int, tuple[Step, str]]:
    lines = {line for row in rows for line in row.lines}
    here, voids = plan(), _voids({row.order_id for row in rows})
    there, left, written = _there(row.shipment_id for row in rows), kept(lines), written_about(lines)
    return {
        row.pk: step_of(
            Seen(
                row.state,
                void=voids.get(row.order_id, Void.ERASED),
                is_on=here.is_on,
                is_here=row.shipment_id in there,
                written=len(written.intersection(row.lines)),
                left=len(left.intersection(row.lines) - written),
                remind_at=row.remind_at,
                reminded_at=row.reminded_at,
                ends_at=row.ends_at,
            ),
            now,
        )
        for row in rows
    }


def _voids(order_ids: Iterable[int]) -> dict[int, str]:
    rows = Order.objects.filter(pk__in=set(order_ids)).only("state", "payment_state", "erased_at")
    return {row.pk: void_of(row) for row in rows}


def _there(shipment_ids: Iterable[int]) -> set[int]:
    """Parcels that still count as delivered."""
    rows = Shipment.objects.filter(pk__in=set(shipment_ids), delivered_at__isnull=False)
    return set(rows.values_list("pk", flat=True))


def _zones(shipment_ids: Iterable[int]) -> Zones:
    home = str(setting().zone)
    rows = Shipment.objects.filter(pk__in=set(shipment_ids)).values_list("pk", "to_country", "to_region")
    return {HOME: (home,), **{id: zones_at(country, region, home) for id, country, region in rows}}


def _by_day(table: type[Asked], rows: Sequence[Asked], zones: Zones, now: datetime) -> list[Asked]:
    """Those whose shoppers are awake; the others wait for their morning."""
    moments = {row.pk: day_moment(now, zones.get(row.shipment_id or HOME, zones[HOME]), row.public_id) for row in rows}
    asleep = {id: moment for id, moment in moments.items() if moment > now}
    if asleep:
        _run(LATER.format(table=table._meta.db_table), ids=list(asleep), at=list(asleep.values()))
    return [row for row in rows if row.pk not in asleep]


def _ask(rows: Sequence[ReviewRequest], zones: Zones, now: datetime) -> None:
    """One reminder in a question's life, also when it is asked anew."""
    if not rows:
        return
    wait = timedelta(days=plan().reminder_days)
    reminders = [day_moment(now + wait, zones[row.shipment_id], row.public_id) if wait and not row.reminded_at else None for row in rows]
    _run(ASKED, ids=[row.pk for row in rows], reminders=reminders, now=now, ends=now + LIFE)


def _run(sql: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"merchant": required_merchant_id(), **values})


def _set(rows: Sequence[Asked], **values: Any) -> None:
    if rows:
        type(rows[0]).objects.filter(pk__in=[row.pk for row in rows]).update(**values)


def _tell(told: Iterable[tuple[str, str, Asked]], now: datetime) -> None:
    facts = [(type, {name: row.pk, "order": row.order_id}) for type, name, row in told]
    if facts:
        emit_many(facts=facts, at=now)


def sweep_invites(*, now: datetime, limit: int = 500) -> int:
    """Put surveys to shoppers, and end what nobody answered.

    Those of a survey turned off meanwhile, and of an erased order, end unasked; those about a parcel of a cancelled or refunded one
    too. Who got the money back is asked all the same how easy that was.
    """
    due = SurveyInvite.objects.filter(check_at__lte=now).order_by("check_at", "pk")
    rows = list(due.select_for_update(skip_locked=True)[:limit])
    if not rows:
        return 0
    voids = _voids({row.order_id for row in rows})
    on = dict(Survey.objects.filter(pk__in={row.survey_id for row in rows}, is_on=True).values_list("pk", "trigger"))
    why = {row.pk: _why_not(row, voids.get(row.order_id, Void.ERASED), on.get(row.survey_id)) for row in rows}
    fresh = [row for row in rows if not why[row.pk]]
    asked = _by_day(SurveyInvite, fresh, _zones(row.shipment_id for row in fresh if row.shipment_id), now)
    _set(asked, state=S.ASKED, asked_at=now, ends_at=now + LIFE, check_at=now + LIFE)
    for reason in Void:
        _set([row for row in rows if why[row.pk] == reason], state=S.ENDED, reason=reason, ended_at=now, check_at=None)
    _tell([(SURVEY_DUE, "invite", row) for row in asked], now)
    return len(rows)


def _why_not(row: SurveyInvite, void: str, trigger: str | None) -> str:
    """`trigger`: what the survey follows; None: it is off."""
    if row.state == S.ASKED:
        return Void.OVER
    is_void = void == Void.ERASED or (void and trigger != Trigger.CASE)
    return void if is_void else ("" if trigger is not None else Void.OFF)
