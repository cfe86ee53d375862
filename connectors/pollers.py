"""The vendors that can be asked. One entry each: how a call is written and read, how many parcels it takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.carriers.aftership import poll as aftership
from connectors.carriers.easypost import poll as easypost
from connectors.carriers.seventeentrack import poll as seventeentrack
from connectors.carriers.shippo import poll as shippo
from connectors.types import Said, Watched
from core.http import Request, Response

Write = Callable[[str, Sequence[Watched]], Request]  # the key, the parcels
Read = Callable[[Response, Sequence[Watched], str], dict[int, Said]]  # by poll; the last argument is the source


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of call. `read` gets every complete answer but those that mean key or time: 401, 402, 403, 408, 425, 429, 5xx."""

    write: Write
    read: Read
    per_call: int


@dataclass(frozen=True, slots=True)
class Poller:
    """`carriers`: those it can be asked for by our codes, None for all. `gap`: seconds between two calls of one account.

    `is_key_the_secret`: the vendor signs its webhooks with the API key, so a merchant need not enter it twice.
    """

    register: Question
    ask: Question
    gap: float = 0.1
    carriers: frozenset[str] | None = None
    is_key_the_secret: bool = False


POLLERS = {
    "easypost": Poller(
        register=Question(easypost.register, easypost.registered, easypost.PER_REGISTER),
        ask=Question(easypost.ask, easypost.read, easypost.PER_CALL),
    ),
    "aftership": Poller(
        register=Question(aftership.register, aftership.registered, aftership.PER_REGISTER),
        ask=Question(aftership.ask, aftership.read, aftership.PER_CALL),
    ),
    "shippo": Poller(
        register=Question(shippo.register, shippo.read, shippo.PER_REGISTER),
        ask=Question(shippo.ask, shippo.read, shippo.PER_CALL),
        carriers=shippo.COVERED,
    ),
    "17track": Poller(
        register=Question(seventeentrack.register, seventeentrack.registered, seventeentrack.PER_REGISTER),
        ask=Question(seventeentrack.ask, seventeentrack.read, seventeentrack.PER_CALL),
        gap=seventeentrack.GAP,
        is_key_the_secret=True,
    ),
}
