"""The judge: journal of the stub, rows of the database and log of the generator in, verdict out. Pure: no clock, no I/O.

Invariants, asked of every scenario:

I1  no loss       each acknowledged fact has one message per channel, and it ended well
I2  no doubles    one acceptance per message and per fact; more only where the row says "possible duplicate", within the scenario's bound
I3  no phantom    each acceptance has a message whose order is committed; each acknowledged order is there once
I4  no crossing   recipient, sender and account of each acceptance are the message's merchant's
I5  order         nothing about "sent" after "delivered"; nothing for an order whose cancellation was committed a lease ago
I6  stock         tries on record >= acceptances; nothing half done, nothing still unknown, nothing left in a queue
I7  consent       nothing to an address that was blocked a lease ago
I8  latency       p99 of order to acceptance <= 5 s without a fault; after one, all is settled in time
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WELL = frozenset({"sent", "delivered", "bounced", "suppressed", "cancelled", "expired", "failed"})
NEEDS_REASON = frozenset({"suppressed", "cancelled", "expired", "failed"})
HALF = frozenset({"leased", "sending", "unknown", "pending"})
TOLD = frozenset({"sent", "delivered", "bounced"})
# What an acknowledged fact must lead to.
DUE = {
    "order": (("order_confirmation", "email"), ("thanks", "sms")),
    "parcel": (("dispatch", "email"), ("dispatch", "sms")),
    "cancel": (("cancellation", "email"), ("cancellation", "sms")),
}
VOID_WHEN_CANCELLED = frozenset({"order_confirmation", "thanks", "dispatch"})
SHOWN = 5  # examples of each kind of failure


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the API said 2xx to. Times are seconds since the epoch."""

    what: str  # "order", "parcel", "cancel"
    shop: str
    number: str  # of the order
    sent_at: float  # of the try that was acknowledged
    acked_at: float


@dataclass(frozen=True, slots=True)
class Message:
    """A row of `notifications_message`, with what it belongs to."""

    token: str
    shop: str
    kind: str
    channel: str
    state: str
    number: str = ""  # of its order; "" when that is not there
    shipment: int | None = None
    reason: str = ""
    recipient: str = ""
    is_possible_duplicate: bool = False
    attempts: int = 0  # rows of notifications_attempt
    account: str = ""  # of the row's provider account: SID or server token


@dataclass(frozen=True, slots=True)
class Taken:
    """An acceptance of the journal."""

    at: float
    key: str
    to: str
    sender: str
    account: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """An address that must not be written to, from when on."""

    shop: str
    recipient: str
    at: float


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the judge looks at."""

    acknowledged: Sequence[Fact]
    messages: Sequence[Message]
    taken: Sequence[Taken]
    orders: Mapping[tuple[str, str], int]  # (shop, number) -> rows in the database
    accounts: Mapping[str, str]  # account -> shop
    senders: Mapping[str, frozenset[str]]  # shop -> its sender addresses and numbers
    blocked: Sequence[Blocked] = ()
    open_work: Mapping[str, int] = field(default_factory=dict)  # queue table -> rows that are neither done nor dead
    dead_work: Mapping[str, int] = field(default_factory=dict)
    lease: float = 60.0
    resends: int = 0
    had_faults: bool = True
    settled_in: float | None = 0.0  # seconds from the end of the faults and the load until nothing was open; None: never
    allowed: float = 60.0  # seconds that might have taken
    slack: float = 0.0  # what two clocks and one scheduler may differ by


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the run came to. `failures` is empty when every invariant held."""

    n: int
    lost: int
    doubled: int
    unknown: int
    p50: float
    p99: float
    resent: int = 0
    failures: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return not self.failures


@dataclass(slots=True)
class Findings:
    """Failures by invariant: all are counted, some are shown."""

    counts: Counter[str] = field(default_factory=Counter)
    shown: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, invariant: str, text: str) -> None:
        self.counts[invariant] += 1
        if len(self.shown[invariant]) < SHOWN:
            self.shown[invariant].append(text)

    def told(self) -> dict[str, list[str]]:
        return {
            name: [*texts, f"... {self.counts[name]} in all"] if self.counts[name] > len(texts) else texts
            for name, texts in sorted(self.shown.items())
        }


def judge(facts: Facts) -> Verdict:
    """Ask every invariant."""
    found = Findings()
    by_key = {message.token: message for message in facts.messages}
    lost = _no_loss(facts, found)
    doubled, resent = _no_doubles(facts, by_key, found)
    _no_phantom(facts, by_key, found)
    _no_crossing(facts, by_key, found)
    _in_order(facts, by_key, found)
    unknown = _stock(facts, found)
    _consent(facts, by_key, found)
    p50, p99 = _latency(facts, by_key, found)
    return Verdict(len(facts.acknowledged), lost, doubled, unknown, p50, p99, resent, found.told())


def _no_loss(facts: Facts, found: Findings) -> int:
    rows: dict[tuple[str, str, str, str], list[Message]] = defaultdict(list)
    for message in facts.messages:
        rows[message.shop, message.number, message.kind, message.channel].append(message)
    accepted = {taken.key for taken in facts.taken}
    lost = 0
    for fact in facts.acknowledged:
        for kind, channel in DUE.get(fact.what, ()):
            if problem := _ended(rows.get((fact.shop, fact.number, kind, channel), []), accepted):
                lost += 1
                found.add("I1", f"{fact.shop} {fact.number} {kind} {channel}: {problem}")
    return lost


def _ended(rows: Sequence[Message], accepted: set[str]) -> str:
    """What is wrong with the messages of one fact on one channel; "" when all is well."""
    if len(rows) != 1:
        return f"{len(rows)} messages instead of one"
    (row,) = rows
    if row.state not in WELL:
        return f"is {row.state} ({row.reason})"
    if row.state in NEEDS_REASON and not row.reason:
        return f"is {row.state} without a reason"
    return f"is {row.state}, but the provider never took it" if row.state in TOLD and row.token not in accepted else ""


def _no_doubles(facts: Facts, by_key: Mapping[str, Message], found: Findings) -> tuple[int, int]:
    doubled = resent = 0
    for key, times in Counter(taken.key for taken in facts.taken).items():
        if times == 1:
            continue
        message = by_key.get(key)
        if message is not None and message.is_possible_duplicate:
            resent += times - 1
            continue
        doubled += times - 1
        found.add("I2", f"{_name(message, key)} was accepted {times} times")
    if resent > facts.resends:
        found.add("I2", f"{resent} doubles that the rows admit to, {facts.resends} are allowed")
    return doubled + max(0, resent - facts.resends), resent


def _no_phantom(facts: Facts, by_key: Mapping[str, Message], found: Findings) -> None:
    for taken in facts.taken:
        message = by_key.get(taken.key)
        if message is None:
            found.add("I3", f"accepted, but there is no such message: {taken.key or '(no key)'} to {taken.to}")
        elif not facts.orders.get((message.shop, message.number)):
            found.add("I3", f"{_name(message, taken.key)}: its order is not there")
    for fact in facts.acknowledged:
        count = facts.orders.get((fact.shop, fact.number), 0)
        if fact.what == "order" and count != 1:
            found.add("I3", f"acknowledged order {fact.shop} {fact.number} is there {count} times")


def _no_crossing(facts: Facts, by_key: Mapping[str, Message], found: Findings) -> None:
    for taken in facts.taken:
        message = by_key.get(taken.key)
        if message is None:
            continue
        if facts.accounts.get(taken.account) != message.shop:
            found.add("I4", f"{_name(message, taken.key)} went by an account of {facts.accounts.get(taken.account, 'nobody')}")
        if taken.sender not in facts.senders.get(message.shop, frozenset()):
            found.add("I4", f"{_name(message, taken.key)} went out as {taken.sender}")
        if message.recipient and taken.to != message.recipient:
            found.add("I4", f"{_name(message, taken.key)} went to {taken.to}, not to {message.recipient}")


def _in_order(facts: Facts, by_key: Mapping[str, Message], found: Findings) -> None:
    cancelled = {(fact.shop, fact.number): fact.acked_at for fact in facts.acknowledged if fact.what == "cancel"}
    delivered: dict[tuple[str, int | None, str], float] = {}
    for taken in sorted(facts.taken, key=lambda taken: taken.at):
        message = by_key.get(taken.key)
        if message is None:
            continue
        parcel = (message.shop, message.shipment, message.channel)
        if message.kind == "delivered":
            delivered.setdefault(parcel, taken.at)
        elif message.kind == "dispatch" and parcel in delivered:
            found.add("I5", f"{_name(message, taken.key)} was accepted after the parcel was told to be there")
        ended = cancelled.get((message.shop, message.number))
        if ended is not None and message.kind in VOID_WHEN_CANCELLED and taken.at > ended + facts.lease + facts.slack:
            found.add("I5", f"{_name(message, taken.key)} was accepted {taken.at - ended:.1f} s after the order was cancelled")


def _stock(facts: Facts, found: Findings) -> int:
    times = Counter(taken.key for taken in facts.taken)
    for message in facts.messages:
        if message.attempts < times[message.token]:
            found.add("I6", f"{_name(message, message.token)}: {times[message.token]} acceptances, {message.attempts} tries on record")
        if message.state in HALF:
            found.add("I6", f"{_name(message, message.token)} is still {message.state} ({message.reason})")
    for table, count in facts.open_work.items():
        if count and table != "notifications_message":
            found.add("I6", f"{count} rows of {table} are not worked off")
    for table, count in facts.dead_work.items():
        if count:
            found.add("I6", f"{count} rows of {table} were given up")
    return sum(message.state == "unknown" for message in facts.messages)


def _consent(facts: Facts, by_key: Mapping[str, Message], found: Findings) -> None:
    since = {(blocked.shop, blocked.recipient): blocked.at for blocked in facts.blocked}
    for taken in facts.taken:
        message = by_key.get(taken.key)
        at = since.get((message.shop, taken.to)) if message is not None else None
        if at is not None and taken.at > at + facts.lease + facts.slack:
            found.add("I7", f"{_name(message, taken.key)} went to {taken.to}, blocked {taken.at - at:.1f} s before")


def _latency(facts: Facts, by_key: Mapping[str, Message], found: Findings) -> tuple[float, float]:
    first: dict[tuple[str, str], float] = {}
    for taken in facts.taken:
        message = by_key.get(taken.key)
        if message is not None and message.kind == "order_confirmation":
            key = (message.shop, message.number)
            first[key] = min(taken.at, first.get(key, taken.at))
    ordered = {(fact.shop, fact.number): fact.sent_at for fact in facts.acknowledged if fact.what == "order"}
    waits = sorted(max(0.0, at - ordered[key]) for key, at in first.items() if key in ordered)
    p50, p99 = percentile(waits, 0.5), percentile(waits, 0.99)
    if not facts.had_faults and p99 > 5:
        found.add("I8", f"p99 from order to acceptance is {p99:.1f} s, and there was no fault")
    if facts.settled_in is None or facts.settled_in > facts.allowed:
        took = "never" if facts.settled_in is None else f"after {facts.settled_in:.1f} s"
        found.add("I8", f"all was settled {took}; {facts.allowed:.0f} s were allowed")
    return p50, p99


def percentile(values: Sequence[float], share: float) -> float:
    """Of sorted values: the smallest that so many are not above; 0 of none."""
    return values[min(len(values) - 1, max(0, -(-int(share * 1000 * len(values)) // 1000) - 1))] if values else 0.0


def acceptances(lines: Iterable[Mapping[str, Any]]) -> list[Taken]:
    """What the stub took, out of all that it was asked."""
    return [
        Taken(line["t_ns"] / 1e9, line["key"], line["to"], line["sender"], line["account"])
        for line in lines
        if line["accepted"] and line.get("what", "send") == "send"
    ]


def _name(message: Message | None, key: str) -> str:
    return f"{message.shop} {message.number} {message.kind} {message.channel}" if message is not None else f"message {key}"
