"""What is kept in the cache names its merchant, or says nothing of any: two files talk to it, and all keys stand here."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"tests", "bench", "scripts", "docs", "docker", "requirements", "locale"}
# The wrapper counts and keeps no words; the studio keeps one draft for its editor, at one merchant.
SPEAK_TO_THE_CACHE = {"core/limits.py", "notifications/admin/shown.py"}
# Who is counted. By an id of ours that no two merchants share, or by the merchant's own.
OF_ONE_MERCHANT = ("merchant", "key.id", ".pk")


def modules(*words: str) -> list[tuple[str, ast.Module]]:
    """Path and tree of every module of ours in which one of the words stands."""
    found = []
    for path in sorted(ROOT.glob("[a-z]*/**/*.py")):
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8") if name.split("/")[0] not in NOT_OURS and "/migrations/" not in name else ""
        if any(word in text for word in words):
            found.append((name, ast.parse(text)))
    return found


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name]


def test_the_cache_is_reached_through_two_files_only() -> None:
    found = set()
    for name, tree in modules("cache"):
        for node in ast.walk(tree):
            is_import = isinstance(node, ast.ImportFrom) and node.module == "django.core.cache"
            if is_import or (isinstance(node, ast.ImportFrom) and node.module == "django.views.decorators.cache" and _keeps(node)):
                found.add(name)
    assert found == SPEAK_TO_THE_CACHE


def _keeps(node: ast.ImportFrom) -> bool:
    return bool({"cache_page", "cache_control"} & {name.name for name in node.names})


def test_no_template_keeps_a_part_of_a_page() -> None:
    assert [str(path) for path in (ROOT / "templates").rglob("*.html") if "{% cache " in path.read_text(encoding="utf-8")] == []


def test_every_count_names_whom_it_is_about_and_so_the_merchant() -> None:
    loose = {}
    for name, tree in modules("seconds_to_wait", "first_in"):
        for call in [*calls(tree, "seconds_to_wait"), *calls(tree, "first_in")]:
            key = next((ast.unparse(word.value) for word in call.keywords if word.arg in ("who", "what")), "")
            if not any(part in key for part in OF_ONE_MERCHANT):
                loose[name] = key
    assert loose == {}


def test_the_studios_draft_is_kept_for_one_editor_at_one_merchant() -> None:
    text = (ROOT / "notifications" / "admin" / "shown.py").read_text(encoding="utf-8")
    assert text.count("cache.set(_held_key(request)") == text.count("cache.get(_held_key(request)") == 1
    assert 'f"studio:{actor.merchant.pk if actor.merchant else 0}:{actor.user.pk if actor.user else 0}"' in text
