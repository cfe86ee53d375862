"""The room plan as a test: call down, publish up."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FLOORS = [
    {"core"},
    {"merchants"},
    {"events"},
    {"customers", "catalog"},
    {"orders"},
    {"tracking", "rewards"},
    {"returns", "reviews"},
    {"connectors", "notifications", "support"},
    {"portal", "dashboard"},
    {"demo"},
    {"postpurchase"},
]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
OUTSIDE = {"tests", "bench"}

# Inside a room each file imports only those further right.
ORDER = [
    {"urls", "apps"},
    {"api", "views", "tasks", "handlers", "admin"},
    {"services"},
    {"selectors"},
    {"models"},
    {"rules"},
    {"registry"},
    {"events"},
    {"types"},
]
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}


def imports(path: Path) -> Iterator[tuple[int, str, bool]]:
    """Yield (line, dotted first-party module, is inside a function)."""
    tree = ast.parse(path.read_text())
    nested = {id(child) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            # `from orders import services` names the module in the alias.
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.partition(".")[0] in FLOOR:
                yield node.lineno, name, id(node) in nested


def modules() -> list[Path]:
    return [p for room in sorted(FLOOR) for p in sorted((ROOT / room).rglob("*.py")) if "migrations" not in p.parts]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    wrong = [
        f"{path.name}:{line} imports {name}" + (" inside a function" if hidden else "")
        for line, name, hidden in imports(path)
        if hidden or (name.partition(".")[0] != room and FLOOR[name.partition(".")[0]] >= FLOOR[room])
    ]
    assert wrong == []


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_files_of_a_room_import_to_the_right(path: Path) -> None:
    room, *_, _ = path.relative_to(ROOT).parts
    mine = LEVEL.get(path.stem)
    wrong = [
        f"{path.name}:{line} imports {name}"
        for line, name, _ in imports(path)
        if mine is not None
        and name.startswith(f"{room}.")
        and len(path.relative_to(ROOT).parts) == 2
        and LEVEL.get(name.split(".")[1], mine + 1) < mine
    ]
    assert wrong == []


def test_every_app_has_a_floor() -> None:
    apps = {p.parent.name for p in ROOT.glob("*/__init__.py")} - OUTSIDE
    assert apps == set(FLOOR)
