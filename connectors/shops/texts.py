"""Descriptions, which shops keep as HTML, as the plain text our pages show.

Read by hand: the standard library's parser needs minutes for 100 kB of unclosed tags, and anybody who edits a product can send them.
"""

import re
from collections.abc import Iterator
from html import unescape

MOST = 100_000  # characters read: more than any description holds
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})(?:[\s/][^<>]{0,4000})?>")
BLANK = re.compile(r"\n{3,}")
BLOCKS = frozenset({"div", "br", "ul", "ol", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "blockquote", "hr"})
UNSAID = frozenset({"script", "style", "template", "iframe", "noscript", "svg", "head"})


def prose(text: str) -> str:
    """`<p>Soft.</p><ul><li>Warm</li></ul>` as lines: `Soft.` and `• Warm`. What is no HTML stays as it is, apart from its lines."""
    if "<" not in text and "&" not in text:
        return text
    lines = [" ".join(line.split()) for line in "".join(_parts(text[:MOST])).split("\n")]
    return BLANK.sub("\n\n", "\n".join(line for line in lines if line != "•")).strip()


def _parts(text: str) -> Iterator[str]:
    """What is said, piece by piece; every character is looked at a bounded number of times."""
    lower, at = text.lower(), 0
    while (start := text.find("<", at)) >= 0:
        yield _said(text[at:start])
        if text.startswith("<!--", start):
            at = _behind(lower, "-->", start)
        elif tag := TAG.match(text, start):
            name, is_end = tag[2].lower(), bool(tag[1])
            yield _break(name, is_end)
            at = tag.end()
            if name in UNSAID and not is_end:
                at = _behind(lower, f"</{name}>", at)
        else:
            yield "<"
            at = start + 1
    yield _said(text[at:])


def _behind(text: str, mark: str, start: int) -> int:
    """Where the text goes on; at its end when the mark is missing."""
    found = text.find(mark, start)
    return len(text) if found < 0 else found + len(mark)


def _said(text: str) -> str:
    return " ".join(unescape(text).split("\n"))


def _break(name: str, is_end: bool) -> str:
    if name == "p":
        return "\n\n"
    if name == "li":
        return "" if is_end else "\n• "
    return "\n" if name in BLOCKS else " " if name in ("td", "th") else ""
