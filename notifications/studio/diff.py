"""What changed between two wordings, line by line, for people to look at."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from django.utils.translation import gettext_lazy as _

from customers.types import Channel
from notifications.shipped import style_of
from notifications.studio.blocks import type_of
from notifications.studio.build import build, complete
from notifications.studio.types import Block, Draft, Line, Section

MOST_LINES = 2_000


def compare(old: Draft, new: Draft) -> list[Section]:
    """Subject; blocks where both have them, else the source; the text part. Sections without a change are there, too."""
    if new.channel == Channel.SMS:
        return [Section("source", _("Text"), lines(old.source, new.source))]
    found = [Section("subject", _("Subject"), lines(old.subject, new.subject))]
    if old.blocks is not None and new.blocks is not None:
        found.append(Section("blocks", _("Blocks"), lines(blocks_as_text(old), blocks_as_text(new))))
    else:
        found.append(Section("source", _("Source"), lines(build(old).mjml, build(new).mjml)))
    return [*found, Section("text_source", _("Text part"), lines(build(old).text, build(new).text))]


def blocks_as_text(draft: Draft) -> str:
    """Each block with its name, its fields below it."""
    style = style_of(draft.kind, draft.style)
    return "\n".join(line for block in complete(draft.blocks or (), draft.kind, style) for line in _block_lines(draft, style, block))


def _block_lines(draft: Draft, style: str, block: Block) -> list[str]:
    known = type_of(str(block["type"]), draft.kind, style)
    labels = {field.name: str(field.label) for field in known.fields} if known is not None else {}
    found = [f"# {known.label if known is not None else block['type']}"]
    for name, value in block["fields"].items():
        first, *rest = str(value).splitlines() or [""]
        found += [f"{labels.get(name, name)}: {first}", *(f"    {line}" for line in rest)]
    return found


def lines(old: str, new: str) -> tuple[Line, ...]:
    """Both texts' lines in one list: `same`, `gone`, `new`."""
    mine, theirs = old.splitlines()[:MOST_LINES], new.splitlines()[:MOST_LINES]
    found: list[Line] = []
    for tag, i, j, k, m in SequenceMatcher(None, mine, theirs).get_opcodes():
        if tag == "equal":
            found += [Line("same", i + n + 1, k + n + 1, text) for n, text in enumerate(mine[i:j])]
            continue
        found += _marked("gone", mine, i, j)
        found += _marked("new", theirs, k, m)
    return tuple(found)


def _marked(mark: str, texts: Sequence[str], first: int, last: int) -> list[Line]:
    return [Line(mark, n + 1 if mark == "gone" else 0, n + 1 if mark == "new" else 0, texts[n]) for n in range(first, last)]
