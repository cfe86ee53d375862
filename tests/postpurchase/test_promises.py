"""SECURITY.md promises nothing that no test keeps."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "SECURITY.md").read_text()
LINES = {line.split("|")[1].strip(): line for line in TEXT.splitlines() if re.match(r"\| T\d\d \|", line)}
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


def test_every_attack_of_the_model_has_a_line() -> None:
    assert list(LINES) == [f"T{number:02}" for number in range(1, 34)]


def test_every_line_names_a_test_or_says_that_there_is_none() -> None:
    assert [name for name, line in LINES.items() if "::test_" not in line and "Not there" not in line] == []


def test_every_test_that_is_named_is_there() -> None:
    assert len(NAMED) > 50
    known: dict[str, set[str]] = {}
    for path, _name in NAMED:
        tree = ast.parse((ROOT / path).read_text()) if (ROOT / path).exists() else ast.Module([], [])
        known[path] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert [f"{path}::{name}" for path, name in NAMED if name not in known[path]] == []
