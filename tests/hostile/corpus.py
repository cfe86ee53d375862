"""The bad-input catalogue as data: one YAML file for each class, read with a few tags for what YAML cannot write down.

`!repeat [text, times]`, `!join [parts]` and `!code 0xd800` make texts; `!raw text` makes bytes, one for each character. An entry says
where its values go (`at`), which statuses are right (`status`), and what else its runner wants (`also`); an entry that cannot happen
here says why (`not_here`) and has no values.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

HERE = Path(__file__).parent
CLASSES = ("api", "webhooks", "portal", "templates", "csv", "uploads", "urls", "headers")


class Loader(yaml.SafeLoader):
    """Safe YAML with the tags above."""


def _repeat(loader: yaml.SafeLoader, node: Any) -> Any:
    text, times = loader.construct_sequence(node, deep=True)
    return text * times


def _join(loader: yaml.SafeLoader, node: Any) -> Any:
    parts = loader.construct_sequence(node, deep=True)
    return (b"" if isinstance(parts[0], bytes) else "").join(parts)


def _code(loader: yaml.SafeLoader, node: Any) -> str:
    return chr(int(loader.construct_scalar(node), 0))


def _raw(loader: yaml.SafeLoader, node: Any) -> bytes:
    return str(loader.construct_scalar(node)).encode("latin-1")


for _tag, _make in {"!repeat": _repeat, "!join": _join, "!code": _code, "!raw": _raw}.items():
    Loader.add_constructor(_tag, _make)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue, with all its values."""

    id: str
    what: str
    at: str = ""
    values: tuple[Any, ...] = ()
    status: frozenset[int] = frozenset()
    also: Mapping[str, Any] = field(default_factory=dict)
    not_here: str = ""
    tested: str = ""

    def cases(self) -> Iterator[tuple[str, Any]]:
        """Each value with a name short enough for a report."""
        for number, value in enumerate(self.values):
            yield f"{self.id}#{number}", value


Item = TypeVar("Item")
IS_DEEP = os.environ.get("HOSTILE") == "deep"


class Rota:
    """Which values of an entry are played at the next endpoint.

    A deep run plays every value at every endpoint. An ordinary one plays every entry at every endpoint, with the next of its values each
    time, so that all of them are played somewhere.
    """

    def __init__(self, endpoints: int) -> None:
        self.endpoints = max(1, endpoints)
        self.turns: Counter[str] = Counter()

    def cases(self, entry: Entry) -> list[tuple[str, Any]]:
        """The values whose turn it is, each with its name."""
        cases = list(entry.cases())
        if IS_DEEP:
            return cases
        each = -(-len(cases) // self.endpoints)
        first = self.turns[entry.id]
        self.turns[entry.id] += each
        return [cases[(first + step) % len(cases)] for step in range(each)]


def thin(cases: Sequence[Item], one_in: int) -> Sequence[Item]:
    """All of them in a deep run, one in so many of an ordinary one."""
    return cases if IS_DEEP else cases[::one_in]


def _entry(row: dict[str, Any]) -> Entry:
    known = {"id", "what", "at", "values", "status", "not_here", "tested"}
    return Entry(
        id=row["id"],
        what=row["what"],
        at=row.get("at", ""),
        values=tuple(row.get("values", ())),
        status=frozenset(row.get("status", ())),
        not_here=row.get("not_here", ""),
        tested=row.get("tested", ""),
        also={name: value for name, value in row.items() if name not in known},
    )


def entries(name: str, *, at: str = "") -> list[Entry]:
    """The entries of one class that are played, all or those of one place."""
    return [one for one in all_entries(name) if one.values and at in ("", one.at)]


def all_cases(name: str, *, at: str = "") -> list[tuple[Entry, str, Any]]:
    """Every value of one class, or of one place in it, with its entry and its name."""
    return [(one, case, value) for one in entries(name, at=at) for case, value in one.cases()]


def all_entries(name: str) -> list[Entry]:
    """The entries of one class, those that cannot happen here too."""
    rows = yaml.load((HERE / f"{name}.yaml").read_text(encoding="utf-8"), Loader)
    return [_entry(row) for row in rows]


def shown(value: Any) -> str:
    """A value as a report shows it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:40]}… ({len(text)} characters)"
