"""What asks, publishes, orders, thanks or rewards cannot know how many stars anybody gave.

Three walls: such a module does not import where the stars lie, names nothing by their names, and imports from its own room only what is
blind as well or is listed here with the reason. What it does while it runs is watched by `tests/reviews/test_blind_property.py`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_floors import ROOT, imports

BLIND = [
    *(f"reviews/rules/{name}.py" for name in ("abuse", "asking", "checks", "moderation", "ranking")),
    *(f"reviews/services/{name}.py" for name in ("asking", "book", "moderation", "photos", "publishing", "sweep", "thanking", "votes")),
    *(f"reviews/selectors/{name}.py" for name in ("asking", "moderation", "photos")),
    "dashboard/views/moderation.py",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "rewards").rglob("*.py") if "migrations" not in path.parts),
]
# Read by blind modules although they are not: names without numbers.
NEUTRAL = {
    "reviews.events",  # names of facts
    "reviews.types",  # names of states
    "reviews.models",  # its `__init__` hands out the tables without stars; the one with stars is called by a word below
    "reviews.tokens",  # links
    "reviews.rules.words",  # limits of texts
    "reviews.services",  # `__init__`s: what is taken from them is looked at itself
    "reviews.selectors",
    "reviews.rules",
}
TELLING = frozenset({"star", "stars", "rating", "ratings", "rated", "score", "scores", "parcelrating", "productscore", "surveyscore"})
# Pages on which a person decides, and their pieces.
PAGES = ["reviews.html", "reviews_words.html", "reviews_photo.html"]


def words(text: str) -> set[str]:
    """`ParcelRating`, `ratings__stars` and `reviews_rating` are words one by one."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return {word.lower() for word in re.findall(r"[A-Za-z]+", spaced)}


def named(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name and every text in a module, but for what it says about itself."""
    said = {id(text) for node in ast.walk(tree) if (text := _docstring(node)) is not None}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield line, node.value
        for field in ("id", "attr", "name", "arg", "asname", "module"):
            if isinstance(value := getattr(node, field, None), str):
                yield line, value


def _docstring(node: ast.AST) -> ast.Constant | None:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) or not node.body:
        return None
    first = node.body[0]
    return first.value if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None


def telling(source: str) -> list[str]:
    return [f"{line}: {text[:60]}" for line, text in named(ast.parse(source)) if words(text) & TELLING]


@pytest.mark.parametrize("name", BLIND)
def test_a_blind_module_has_no_word_for_stars(name: str) -> None:
    assert telling((ROOT / name).read_text()) == []


@pytest.mark.parametrize("name", BLIND)
def test_a_blind_module_takes_nothing_from_one_that_sees(name: str) -> None:
    seen = {f"{line}: {module}" for line, module, _ in imports(ROOT / name) if module.startswith("reviews.") and not _is_blind(module)}
    assert seen == set()


def _is_blind(module: str) -> bool:
    """A module, or a name taken from one."""
    parts = module.split(".")
    for length in range(len(parts), 1, -1):
        path = Path(*parts[:length]).with_suffix(".py")
        if (ROOT / path).exists():
            return str(path) in BLIND or ".".join(parts[:length]) in NEUTRAL
        if (ROOT / path.with_suffix("") / "__init__.py").exists():
            return ".".join(parts[:length]) in NEUTRAL
    return False


@pytest.mark.parametrize("name", PAGES)
def test_a_page_on_which_somebody_decides_shows_no_stars(name: str) -> None:
    text = (ROOT / "templates" / "dashboard" / name).read_text()
    shown = re.sub(r"\{#.*?#\}|\{%\s*(?:blocktranslate|translate|comment)\b.*?%\}", "", text, flags=re.DOTALL)
    asked = re.findall(r"\{\{.*?\}\}|\{%.*?%\}", shown, flags=re.DOTALL)
    assert [code for code in asked if words(code) & TELLING] == []
    assert "★" not in shown


SEES = [
    "from reviews.models.ratings import Rating",
    "from reviews.models import ratings",
    "rows.filter(ratings__stars=5)",
    "rows.order_by('-ratings__stars')",
    'SQL = "select stars from x"',
    'SQL = "select * from reviews_rating"',
    "review.ratings.first()",
    "def pick(stars): ...",
    "f(stars=1)",
    "getattr(review, 'ratings')",
    "import reviews.models.ratings as r",
]


@pytest.mark.parametrize("source", SEES)
def test_the_wall_has_no_hole(source: str) -> None:
    assert telling(source) != []


def test_the_wall_lets_pass_what_is_harmless() -> None:
    assert telling('"""No stars here."""\nstarted = start\nrate = 1\n') == []
    assert _is_blind("reviews.services.publishing.publish") and _is_blind("reviews.models.Review")
    for module in ("reviews.services.submitting.write_review", "reviews.selectors.mine", "reviews.models.ratings.Rating"):
        assert not _is_blind(module)


def test_nobody_orders_reviews_by_themselves() -> None:
    """Lists are in an order of `rules.ranking`; there is no second place that makes one up."""
    text = (ROOT / "reviews" / "selectors" / "shown.py").read_text()
    assert "from reviews.rules.ranking import" in text
    orders = re.findall(r"order_by\(([^)]*)", text)
    assert [order for order in orders if words(order) & TELLING] == []
