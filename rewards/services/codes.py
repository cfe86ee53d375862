"""Random codes nobody has yet."""

import secrets

from rewards.rules import ALPHABET, LENGTH, spell
from rewards.selectors import taken

TRIES = 5


def draw_codes(count: int) -> list[str]:
    """So many different codes that are free now; one query as a rule. The unique constraints have the last word."""
    free: set[str] = set()
    for _ in range(TRIES):
        fresh = {_code() for _ in range(count - len(free))}
        free |= fresh - taken(fresh)
        if len(free) == count:
            return list(free)
    raise RuntimeError("no free codes: the alphabet is used up")


def _code() -> str:
    return spell("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))
