"""Every condition and every reason the decisions can yield has words; what they found reads as a sentence."""

import ast
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from notifications.receipts import QUESTIONS, REASONS, asked, cost_words, detail_of, reason_of, words_of
from portal.rules.told import reason_words

ROOM = Path(__file__).resolve().parent.parent.parent / "notifications"
FILES = sorted([*(ROOM / "rules").glob("*.py"), *(ROOM / "services").glob("*.py")])
CONDITIONS, STEPS = {"Condition", "Gate"}, {"Step", "Skip", "Way"}


def trees() -> list[ast.Module]:
    return [ast.parse(path.read_text()) for path in FILES]


def constants() -> dict[str, str]:
    """Names of the room's modules that stand for a string, `A, B = "a", "b"` included."""
    found: dict[str, str] = {}
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name | ast.Tuple):
                names = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else [node.targets[0]]
                values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                pairs = zip(names, values, strict=False)
                found |= {
                    n.id: v.value for n, v in pairs if isinstance(n, ast.Name) and isinstance(v, ast.Constant) and isinstance(v.value, str)
                }
    return found


def strings(node: ast.expr | None, known: dict[str, str]) -> Iterator[str]:
    """What an expression may come to, as far as it is written down."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in known:
        yield known[node.id]
    elif isinstance(node, ast.IfExp):
        yield from [*strings(node.body, known), *strings(node.orelse, known)]


def calls(names: set[str]) -> Iterator[ast.Call]:
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield node


def conditions_there_are() -> set[str]:
    known = constants()
    return {code for call in calls(CONDITIONS) if call.args for code in strings(call.args[0], known)}


def reasons_there_are() -> set[str]:
    """Of `Step(state, reason)`, of `update(reason=...)`, of a default `why`, and every condition that may fail."""
    known, found = constants(), conditions_there_are() - {"style", "test"}
    for call in calls(STEPS):
        found |= {code for node in call.args[1:2] for code in strings(node, known)}
    for node in (node for tree in trees() for node in ast.walk(tree)):
        is_default = isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "why"
        if is_default or (isinstance(node, ast.keyword) and node.arg in ("reason", "why")):
            found |= set(strings(node.value, known))  # type: ignore[attr-defined]
    return found - {""}


def test_the_walk_sees_the_rules() -> None:
    assert conditions_there_are() >= {"merchant_off", "no_phone", "automation", "ladder", "window", "quiet_hours", "not_now", "style"}
    assert reasons_there_are() >= {
        "refused",
        "other_account",
        "provider_down",
        "spend_cap",
        "rerun",
        "no_sender",
        "lookup_failed",
        "newer_news",
    }


def test_every_condition_is_a_question_in_words() -> None:
    assert sorted(conditions_there_are() - QUESTIONS.keys()) == []


def test_every_reason_is_told_in_words() -> None:
    assert sorted(reasons_there_are() - REASONS.keys()) == []


def test_shoppers_are_told_every_reason_too() -> None:
    assert sorted(code for code in reasons_there_are() if not reason_words(code)) == []


@pytest.mark.parametrize("code", sorted({*QUESTIONS, *REASONS}))
def test_no_word_is_a_code(code: str) -> None:
    assert words_of(code)
    assert "_" not in words_of(code)


@pytest.mark.parametrize(
    ("condition", "detail", "said"),
    [
        ("automation", "order.total 84.00 at least 50", "Order value 84.00 at least 50"),
        ("suppressed", "stop", "asked us to stop"),
        ("newer_news", "the parcel is in_transit", "the parcel is on its way"),
        ("not_now", "waits a day: open incident: stalled", "waits a day: open incident: no scan for too long"),
        ("style", "enticing -> plain: no consent to offers by email", "enticing → plain: no consent to offers by email"),
        ("frequency_cap", "1 of 1 in a day, 2 of 3 in a week", "1 of 1 in a day, 2 of 3 in a week"),
        ("some_day", "as found", "as found"),
    ],
)
def test_what_was_found_goes_by_its_names(condition: str, detail: str, said: str) -> None:
    assert detail_of(condition, detail) == said


def test_questions_keep_their_order_and_those_that_did_not_arise_say_why() -> None:
    reasons = [
        {"condition": "suppressed", "ok": False, "detail": "bounce"},
        {"condition": "marketing_consent", "ok": True, "detail": "given"},
    ]
    rows = [(row.condition, row.ok, row.detail) for row in asked(reasons, state="suppressed")]
    assert rows == [
        ("suppressed", False, "address does not exist"),
        ("marketing_consent", True, "given"),
        ("frequency_cap", None, "not counted: only what advertises is"),
        ("quiet_hours", None, "not reckoned: it was withheld before"),
        ("ladder", None, "each channel that is on tells it by itself"),
    ]
    assert asked(reasons, state="sent")[3].detail == "no hours are kept for it"


def test_a_test_is_asked_nothing_else() -> None:
    [row] = asked([{"condition": "test", "ok": True, "detail": "eda@acme.example", "user": 7}], state="sent")
    assert (row.question, row.ok, row.detail) == ("A test, asked for by staff", True, "eda@acme.example")


@pytest.mark.parametrize(
    ("state", "said"),
    [("suppressed", "goes by another channel first"), ("", "goes by another channel first"), ("pending", "the channel before it failed")],
)
def test_a_step_of_the_ladder_says_which_way_it_goes(state: str, said: str) -> None:
    assert reason_of("ladder", state) == said


def test_what_a_provider_said_is_told_as_it_was_said() -> None:
    assert reason_of("550 no such user", "bounced") == "550 no such user"


@pytest.mark.parametrize(
    ("cost", "has_left", "said"),
    [
        (Decimal("0.079000"), True, "0.079 EUR"),
        (Decimal(100), True, "100 EUR"),
        (None, True, "no price is set for it"),
        (None, False, "nothing: it did not leave"),
    ],
)
def test_the_cost_is_told_or_why_there_is_none(cost: Decimal | None, has_left: bool, said: str) -> None:
    assert cost_words(cost, "EUR" if cost is not None else "", has_left=has_left) == said
