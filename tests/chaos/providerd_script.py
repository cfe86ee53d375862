"""What the stub plays: rules by vendor, account, recipient and try; which call gets which is the same for the same seed.

    {"seed": 7, "lag": 3,
     "rules": [{"decision": "timeout_after", "what": "send", "vendor": "twilio", "share": 0.05}],
     "callbacks": {"share": 1, "delay": [0, 2], "copies": [1, 3], "shuffle": true}}

The first rule that fits is taken; what none fits is "ok".
"""

import hashlib
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

# Whether the call has its effect. What is no effect's business (look-ups) goes by the same words.
EFFECT = {
    "ok": True,
    "ok_then_drop": True,
    "timeout_before": False,
    "timeout_after": True,
    "429": False,
    "5xx": False,
    "5xx_after_accept": True,
    "slow": True,
    "garbage": True,
    "half_response": True,
    "21610": False,
    "21211": False,
    "30001": True,
    "401": False,
    # Of a merchant's sink.
    "gone": False,
    "redirect": False,
    "drip": True,
    "flood": True,
    "taken": True,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as rules see it. `key` names what it is about, so that a second try is known as one."""

    what: str  # "send", "lookup", "ask", "hook"
    vendor: str
    account: str = ""
    to: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Play `decision` for the calls that fit. `first`: so many calls in all; `tries`: so many of each key; `seconds`: so long."""

    decision: str
    what: str = "send"
    vendor: str = ""
    account: str = ""
    to: str = ""  # a pattern
    share: float = 1.0
    first: int | None = None
    tries: int | None = None
    seconds: float | None = None
    after: float = 0.0  # not before so many seconds
    wait: float = 2.0  # of "slow" and "drip", seconds
    retry_after: int | None = None  # of "429" and "5xx"
    status: int = 500  # of "5xx"

    def fits(self, call: Call) -> bool:
        wanted = ((self.what, call.what), (self.vendor, call.vendor), (self.account, call.account))
        return all(not mine or mine == theirs for mine, theirs in wanted) and (not self.to or re.search(self.to, call.to) is not None)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """How callbacks come: of which share of what was accepted, when, how many copies, in which order."""

    share: float = 1.0
    delay: tuple[float, float] = (0.0, 0.2)
    copies: tuple[int, int] = (1, 1)
    shuffle: bool = False
    retries: int = 4  # of a callback nobody took
    states: tuple[str, ...] = ("sent", "delivered")


class BadScript(ValueError):
    """The script names something the stub does not know."""


@dataclass(slots=True)
class Script:
    """The rules in force, with what they have been used for."""

    rules: tuple[Rule, ...] = ()
    callbacks: Callbacks = field(default_factory=Callbacks)
    lag: float = 0.0  # seconds until what was accepted is seen by a look-up
    seed: int = 0
    _began: float = field(default_factory=time.monotonic)
    _used: dict[int, int] = field(default_factory=dict)
    _tries: dict[tuple[int, str, str], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Script":
        """Raises BadScript for a word it does not know: a fault that is never played proves nothing."""
        if unknown := set(told) - {"rules", "callbacks", "lag", "seed"}:
            raise BadScript(f"unknown: {', '.join(sorted(unknown))}")
        rules = tuple(_made(Rule, rule) for rule in told.get("rules", ()))
        if strange := [rule.decision for rule in rules if rule.decision not in EFFECT]:
            raise BadScript(f"no such decision: {strange[0]}")
        callbacks = dict(told.get("callbacks", {}))
        for name in ("delay", "copies", "states"):
            if name in callbacks:
                callbacks[name] = tuple(callbacks[name])
        return cls(rules, _made(Callbacks, callbacks), float(told.get("lag", 0)), int(told.get("seed", 0)))

    def decide(self, call: Call) -> Rule:
        """The rule for this call; counts its use."""
        lasted = time.monotonic() - self._began
        with self._lock:
            for number, rule in enumerate(self.rules):
                if rule.fits(call) and self._is_on(number, rule, call, lasted):
                    self._used[number] = self._used.get(number, 0) + 1
                    return rule
        return OK

    def _is_on(self, number: int, rule: Rule, call: Call, lasted: float) -> bool:
        tried = self._tries[number, call.account, call.key] = self._tries.get((number, call.account, call.key), 0) + 1
        if lasted < rule.after or (rule.seconds is not None and lasted >= rule.after + rule.seconds):
            return False
        if (rule.first is not None and self._used.get(number, 0) >= rule.first) or (rule.tries is not None and tried > rule.tries):
            return False
        return rule.share >= 1 or chance(self.seed, number, call.account, call.key, tried) < rule.share


def chance(*about: object) -> float:
    """From 0 to 1, the same for the same."""
    digest = hashlib.sha256("|".join(map(str, about)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _made(kind: Any, told: Mapping[str, Any]) -> Any:
    if unknown := set(told) - {one.name for one in fields(kind)}:
        raise BadScript(f"{kind.__name__.lower()} knows no {', '.join(sorted(unknown))}")
    return kind(**told)


OK = Rule("ok", what="")
