"""`python -m postpurchase.advisories`: are advisories known against the packages a deployment installs? Part of `make check`.

A known one fails. A package the advisory service does not know, or did not answer for, is no good package and no bad one: it is
counted and said aloud. `AUDIT=require` makes that a failure too, for a machine from which the service can be reached.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

LIST = Path(__file__).resolve().parent.parent / "requirements" / "base.txt"
PINNED = re.compile(r"^(?P<line>[A-Za-z0-9][A-Za-z0-9._-]*==[^\\\n]+)", re.MULTILINE)
SECONDS = 18  # for the whole of it: `make check` is run often
# Advisory -> why it does not touch us. Each is looked at again when the packages are resolved anew.
ACCEPTED: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to say, and whether that is an error."""

    lines: tuple[str, ...]
    is_error: bool


def pinned(text: str) -> set[str]:
    """Packages of a locked list that this Python would install."""
    wanted = [Requirement(match["line"].strip()) for match in PINNED.finditer(text)]
    return {_plain(one.name) for one in wanted if one.marker is None or one.marker.evaluate()}


def decide(answer: Any, packages: Set[str], *, is_required: bool = False, accepted: Mapping[str, str] = ACCEPTED) -> Outcome:
    """Judge what the service answered: advisories by package, and whom it said nothing of. `None` is no answer at all."""
    told = {_plain(str(row.get("name", ""))): row for row in _rows(answer) if isinstance(row.get("vulns"), list)}
    known = sorted(packages & set(told))
    found = [line for name in known for line in _said(f"{name} {told[name].get('version')}", told[name]["vulns"], accepted)]
    missing = sorted(packages - set(told))
    lines = [f"packages: {len(known)} audited, {len(found) or 'no'} known {'advisory' if len(found) == 1 else 'advisories'}", *found]
    if missing:
        some = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        lines.append(f"NOT AUDITED: {len(missing)} packages the advisory service said nothing of ({some})")
    return Outcome(tuple(lines), bool(found) or (is_required and bool(missing)))


def _rows(answer: Any) -> Iterable[dict[str, Any]]:
    rows = answer.get("dependencies") if isinstance(answer, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _ids(vuln: Mapping[str, Any]) -> set[str]:
    return {str(vuln.get("id", "")), *(str(alias) for alias in vuln.get("aliases", []))}


def _said(package: str, vulns: Iterable[Mapping[str, Any]], accepted: Mapping[str, str]) -> list[str]:
    open_ = [vuln for vuln in vulns if not _ids(vuln) & set(accepted)]
    return [f"{package}: {vuln.get('id')}, mended in {', '.join(vuln.get('fix_versions', [])) or 'no version yet'}" for vuln in open_]


def _plain(name: str) -> str:
    """Package indexes take `Foo_Bar` and `foo-bar` for one."""
    return re.sub(r"[-_.]+", "-", name).lower()


def ask() -> Any:
    """The service's answer through pip-audit, which reads the locked list only; None when there is none in time."""
    program = [sys.executable, "-m", "pip_audit", "-r", str(LIST), "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run([*program, "--timeout", "5"], capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603  our own words
        return json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None


def main() -> int:
    outcome = decide(ask(), pinned(LIST.read_text()), is_required=os.environ.get("AUDIT") == "require")
    sys.stdout.writelines(f"{line}\n" for line in outcome.lines)
    return 1 if outcome.is_error else 0


if __name__ == "__main__":
    raise SystemExit(main())
