"""What the stub holds: accounts, messages it took, parcels and refunds it knows. In memory; the journal is what proves anything."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """An account as the harness told it: by what its calls are known, and how its callbacks are signed and where they go."""

    provider: str
    account: str
    secret: str = ""
    merchant: str = ""
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """One message that was taken."""

    vendor: str
    account: str
    id: str
    key: str
    to: str
    sender: str
    text: str
    callback_url: str = ""
    taken_at: float = field(default_factory=time.time)


class Store:
    """Everything held, behind one lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[tuple[str, str], Known] = {}
        self._messages: dict[tuple[str, str], list[Held]] = {}  # by vendor and recipient
        self._keys: dict[tuple[str, str], list[Held]] = {}  # by vendor and key
        self.parcels: dict[str, dict[str, Any]] = {}
        self.refunds: dict[tuple[str, str], list[dict[str, Any]]] = {}  # by shop and order
        self.done: dict[tuple[str, str], int] = {}  # by sink and key: how often it was taken

    def know(self, accounts: list[Known]) -> None:
        with self._lock:
            self._accounts |= {(one.provider, one.account): one for one in accounts}

    def forget(self) -> None:
        with self._lock:
            self._accounts.clear()

    def account(self, provider: str, account: str) -> Known | None:
        """None for a stranger; while nobody is known, everybody is."""
        with self._lock:
            return self._accounts.get((provider, account)) or (None if self._accounts else Known(provider, account))

    def take(self, message: Held) -> None:
        with self._lock:
            self._messages.setdefault((message.vendor, message.to), []).append(message)
            self._keys.setdefault((message.vendor, message.key), []).append(message)

    def of_recipient(self, vendor: str, account: str, to: str, *, lag: float) -> list[Held]:
        """The newest first; what was taken within the lag is not seen yet."""
        return self._seen(self._messages, (vendor, to), account, lag)

    def of_key(self, vendor: str, account: str, key: str, *, lag: float) -> list[Held]:
        return self._seen(self._keys, (vendor, key), account, lag)

    def _seen(self, rows: dict[tuple[str, str], list[Held]], name: tuple[str, str], account: str, lag: float) -> list[Held]:
        with self._lock:
            held = list(rows.get(name, ()))
        return [one for one in reversed(held) if one.account == account and one.taken_at <= time.time() - lag]

    def refunds_of(self, shop: str, order: str) -> list[dict[str, Any]]:
        with self._lock:
            return list(self.refunds.get((shop, order), ()))

    def refund(self, shop: str, order: str, told: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            rows = self.refunds.setdefault((shop, order), [])
            rows.append({"id": 900 + len(rows), **told})
            return rows[-1]

    def count(self, sink: str, key: str) -> int:
        """How often the sink has taken this key by now, this time included."""
        with self._lock:
            self.done[sink, key] = self.done.get((sink, key), 0) + 1
            return self.done[sink, key]
