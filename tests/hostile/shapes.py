"""The operations of the OpenAPI document with the fields of their bodies, each under the kind of value it takes."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.docs import document

JSON = "application/json"
BASE = "/api/v1"
Path = tuple[str | int, ...]
FORMATS = {"date-time": "moment", "date": "day", "uri": "address", "email": "email"}
NAMES = {"email": "email", "phone": "phone", "currency": "currency", "country": "country", "language": "language"}
TYPES = {"boolean": "flag", "integer": "whole", "array": "list", "object": "object"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a body: where it lies and what it is."""

    path: Path
    kind: str

    @property
    def name(self) -> str:
        return ".".join(str(part) for part in self.path)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, with a body that works (as far as the world it is sent to allows)."""

    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    body: Any
    leaves: tuple[Leaf, ...]
    statuses: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def named(self, place: str) -> list[str]:
        """Parameters of one place: path, query."""
        return [name for name, lies in self.parameters if lies == place]


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the document."""
    return tuple(_operation(path, method, told) for path, ways in document()["paths"].items() for method, told in ways.items())


def _operation(path: str, method: str, told: dict[str, Any]) -> Operation:
    content = told.get("requestBody", {}).get("content", {}).get(JSON, {})
    examples = [one["value"] for one in content.get("examples", {}).values()]
    body = max(examples, key=lambda one: len(str(one))) if examples else None
    parameters = tuple((one["name"], one["in"]) for one in told.get("parameters", []))
    leaves = tuple(_leaves(body, content.get("schema", {}), ())) if body is not None else ()
    return Operation(method, path.removeprefix(BASE), parameters, body, leaves, frozenset(told["responses"]))


def _shape(shape: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in shape:
        shape = document()["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    ways = shape.get("oneOf") or shape.get("allOf") or []
    return _shape(ways[0]) | {"oneOf": ways} if ways else shape


def _leaves(value: Any, shape: dict[str, Any], path: Path) -> Iterator[Leaf]:
    shape = _shape(shape)
    if path:
        yield Leaf(path, _kind(str(next((part for part in reversed(path) if isinstance(part, str)), "")), shape))
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, shape.get("properties", {}).get(name, shape.get("additionalProperties") or {}), (*path, name))
    elif isinstance(value, list) and value:
        yield from _leaves(value[0], shape.get("items", {}), (*path, 0))


def _kind(name: str, shape: dict[str, Any]) -> str:
    if {"number"} <= {one.get("type") for one in shape.get("oneOf", []) if isinstance(one.get("type"), str)}:
        return "amount"
    if "enum" in shape:
        return "choice"
    if shape.get("format") in FORMATS:
        return FORMATS[shape["format"]]
    type = shape.get("type")
    if isinstance(type, str) and type in TYPES:
        return TYPES[type]
    return NAMES.get(name, "text" if type == "string" else "loose")


def put(body: Any, path: Path, value: Any) -> Any:
    """The body with one value exchanged."""
    made = copy.deepcopy(body)
    holder = made
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    return made
