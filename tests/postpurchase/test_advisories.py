"""A known advisory is an error; what nobody said anything of is said, and never taken for good."""

import subprocess
import sys
from typing import Any

import pytest

from postpurchase import advisories
from postpurchase.advisories import LIST, ask, decide, pinned

PACKAGES = {"django", "pillow"}
NONE_OF = "NOT AUDITED: 2 packages the advisory service said nothing of (django, pillow)"
NOTHING = ("packages: 0 audited, no known advisories", NONE_OF)
GOOD: list[dict[str, Any]] = [{"name": "Django", "version": "5.2.19", "vulns": []}, {"name": "Pillow", "version": "12.0.0", "vulns": []}]
HOLE = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["5.2.20", "6.0.1"], "description": "..."}
BAD: list[dict[str, Any]] = [{"name": "Django", "version": "5.2.19", "vulns": [HOLE]}, GOOD[1]]
TABLE: list[tuple[str, Any, tuple[str, ...], bool, bool]] = [
    ("all good", {"dependencies": GOOD}, ("packages: 2 audited, no known advisories",), False, False),
    (
        "one bad",
        {"dependencies": BAD},
        ("packages: 2 audited, 1 known advisory", "django 5.2.19: PYSEC-2026-1, mended in 5.2.20, 6.0.1"),
        True,
        True,
    ),
    (
        "bad without a way out",
        {"dependencies": [{**BAD[0], "vulns": [{"id": "X-1", "fix_versions": []}]}, GOOD[1]]},
        ("packages: 2 audited, 1 known advisory", "django 5.2.19: X-1, mended in no version yet"),
        True,
        True,
    ),
    (
        "one unknown",
        {"dependencies": [GOOD[0], {"name": "pillow", "skip_reason": "not found"}]},
        ("packages: 1 audited, no known advisories", "NOT AUDITED: 1 packages the advisory service said nothing of (pillow)"),
        False,
        True,
    ),
    (
        "bad and unknown",
        {"dependencies": [BAD[0]]},
        (
            "packages: 1 audited, 1 known advisory",
            "django 5.2.19: PYSEC-2026-1, mended in 5.2.20, 6.0.1",
            "NOT AUDITED: 1 packages the advisory service said nothing of (pillow)",
        ),
        True,
        True,
    ),
    ("no answer", None, NOTHING, False, True),
    ("an empty answer", {"dependencies": []}, NOTHING, False, True),
    ("nonsense", ["?"], NOTHING, False, True),
    (
        "other nonsense",
        {"dependencies": [3, {"name": "django", "vulns": None}]},
        ("packages: 0 audited, no known advisories", NONE_OF),
        False,
        True,
    ),
]


@pytest.mark.parametrize(("what", "answer", "lines", "fails", "fails_when_required"), TABLE, ids=[row[0] for row in TABLE])
def test_what_was_answered_is_judged(what: str, answer: Any, lines: tuple[str, ...], fails: bool, fails_when_required: bool) -> None:
    assert decide(answer, PACKAGES) == advisories.Outcome(lines, fails)
    assert decide(answer, PACKAGES, is_required=True) == advisories.Outcome(lines, fails_when_required)


@pytest.mark.parametrize("id", ["PYSEC-2026-1", "CVE-2026-1"])
def test_an_advisory_somebody_looked_at_is_passed_over(id: str) -> None:
    assert not decide({"dependencies": BAD}, PACKAGES, accepted={id: "we do not call it"}).is_error
    assert decide({"dependencies": BAD}, PACKAGES, accepted={"CVE-2026-2": "another"}).is_error


def test_many_unheard_of_are_counted_and_not_listed() -> None:
    outcome = decide(None, {f"p{number}" for number in range(9)})
    assert outcome.lines[1] == "NOT AUDITED: 9 packages the advisory service said nothing of (p0, p1, p2, p3, p4, ...)"


def test_the_locked_list_is_read_as_this_python_installs_it() -> None:
    text = 'Foo_Bar==1.2 \\\n    --hash=sha256:ab\nbaz==3 ; python_version >= "3"\nold==1 ; python_version < "3"\n'
    assert pinned(text) == {"foo-bar", "baz"}
    assert {"django", "psycopg2-binary", "cryptography", "pillow"} <= pinned(LIST.read_text())


class Silence:
    """A run that takes too long, or answers without JSON."""

    def __init__(self, said: str | None) -> None:
        self.said = said

    def __call__(self, program: list[str], **kwargs: Any) -> Any:
        assert program[:3] == [sys.executable, "-m", "pip_audit"]
        assert kwargs["timeout"] < 20
        if self.said is None:
            raise subprocess.TimeoutExpired(program, kwargs["timeout"])
        return subprocess.CompletedProcess(program, 1, self.said, "")


@pytest.mark.parametrize("said", [None, "", "ERROR: no connection"])
def test_no_answer_in_time_is_no_answer(monkeypatch: pytest.MonkeyPatch, said: str | None) -> None:
    monkeypatch.setattr(subprocess, "run", Silence(said))
    assert ask() is None


@pytest.mark.parametrize(("audit", "code"), [("", 0), ("require", 1)])
def test_the_environment_decides_whether_silence_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], audit: str, code: int
) -> None:
    monkeypatch.setenv("AUDIT", audit)
    monkeypatch.setattr(subprocess, "run", Silence(None))
    assert advisories.main() == code
    assert "NOT AUDITED" in capsys.readouterr().out
