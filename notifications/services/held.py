"""After a restore: what may have been sent before stands in doubt, is looked up, and is let go by hand.

While sending is held every due message is checked and rendered as ever, and then parked instead of handed over: `unknown`, with the
text the provider is asked for. A message that is too late or overtaken by now ends there, like on any other day.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now

from core.clock import Clock
from core.transactions import forbid_transaction
from events import doorbell
from events.models import Delivery, Work
from events.station import Hold, current_hold, let_go
from merchants.audit import Line, write_platform
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Deed
from notifications import rules
from notifications.accounts import WAITING
from notifications.models import Message
from notifications.registry import CATALOGUE
from notifications.rules import IN_RESTORE, RESTORED, RESTORED_ABSENT, RESTORED_UNSURE, Step
from notifications.services.moves import Move, finish_attempts, move
from notifications.services.prepare import Ready
from notifications.types import MessageState

PUT_OFF = (*WAITING, "not_accepted", rules.OTHER_ACCOUNT)
CODES = frozenset(entry.kind for entry in CATALOGUE if entry.opens)


class StillLooking(RuntimeError):
    """There are messages nobody has looked up yet."""


@dataclass(frozen=True, slots=True)
class Parked:
    """One message that waits to be let go. No address, no text."""

    merchant: str
    id: int
    kind: str
    channel: str
    provider: str
    reason: str
    decided_at: datetime


@dataclass(slots=True)
class Standing:
    """How far the look-up is, over all merchants: messages by what is known of them."""

    due: int = 0  # messages, and events that may become some, not looked at yet
    looking: int = 0
    absent: int = 0  # the provider does not have them
    unsure: int = 0  # the provider cannot be asked
    parked: list[Parked] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return not self.due and not self.looking


@dataclass(slots=True)
class Released:
    """What became of the parked ones."""

    sent: int = 0
    flagged: int = 0
    cancelled: int = 0


def park(ready: Sequence[Ready], clock: Clock) -> None:
    """Say of messages that were about to leave that nobody knows here whether they left before."""
    now = clock()
    with merchant_scope(ready[0].lease.merchant_id):
        moves = [Move(one.lease.id, one.lease.fence, Step(MessageState.UNKNOWN, RESTORED)) for one in ready]
        move(moves, allowed=[MessageState.SENDING], at=now)
        finish_attempts([(one.lease.id, one.lease.fence, "held", "sending is held, nothing was handed over") for one in ready], at=now)


def wake_put_off() -> int:
    """Make due what waits for its account: in the lost time the wait may have been cut short. Returns how many."""
    forbid_transaction("wake_put_off")
    return sum(_each(lambda: Message.objects.filter(state=MessageState.PENDING, reason__in=PUT_OFF, due_at__gt=Now()).update(due_at=Now())))


def standing(*, lists: bool = False) -> Standing:
    """Counts over all merchants, and with `lists` each message that waits to be let go."""
    found = Standing()

    def add() -> int:
        found.due += Message.objects.filter(state__in=[MessageState.PENDING, MessageState.LEASED], due_at__lte=Now()).count()
        found.due += Delivery.objects.filter(state__in=[Work.READY, Work.RUNNING], due_at__lte=Now()).count()
        counts = dict(_parked().values_list("reason").annotate(n=Count("pk")))
        found.looking += counts.get(RESTORED, 0)
        found.absent += counts.get(RESTORED_ABSENT, 0)
        found.unsure += counts.get(RESTORED_UNSURE, 0)
        if lists:
            rows = _parked().exclude(reason=RESTORED).order_by("pk")
            values = rows.values_list("merchant__slug", "pk", "kind", "channel", "account__provider", "reason", "decided_at")
            found.parked += [Parked(slug, id, kind, channel, name or "", why, at) for slug, id, kind, channel, name, why, at in values]
        return 1

    _each(add)
    return found


def release(*, sends_unsure: bool, at: datetime, waits: bool = True) -> Released:
    """Send again. Those a provider does not have go out; those nobody can ask about go out flagged, or are cancelled.

    Refuses (StillLooking) while some are not looked up yet, unless told not to wait: these then count as unsure.
    """
    forbid_transaction("release")
    if waits and not standing().is_over:
        raise StillLooking("not every message has been looked up yet")
    held, total = current_hold(), Released()
    let_go()
    _each(lambda: _release(total, held, sends_unsure, at))
    told = {"unsure": "sent" if sends_unsure else "cancelled", **asdict(total)}
    write_platform(Line(Deed.SENDING_RELEASED, changes=told))
    doorbell.ring("messages")
    doorbell.ring("commands")
    return total


def _release(total: Released, held: Hold | None, sends_unsure: bool, at: datetime) -> int:
    absent, unsure = _parked().filter(reason=RESTORED_ABSENT), _parked().exclude(reason=RESTORED_ABSENT)
    if held is not None:
        # Decided since: what was told in the lost time may be told anew, under another id than the provider knows.
        total.flagged += _send(absent.filter(decided_at__gte=held.held_at), is_flagged=True)
    total.sent += _send(absent, is_flagged=False)
    if sends_unsure:
        total.flagged += _send(unsure.filter(is_mandatory=True).exclude(kind__in=CODES), is_flagged=True)
    elif held is not None:
        total.flagged += _send(unsure.filter(is_mandatory=True, decided_at__gte=held.held_at).exclude(kind__in=CODES), is_flagged=True)
    total.cancelled += unsure.update(state=MessageState.CANCELLED, reason=RESTORED, finished_at=at, unknown_since=None)
    return 1


def _send(rows: QuerySet[Message], *, is_flagged: bool) -> int:
    flag = {"is_possible_duplicate": True} if is_flagged else {}
    return rows.update(
        state=MessageState.PENDING,
        reason="released",
        due_at=Greatest(Now(), Coalesce("send_at", Now())),
        attempts=Greatest(F("attempts") - 1, 0),
        lookups=0,
        unknown_since=None,
        **flag,
    )


def _parked() -> QuerySet[Message]:
    rows: QuerySet[Message] = Message.objects.filter(state=MessageState.UNKNOWN, reason__in=IN_RESTORE)
    return rows


def _each(work: Callable[[], int]) -> list[int]:
    """At every merchant, closed ones too, each in a scope of its own."""
    done = []
    for merchant_id in Merchant.objects.order_by("pk").values_list("pk", flat=True):
        with merchant_scope(merchant_id):
            done.append(work())
    return done
