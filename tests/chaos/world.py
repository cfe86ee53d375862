"""What a scenario may touch: the stack, the shops with their keys, the load, the provider stub. Imported once Django runs.

world.stack      Stack: `start(name)`, `stop(name)` (TERM), `kill(name, whole=...)` (KILL), `pause(name)`, `resume(name)` (STOP, CONT);
                 names: "postgres", "redis", "web", "worker1", "worker2", "beat", "relay1", "relay2", "providerd";
                 `pids(name)`: the process and its children, as they are now
world.rows()     what a statement finds, as superuser past row-level security
world.provider   the stub: `script(**script)`, `accounts(...)`, `journal()`
world.shops      the merchants of this run: slug, id, API token, accounts
world.generator  the load: `make_orders(Load(...))`, `log` (what was acknowledged and when), `post(shop, path, body, key)`
world.wait_until(condition, seconds, what)
world.arm(failpoint), world.hits(failpoint)
"""

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.clock import now
from core.encryption import fingerprint
from customers.selectors import recipient_key
from merchants.models import Branding
from merchants.scope import merchant_scope
from merchants.services import create_api_key, create_merchant
from merchants.types import Scope
from notifications.models import ProviderAccount
from notifications.services import open_account, save_account
from tests.chaos import failpoints, providerd_journal
from tests.chaos.checker import WELL, Blocked, Facts, Message, acceptances
from tests.chaos.generator import Generator, Load, Shop
from tests.chaos.pace import Lengths, lengths
from tests.chaos.scenario import Account, Scenario
from tests.chaos.stack import Stack

# The queues, with the words their rows have for "not over yet" and for "given up".
OPEN = {
    "events_delivery": "('ready', 'running')",
    "connectors_inboxitem": "('ready', 'running')",
    "connectors_command": "('ready', 'running')",
    "notifications_message": "('pending', 'leased', 'sending', 'unknown')",
}
POLL = 0.25
MESSAGES = """
    select m.token, shop.slug, m.kind, m.channel, m.state, coalesce(o.number, ''), m.shipment_id, m.reason, m.recipient,
        m.is_possible_duplicate, (select count(*) from notifications_attempt as a where a.message_id = m.id)
    from notifications_message as m join merchants_merchant as shop on shop.id = m.merchant_id
    left join orders_order as o on o.id = m.order_id where m.merchant_id = any(%s)"""
ORDERS = """
    select shop.slug, o.number, count(*) from orders_order as o join merchants_merchant as shop on shop.id = o.merchant_id
    where o.merchant_id = any(%s) group by 1, 2"""


class Provider:
    """The stub's control."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def tell(self, name: str, told: Any) -> None:
        """One word to the stub. Raises RuntimeError when it does not understand."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.stack.ports["providerd"], timeout=10)) as line:
            line.request("POST", f"/control/{name}", json.dumps(told), {"Content-Type": "application/json"})
            answer = line.getresponse()
            if answer.status != 200:
                raise RuntimeError(f"the stub does not take {name}: {answer.status} {answer.read()[:300]!r}")

    def script(self, **script: Any) -> None:
        self.tell("script", script)

    def accounts(self, accounts: Sequence[Account]) -> None:
        names = ("provider", "merchant", "account", "secret", "callback_url")
        self.tell("accounts", [{name: getattr(one, name) for name in names} for one in accounts])

    def reset(self) -> None:
        self.tell("reset", {})

    def journal(self) -> Sequence[Mapping[str, Any]]:
        return providerd_journal.read(self.stack.journal)


class World:
    """One scenario's run with one seed, on a stack that others ran on before: its merchants are its own."""

    def __init__(self, stack: Stack, scenario: Scenario, *, seed: int, scale: float, pace: float) -> None:
        self.stack, self.scenario, self.seed, self.scale, self.pace = stack, scenario, seed, scale, pace
        self.lengths: Lengths = lengths(pace)
        self.provider = Provider(stack)
        self.orders = max(10, round(scenario.orders * scale))
        self.began_at = time.time()
        self.notes: dict[str, Any] = {}  # what faults and expectations want to remember, and the report shows
        self.shops = tuple(self._open_shop(index) for index in range(scenario.merchants))
        self.provider.accounts([account for shop in self.shops for account in shop.accounts])
        self.generator = Generator(port=stack.ports["web"], shops=self.shops, seed=seed, journal=stack.folder / "acknowledged.jsonl")
        self.log = self.generator.log

    def _open_shop(self, index: int) -> Shop:
        """A merchant with an account at either vendor, by the product's own services."""
        slug, at = f"{self.scenario.code.lower()}-{self.seed}-{index}-{int(self.began_at) % 100_000}", now()
        domain, digits = f"{slug}.example", (self.seed * 1_000 + index) % 1_000_000
        sid = f"AC{fingerprint(slug)[:32]}"
        merchant = create_merchant(slug=slug, name=f"Shop {slug}", at=at, country="DE", currency="EUR", timezone="Europe/Berlin")
        email, phone = f"shop@{domain}", f"+4915200{digits:06d}"
        secrets = {"twilio": fingerprint(f"{slug}:twilio")[:32], "postmark": fingerprint(f"{slug}:postmark")[:36]}
        password = f"hook:{fingerprint(slug)[32:60]}"
        with merchant_scope(merchant.pk):
            Branding.objects.update(email_from=email, support_email=f"help@{domain}")
            sms = save_account(
                channel="sms",
                provider="twilio",
                settings={"account_sid": sid, "from_number": phone},
                secrets={"auth_token": secrets["twilio"]},
                at=at,
            )
            mail = save_account(
                channel="email",
                provider="postmark",
                settings={"from_email": email},
                secrets={"server_token": secrets["postmark"], "webhook_secret": password},
                at=at,
            )
            # Not looked at: what a provider says about domains and keys is no part of a run.
            ProviderAccount.objects.filter(pk__in=[sms.pk, mail.pk]).update(check_due_at=None)
            addresses = [open_account(row).callback_url for row in (sms, mail)]
            _, token = create_api_key(name="chaos", scopes=list(Scope.values), at=at)
        accounts = (
            Account("twilio", slug, sid, secrets["twilio"], addresses[0]),
            Account("postmark", slug, secrets["postmark"], password, addresses[1]),
        )
        return Shop(slug, merchant.pk, token, email, phone, accounts, index=(merchant.pk * 7) % 90)

    # -- looking

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with contextlib.closing(self.stack.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def ids(self) -> list[int]:
        return [shop.id for shop in self.shops]

    def open_work(self) -> dict[str, int]:
        """Rows of this run that are not over yet, by queue."""
        return self._count(OPEN)

    def dead_work(self) -> dict[str, int]:
        return self._count(dict.fromkeys(OPEN, "('dead')"))

    def _count(self, states: Mapping[str, str]) -> dict[str, int]:
        asked = " union all ".join(
            f"select '{table}', count(*) from {table} where merchant_id = any(%s) and state in {words}" for table, words in states.items()
        )
        return dict(self.rows(asked, *[self.ids()] * len(states)))

    def wait_until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Raises TimeoutError naming what did not come."""
        if self.seconds_until(condition, seconds) is None:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")

    def seconds_until(self, condition: Callable[[], bool], most: float) -> float | None:
        """How long it took; None when it did not come."""
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > most:
                return None
            time.sleep(POLL)
        return time.monotonic() - started

    def settle(self, allowed: float) -> float | None:
        """Wait until nothing of this run is open; the seconds that took."""
        return self.seconds_until(lambda: not any(self.open_work().values()), allowed)

    def taken(self) -> int:
        """How many acceptances stand in the journal by now."""
        return len(acceptances(self.provider.journal()))

    # -- acting

    def load(self, orders: int | None = None, **given: Any) -> float:
        """Orders as the scenario wants them, told over the API."""
        wish = self.scenario
        told = {"rate": wish.rate, "parcels": wish.parcels, "cancels": wish.cancels, **given}
        return self.generator.make_orders(Load(orders or self.orders, **told))

    def arm(self, name: str, act: str = "kill") -> None:
        failpoints.arm(self.stack.signals, name, act)

    def hits(self, name: str) -> list[int]:
        return failpoints.hits(self.stack.signals, name)

    # -- judging

    def facts(self, *, settled_in: float | None, allowed: float, had_faults: bool) -> Facts:
        """All that the judge looks at, of this run's merchants alone."""
        ids = self.ids()
        mine = {shop.slug for shop in self.shops}
        accounts = {account.account: account.merchant for shop in self.shops for account in shop.accounts}
        messages = [Message(*row) for row in self.rows(MESSAGES, ids)]
        known = {message.token for message in messages}
        taken = [one for one in acceptances(self.provider.journal()) if accounts.get(one.account) in mine or one.key in known]
        return Facts(
            acknowledged=[fact for fact in self.log.facts if fact.shop in mine],
            messages=messages,
            taken=taken,
            orders={(slug, number): count for slug, number, count in self.rows(ORDERS, ids)},
            accounts=accounts,
            senders={shop.slug: frozenset({shop.email, shop.phone}) for shop in self.shops},
            blocked=self._blocked({(message.channel, message.recipient) for message in messages if message.recipient}),
            open_work=self.open_work(),
            dead_work=self.dead_work(),
            lease=self.lengths.lease,
            resends=self.scenario.resends,
            had_faults=had_faults,
            settled_in=settled_in,
            allowed=allowed,
            slack=2.0,
        )

    def _blocked(self, addresses: set[tuple[str, str]]) -> list[Blocked]:
        """Blocked addresses are kept as fingerprints: they are found by those we know."""
        by_print = {(channel, fingerprint(recipient_key(channel, to))): to for channel, to in addresses}
        rows = self.rows(
            "select shop.slug, s.channel, s.recipient_hash, extract(epoch from s.created_at)::float8 from customers_suppression as s"
            " join merchants_merchant as shop on shop.id = s.merchant_id where s.merchant_id = any(%s)",
            self.ids(),
        )
        return [Blocked(slug, by_print[channel, print], float(at)) for slug, channel, print, at in rows if (channel, print) in by_print]

    def states(self) -> dict[str, int]:
        """The run's messages by state, for the report."""
        return dict(
            self.rows("select state, count(*) from notifications_message where merchant_id = any(%s) group by 1 order by 1", self.ids())
        )

    def is_well(self) -> bool:
        return set(self.states()) <= WELL
