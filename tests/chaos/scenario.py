"""What a scenario is, and what it is given. Scenarios live in `scenarios/`; each module there registers its own.

    register(Scenario(code="F01", title="workers die", faults=kill_workers))

The provider stub is told what to do through `Provider` (its HTTP control on loopback):

    POST /control/reset     {}                    forget scripts and accounts, keep the journal
    POST /control/script    {...}                 whatever `Scenario.script` holds, as `providerd` reads it
    POST /control/accounts  [Account as JSON]     whose calls are whose, and where their callbacks go
    GET  /control/health    200 once it listens

Its journal has one JSON object per line, written and fsynced before the answer; `Acceptance` says which fields the checker reads.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tests.chaos.checker import Verdict
    from tests.chaos.world import World

Faults = Callable[["World", random.Random], None]
Expects = Callable[["World", "Verdict"], list[str]]


@dataclass(frozen=True, slots=True)
class Account:
    """One merchant's account at the stub: by what its calls are told, and where and how its callbacks are signed."""

    provider: str  # "twilio", "postmark"
    merchant: str  # slug
    account: str  # Twilio's account SID; Postmark's server token: what stands in `Acceptance.account`
    secret: str  # Twilio's auth token, which signs callbacks; Postmark's `user:password` of its webhook
    callback_url: str  # Postmark's webhook address; Twilio is told the address with each message


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One line of the journal, as far as the checker reads it. Other fields are the stub's own business."""

    t_ns: int  # time.time_ns() before the answer
    key: str  # our message's token: the last part of Twilio's StatusCallback, Postmark's Metadata.token
    to: str  # number or bare address
    sender: str  # From: number or bare address
    account: str  # by what the call said who it was: SID or server token
    decision: str  # of the script: "ok", "ok_then_drop", "timeout_before" ...
    accepted: bool  # whether the stub has taken the message and would deliver it
    body_hash: str = ""


class Provider(Protocol):
    """The stub as scenarios see it."""

    def script(self, **script: Any) -> None:
        """Play this from now on."""

    def journal(self) -> Sequence[Mapping[str, Any]]:
        """All lines so far."""


def nothing(world: "World", rng: random.Random) -> None:
    """No fault of its own."""


def no_more(world: "World", verdict: "Verdict") -> list[str]:
    """Nothing beyond the invariants."""
    return []


@dataclass(frozen=True, slots=True)
class Scenario:
    """One fault, played while orders come in.

    `faults` runs beside the load, in a thread of its own, and returns when its faults are over and what it stopped runs again;
    the drain is timed from then. `expects` names in words what failed beyond I1-I8.
    """

    code: str
    title: str
    faults: Faults = nothing
    expects: Expects = no_more
    prepare: Callable[["World"], None] = lambda world: None  # before the load, when the stack runs
    orders: int = 300  # of a full run; `--orders` scales all scenarios alike
    merchants: int = 5  # the first gets 40 % of the orders
    rate: float | None = None  # orders a second; None: as fast as eight clients can
    parcels: float = 0.3  # share of orders that get a parcel
    cancels: float = 0.05  # share of orders that are cancelled again
    script: Mapping[str, Any] = field(default_factory=dict)  # of the provider stub
    resends: int = 0  # flagged possible duplicates this scenario may have
    drain: float = 60.0  # seconds beyond backlog/rate until everything must be settled
    load: bool = True  # False: `faults` makes its own traffic with `world.generator`
    crash_at: str = ""  # failpoint of the product's processes (failpoints.py); hit once
    environ: Mapping[str, str] = field(default_factory=dict)  # of the product's processes; they are restarted for it
    is_smoke: bool = False


SCENARIOS: dict[str, Scenario] = {}


def register(*scenarios: Scenario) -> None:
    """Make scenarios known by their codes."""
    for scenario in scenarios:
        if scenario.code in SCENARIOS:
            raise ValueError(f"{scenario.code} is registered twice")
        SCENARIOS[scenario.code] = scenario
