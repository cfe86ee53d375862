"""Who acts: kept for as long as a request, a call or a command lasts, so that the audit log need not be told by every function.

The edge opens it (`acting`) and says who it is (`is_now`) when a session, a key or a cookie has told. Whatever runs outside of any
edge, such as a task, is the system itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest

from core.callers import address_of, agent_of, neighbourhood
from merchants.models import User
from merchants.types import ActorKind

MAX_REQUEST_ID = 64


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody or something that acts, and from where."""

    kind: ActorKind = ActorKind.SYSTEM
    id: str = ""  # a number or a public id; never a name or an address
    network: str = ""
    agent: str = ""
    request_id: str = ""


@dataclass(slots=True)
class _Caller:
    """Whoever sent a request. Where from is worked out only when a line is written: most requests write none."""

    request: HttpRequest
    kind: ActorKind = ActorKind.VISITOR
    id: str = ""

    def told(self) -> Who:
        request_id = str(getattr(self.request, "request_id", ""))[:MAX_REQUEST_ID]
        return Who(self.kind, self.id, neighbourhood(address_of(self.request)), agent_of(self.request), request_id)


SYSTEM = Who()
_acting: ContextVar[Who | _Caller] = ContextVar("acting", default=SYSTEM)


def who() -> Who:
    """Whoever acts right now."""
    current = _acting.get()
    return current.told() if isinstance(current, _Caller) else current


@contextmanager
def acting(by: Who | HttpRequest) -> Iterator[None]:
    """Whatever happens inside is done by somebody, or by whoever sent a request: a visitor, until `is_now` says more."""
    token = _acting.set(_Caller(by) if isinstance(by, HttpRequest) else by)
    try:
        yield
    finally:
        _acting.reset(token)


def is_now(kind: ActorKind, id: object) -> None:
    """The request turned out to be somebody's. Outside a request nothing is remembered."""
    current = _acting.get()
    if isinstance(current, _Caller):
        current.kind, current.id = kind, str(id)


def is_staff(user: User) -> None:
    """The request is a member of staff's; platform staff stand under a name of their own."""
    is_now(ActorKind.PLATFORM if user.is_superuser else ActorKind.USER, user.pk)


def command(name: str) -> Who:
    """A person at the machine's command line: which one, the machine does not know."""
    return Who(ActorKind.COMMAND, name)
