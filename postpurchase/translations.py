"""The shopper's words in every language: collect them, say which are missing, compile. Needs no gettext tools.

    python -m postpurchase.translations           compile, and print what is missing
    python -m postpurchase.translations update    bring the .po files up to date with the code first

Pages of staff are English only; their words are not collected.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locale"
LANGUAGES = ("de", "id", "pt_BR", "zh_Hans")
# Beside the pages themselves: what each room says it holds of a shopper, the words of care signs, those of returns and of reviews.
PYTHON = (
    "portal/**/*.py",
    "*/privacy.py",
    "catalog/types.py",
    "returns/types.py",
    "returns/rules/*.py",
    "returns/selectors/*.py",
    "returns/services/*.py",
    "reviews/types.py",
    "reviews/rules/*.py",
    "reviews/selectors/*.py",
    "reviews/services/*.py",
)
TEMPLATES = ("templates/base.html", "templates/portal")
KEYWORDS = dict.fromkeys(("_", "now_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"))
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
TAG = re.compile(r"</?\w+>")

Id = str | tuple[str, ...] | list[str]


def collect() -> Catalog:
    """Every message of the shopper's pages, with where it stands."""
    catalog = Catalog(charset="utf-8")
    for path in sorted(_files()):
        place = path.relative_to(ROOT).as_posix()
        for line, id in _messages(path):
            catalog.add(id, locations=[(place, line)])
    return catalog


def _files() -> Iterator[Path]:
    for pattern in PYTHON:
        yield from ROOT.glob(pattern)
    for name in TEMPLATES:
        path = ROOT / name
        yield from path.rglob("*.html") if path.is_dir() else [path]


def _messages(path: Path) -> Iterator[tuple[int, Id]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # What templatize leaves of a template is Python but for its indentation.
        text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())
    for line, function, found, _comments in extract_python(io.BytesIO(text.encode()), KEYWORDS, (), {"encoding": "utf-8"}):
        words = found if isinstance(found, tuple | list) else (found,)
        texts = tuple(word for word in words if isinstance(word, str))
        if texts:
            yield line, texts[:2] if "ngettext" in (function or "") else texts[0]


def po_path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """The catalogue of a language."""
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def missing() -> list[str]:
    """What is untranslated, unsure, no longer used, or names other placeholders and tags than the English: `de: Orders`."""
    wanted = collect()
    return [f"{language}: {fault}" for language in LANGUAGES for fault in _faults(wanted, read(language))]


def _faults(wanted: Catalog, have: Catalog) -> Iterator[str]:
    for message in wanted:
        if message.id:
            found = have.get(message.id)
            if found is None or not _is_complete(found, have.num_plurals) or found.fuzzy:
                yield f"{_first(message.id)!r} is not translated"
            elif not _is_faithful(found):
                yield f"{_first(message.id)!r} has other placeholders or tags"
    yield from (f"{_first(message.id)!r} is no longer used" for message in have if message.id and wanted.get(message.id) is None)


def _first(id: Id) -> str:
    return id if isinstance(id, str) else id[0]


def _texts(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def _is_complete(message: Message, plurals: int) -> bool:
    texts = _texts(message)
    return all(texts) and (isinstance(message.id, str) or len(texts) == plurals)


def _marks(text: str) -> set[str]:
    return {*PLACEHOLDER.findall(text), *TAG.findall(text)}


def _is_faithful(message: Message) -> bool:
    """Each form names what the English plural names; the form for one may leave the number out."""
    source = message.id if isinstance(message.id, str) else message.id[-1]
    return all(_marks(text) <= _marks(source) and _marks(source) - _marks(text) <= {"n"} for text in _texts(message))


def update_all() -> None:
    """Write new messages into the .po files, untranslated, and drop those that are gone."""
    wanted = collect()
    for language in LANGUAGES:
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = read(language) if path.exists() else Catalog(locale=language, project="postpurchase", charset="utf-8", fuzzy=False)
        catalog.update(wanted, no_fuzzy_matching=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=0, sort_by_file=True, ignore_obsolete=True, omit_header=False, include_lineno=False)


def compile_all() -> list[Path]:
    """Write the .mo files Django reads, beside the .po files."""
    return [_compile(language) for language in LANGUAGES]


def _compile(language: str) -> Path:
    path = po_path(language).with_suffix(".mo")
    with path.open("wb") as file:
        write_mo(file, read(language))
    return path


def main(arguments: list[str]) -> int:
    if "update" in arguments:
        update_all()
    compile_all()
    faults = missing()
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
