"""House rules a linter does not know."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.test_floors import ROOT, modules

FORBIDDEN_NAMES = {"utils", "helpers", "managers", "signals", "common", "misc"}
TIME_READERS = {("datetime", "now"), ("datetime", "utcnow"), ("timezone", "now"), ("date", "today"), ("datetime", "today")}
NETWORK = {"requests", "urllib.request", "urllib3", "httpx", "aiohttp", "smtplib", "http.client", "socket"}
# One door; channel adapters name the errors of the library that talks for them; the demo's shops live outside.
NETWORK_ALLOWED = {"core/http.py", "notifications/channels", "demo/shop.py", "demo/till.py"}


def test_no_room_has_a_drawer_for_odds_and_ends() -> None:
    assert [str(p) for p in modules() if p.stem in FORBIDDEN_NAMES] == []


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_clock_reads_the_time(path: Path) -> None:
    if path == ROOT / "core" / "clock.py":
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    found = [
        f"{path.name}:{node.lineno}"
        for node in calls
        if isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in TIME_READERS
    ]
    assert found == []


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_nobody_opens_the_network_but_its_doors(path: Path) -> None:
    where = str(path.relative_to(ROOT))
    if any(where.startswith(allowed) for allowed in NETWORK_ALLOWED):
        return
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in names if any(name == taken or name.startswith(f"{taken}.") for taken in NETWORK)} == set()


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_branch_knows_it_is_tested(path: Path) -> None:
    text = path.read_text()
    if path.is_relative_to(ROOT / "postpurchase" / "settings"):
        return
    assert not re.search(r"sys\.argv.*test|PYTEST|settings\.TESTING|in_test\b", text)


def test_no_signal_carries_an_event() -> None:
    found = [
        str(p.relative_to(ROOT)) for p in modules() if re.search(r"\b(post_save|pre_save|post_delete|django\.dispatch)\b", p.read_text())
    ]
    assert found == []
