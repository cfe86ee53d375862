"""The replay's shop, stub provider and judge. Imported once Django runs."""

import gzip
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.olist import ZONE, Facts, Olist, Step
from bench.sendbacks import SendBacks
from bench.told import CARRIER, SOURCE, incoming_order, incoming_shipments, number_of
from bench.track import GRID, mark_after, scan_of, sweeps_between
from events.registry import queues
from events.services import BATCH, run_until_quiet
from merchants.models import Branding
from merchants.scope import merchant_scope
from merchants.services import create_merchant, save_branding
from notifications.models import Message, ProviderAccount
from notifications.registry import BY_KIND, register_adapter
from notifications.services import held_until, release_held
from notifications.types import Accepted, Account, Kind, MessageState, Outcome, Outgoing
from orders.models import FulfilmentPolicy, Order
from orders.selectors import find_order
from orders.services import CannotCancel, OrderNotFound, OrderRefused, cancel_order, record_order
from orders.types import IncomingOrder
from returns.services import sweep_returns
from tracking.models import Incident, IncidentRule, Shipment
from tracking.services import record_scans, record_shipment, refresh_lanes, renew_days, sweep_incidents
from tracking.types import IncidentType, IncomingTracking, ShipmentStatus

AFTERWARDS = 90  # days: the longest window, the way back, the check, the money
HOLD = max(entry.hold for entry in BY_KIND.values())
SENT = {MessageState.SENT, MessageState.DELIVERED}
ACCOUNTED = {MessageState.SUPPRESSED, MessageState.CANCELLED, MessageState.EXPIRED}


class Journal:
    """The stub provider: writes down every message it takes, then says so."""

    uses_network = False

    def __init__(self) -> None:
        self.file = tempfile.NamedTemporaryFile("w+", prefix="replay-journal-")  # noqa: SIM115  lives as long as the object

    def send(self, *, account: Account, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        for message in messages:
            self.file.write(f"{message.token}\n")
        self.file.flush()
        return [Accepted(f"stub-{message.token}") for message in messages]


class World:
    """One merchant whose shop tells what the files say, in the files' own time."""

    def __init__(
        self,
        folder: Path,
        orders: int,
        *,
        since: str = "",
        chaos_seed: int | None = None,
        returns_seed: int | None = None,
        watches_feeds: bool = True,
    ) -> None:
        self.backs = SendBacks(returns_seed) if returns_seed is not None else None
        self.olist = Olist(folder)
        self.total = self.olist.prepare(orders, since=since, chaos_seed=chaos_seed)
        self.at = datetime(2016, 1, 1, tzinfo=UTC)
        self.looked: datetime | None = None
        self.held_until: datetime | None = None
        self.next: datetime | None = None
        self.knows_next = False
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.refused_rows: list[dict[str, str]] = []
        self.draining = self.sweeping = 0.0
        self.journal = Journal()
        register_adapter("journal", self.journal)
        # What must be told, kept on disk so that memory stays flat.
        self.book = sqlite3.connect(tempfile.NamedTemporaryFile(prefix="replay-book-").name)  # noqa: SIM115
        self.book.execute("create table due (kind, channel, order_id, parcel)")
        self.book.execute("create table early (order_id, at, kind)")
        self.merchant = create_merchant(
            slug="olist", name="Olist", at=self.at, language="en", country="BR", currency="BRL", timezone="America/Sao_Paulo"
        )
        with merchant_scope(self.merchant.pk):
            branding = Branding.objects.get()
            branding.email_from, branding.sms_sender, branding.support_email = "shop@olist.example", "Olist", "help@olist.example"
            save_branding(branding)
            if not watches_feeds:
                IncidentRule.objects.create(type=IncidentType.FEED_STALE, is_on=False, updated_at=self.at)
            # About what Olist itself promised: three working days to hand over, four to twenty on the road.
            FulfilmentPolicy.objects.create(handling_days=3, rush_days=2, transit_days_min=4, transit_days_max=18)
            for channel in ("email", "sms"):
                ProviderAccount.objects.create(channel=channel, provider="journal", created_at=self.at)
            if self.backs is not None:
                self.backs.open()

    def clock(self) -> datetime:
        return self.at

    def run(self, *, progress: bool) -> None:
        """Every step in its own time; the workers have a round at each mark of the clock, whatever came in between, if anything did.

        Fixed marks make two runs comparable: what was told in one round is decided in one round, in whichever order it came.
        """
        mark: datetime | None = None
        for step in self.olist.timeline():
            if mark is None or step.at >= mark:
                if mark is not None:
                    self._work(mark)
                    self._pass(mark, mark_after(step.at) - GRID)
                mark = mark_after(step.at)
                if progress:
                    print(f"\r{self.at:%Y-%m-%d} {self.counts['orders']} orders", end="", file=sys.stderr)
            self._let_go(step.at)
            self._send_back(step.at)
            self.at = max(self.at, step.at)
            self._tell(step)
        if mark is not None:
            self._work(mark)
            self._pass(mark, mark + timedelta(days=2))
            self._finish(mark + timedelta(days=2))
        if progress:
            print(file=sys.stderr)

    def _pass(self, start: datetime, end: datetime) -> None:
        """Time goes by with nothing told: what waits for its hour leaves, and the looks for incidents take place."""
        # From where the last looks ended, not from `start`: a look due at the very end of a round is due now.
        looked, self.looked = self.looked or start - GRID, end
        looks = set(sweeps_between(looked.astimezone(ZONE), end.astimezone(ZONE)))
        marks = {start + GRID * count for count in range(1, (end - start) // GRID + 1)}
        for at in sorted(looks | marks):
            if at not in looks and not self._wakes(at):
                continue
            self._let_go(at)
            if at in looks:
                self._sweep(at)
            self._work(at)

    def _wakes(self, mark: datetime) -> bool:
        """Whether a round at this mark, or the look at what it put on hold, would let anything go."""
        if not self.knows_next:
            with merchant_scope(self.merchant.pk):
                self.next, self.knows_next = held_until(), True
        return self.next is not None and self.next <= mark + HOLD

    def _send_back(self, until: datetime) -> None:
        """What shoppers, warehouse and shop do about goods on their way back, each in its own time."""
        while self.backs is not None and self.backs.due(until):
            at, act = self.backs.next()
            self.at = max(self.at, at)
            with merchant_scope(self.merchant.pk):
                act()

    def _finish(self, start: datetime) -> None:
        """After the last of the files' steps: days go by until every case has ended."""
        for day in range(AFTERWARDS if self.backs is not None else 0):
            at = start + timedelta(days=day)
            self._send_back(at)
            self._work(at)
            self._pass(at, at + timedelta(days=1))

    def _let_go(self, until: datetime) -> None:
        """What the last round, or the last look for incidents, put on hold leaves ten minutes after it, whatever is told next."""
        if self.held_until is not None and self.held_until <= until:
            at, self.held_until = self.held_until, None
            self._release(at)

    def _release(self, now: datetime) -> None:
        """What has been held long enough goes out, and nothing else happens: what was told meanwhile waits for its round."""
        with merchant_scope(self.merchant.pk):
            held = release_held(now=now)
        if held:
            self.knows_next = False
            started = time.perf_counter()
            self.at = max(self.at, now)
            while queues()["messages"](self.clock, BATCH):
                pass
            self.draining += time.perf_counter() - started

    def _work(self, now: datetime) -> None:
        started = time.perf_counter()
        self.at = max(self.at, now)
        with merchant_scope(self.merchant.pk):
            release_held(now=now)
        run_until_quiet(self.clock)
        while self._shop_answers():
            run_until_quiet(self.clock)
        self.held_until, self.knows_next = now + HOLD, False
        self.draining += time.perf_counter() - started

    def _shop_answers(self) -> int:
        if self.backs is None:
            return 0
        with merchant_scope(self.merchant.pk):
            return self.backs.answer(self.at)

    def _sweep(self, now: datetime) -> None:
        started = time.perf_counter()
        with merchant_scope(self.merchant.pk):
            refresh_lanes(now=now)
            renew_days(now=now)
            self.counts["incidents_moved"] += sweep_incidents(now=now)
            while self.backs is not None and sweep_returns(now=now):
                pass
        self.sweeping += time.perf_counter() - started

    def _tell(self, step: Step) -> None:
        facts = self.olist.facts(step.order_id)
        with merchant_scope(self.merchant.pk):
            try:
                getattr(self, f"_{step.kind}")(facts, step)
            except OrderRefused as error:
                self._refuse(step, f"{error.field}: {error.message}")
            except OrderNotFound:
                self._early(step)
            except CannotCancel:
                self._refuse(step, "everything was sent already")

    def _refuse(self, step: Step, reason: str) -> None:
        self.refused[f"{step.kind}: {reason}"] += 1
        self.refused_rows.append({"order_id": step.order_id, "step": step.kind, "reason": reason})

    def _early(self, step: Step) -> None:
        """A step before its order (the carrier had it "before it was bought") waits; one of a refused order is named."""
        if any(row["order_id"] == step.order_id and row["step"] == "purchase" for row in self.refused_rows):
            self._refuse(step, "its order was refused")
            return
        self.counts["waited"] += 1
        self.book.execute("insert into early values (?, ?, ?)", [step.order_id, step.at.isoformat(), step.kind])

    def _purchase(self, facts: Facts, step: Step) -> None:
        if self.backs is not None:
            self.backs.stock_up(facts, step.at)
        recorded = record_order(incoming=self._order(facts, step.at, paid=False), at=step.at)
        if recorded.is_new:
            self.counts["orders"] += 1
        for at, kind in self.book.execute("select at, kind from early where order_id = ? order by at", [facts.order_id]).fetchall():
            getattr(self, f"_{kind}")(facts, Step(datetime.fromisoformat(at), kind, facts.order_id))
        self.book.execute("delete from early where order_id = ?", [facts.order_id])

    def _order(self, facts: Facts, at: datetime, *, paid: bool) -> IncomingOrder:
        return incoming_order(facts, at, paid=paid, names_products=self.backs is not None)

    def _payment(self, facts: Facts, step: Step) -> None:
        find_order(source=SOURCE, external_id=facts.order_id)
        record_order(incoming=self._order(facts, step.at, paid=True), at=step.at)
        self._expect(facts, ("order_confirmation", "email"), ("thanks", "sms"))

    def _handover(self, facts: Facts, step: Step) -> None:
        self._parcels(facts, step, ShipmentStatus.IN_TRANSIT)

    def _delivery(self, facts: Facts, step: Step) -> None:
        self._parcels(facts, step, ShipmentStatus.DELIVERED)

    def _parcels(self, facts: Facts, step: Step, status: ShipmentStatus) -> None:
        for incoming in incoming_shipments(facts, step, status):
            record_shipment(incoming=incoming, at=step.at)
            if status == ShipmentStatus.IN_TRANSIT:
                self._expect(facts, ("dispatch", "email"), ("dispatch", "sms"), parcel=incoming.external_id)

    def _scan(self, facts: Facts, step: Step) -> None:
        seller, word = self.olist.word(step.word)
        scan = scan_of(word, ZONE.key, word.at.replace(tzinfo=ZONE))
        number = number_of(facts, seller)
        news = IncomingTracking(source=CARRIER, carrier="Correios", tracking_number=number, scans=(scan,), told_at=step.at)
        done = record_scans(news=news, at=step.at)
        self.counts["scans_new"] += done.added
        self.counts["scans_known"] += done.known
        if done.added and word.code == "delivered":
            self._expect(facts, *(("delivered", channel) for channel in BY_KIND[Kind.DELIVERED].channels), parcel=seller[:12])
            if self.backs is not None:
                self.backs.delivered(facts.order_id, step.at)

    def _cancellation(self, facts: Facts, step: Step) -> None:
        order: Order = find_order(source=SOURCE, external_id=facts.order_id)
        cancel_order(order=order, reason="cancelled by the shop", at=step.at)
        self._expect(facts, ("cancellation", "email"), ("cancellation", "sms"))

    def _expect(self, facts: Facts, *tellings: tuple[str, str], parcel: str = "") -> None:
        rows = [(kind, channel, facts.order_id, parcel) for kind, channel in tellings]
        self.book.executemany("insert into due values (?, ?, ?, ?)", rows)

    def verdict(self) -> dict[str, object]:
        """Compare journal, database and what had to be told."""
        self.book.execute("create table taken (token)")
        self.journal.file.seek(0)
        self.book.executemany("insert into taken values (?)", ((line.strip(),) for line in self.journal.file))
        self.book.execute("create table told (token, kind, channel, order_id, parcel, state, reason, fact)")
        with merchant_scope(self.merchant.pk):
            fields = ("token", "kind", "channel", "order__external_id", "shipment__external_id", "state", "reason", "dedupe_key")
            rows = Message.objects.values_list(*fields).iterator(chunk_size=2000)
            self.book.executemany(
                "insert into told values (?, ?, ?, ?, ?, ?, ?, ?)",
                ((*row[:4], row[4] or "", row[5], row[6], row[7].rpartition(":")[0]) for row in rows),
            )
        self.book.execute("create index told_token on told (token)")
        self.book.execute("create index told_fact on told (kind, channel, order_id, parcel)")
        self.book.execute("create index taken_token on taken (token)")
        (accepted,) = self.book.execute("select count(*) from taken").fetchone()
        self.counts["accepted"] = accepted
        return {
            "orders": self.counts["orders"],
            "orders_read": self.total,
            "steps_that_waited_for_their_order": self.counts["waited"],
            "scans_new": self.counts["scans_new"],
            "scans_told_again": self.counts["scans_known"],
            "incidents": self._incidents(),
            "refused": dict(self.refused),
            "refused_rows": self.refused_rows,
            "messages": self._by_kind_and_state(),
            "accepted": accepted,
            "lost": self._lost(),
            "doubled": self._doubled(),
            **({"returns": self.backs.verdict(self.merchant.pk)} if self.backs is not None else {}),
        }

    def differences(self) -> Mapping[str, str | int]:
        """Between our rows and the shop's books, when it kept some."""
        return {} if self.backs is None else self.backs.differences

    def _by_kind_and_state(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for kind, channel, state, count in self.book.execute(
            "select kind, channel, state, count(*) from told group by 1, 2, 3 order by 1, 2, 3"
        ):
            found.setdefault(f"{kind} {channel}", {})[state] = count
        return found

    def _incidents(self) -> dict[str, int]:
        with merchant_scope(self.merchant.pk):
            return dict(Counter(Incident.objects.values_list("type", flat=True).iterator()))

    def write_facts(self, path: Path) -> None:
        """Every message and every parcel's final state, one sorted line each: what two runs are compared by."""
        lines = [
            f"message {kind} {channel} {order} {parcel} {state} {reason}"
            for kind, channel, order, parcel, state, reason in self.book.execute(
                "select kind, channel, order_id, parcel, state, reason from told"
            )
        ]
        fields = (
            "order__external_id",
            "external_id",
            "status",
            "shipped_at",
            "first_scan_at",
            "attempted_at",
            "arrived_at",
            "delivered_at",
        )
        with merchant_scope(self.merchant.pk):
            rows = Shipment.objects.values_list(*fields).iterator(chunk_size=2000)
            lines += [f"parcel {' '.join(str(value) for value in row)}" for row in rows]
        with gzip.open(path, "wt") as file:
            file.writelines(f"{line}\n" for line in sorted(lines))

    def _lost(self) -> int:
        """Facts nobody was told and nobody withheld with a reason, and messages called sent that the provider never took."""
        fine = ", ".join(f"'{state}'" for state in SENT | ACCOUNTED)
        (untold,) = self.book.execute(
            f"""select count(*) from (select distinct * from due) d where not exists (
                select 1 from told t where t.kind = d.kind and t.channel = d.channel and t.order_id = d.order_id
                and t.parcel = d.parcel and t.state in ({fine}))"""
        ).fetchone()
        sent = ", ".join(f"'{state}'" for state in SENT)
        (claimed,) = self.book.execute(
            f"select count(*) from told where state in ({sent}) and token not in (select token from taken)"
        ).fetchone()
        return int(untold + claimed)

    def _doubled(self) -> int:
        """Acceptances beyond the first of one fact on one channel."""
        (count,) = self.book.execute(
            """select coalesce(sum(n - 1), 0) from (
                select count(*) n from taken join told using (token) group by fact having n > 1)"""
        ).fetchone()
        return int(count)
