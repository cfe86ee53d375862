"""How an article is written: paragraphs, `## headings`, `1. steps`, `- points`, `**strong**` and `[links](where)`. Never HTML.

A link leads to a place of the shopper's account (`order`, `order/cancel`), a page of this host (`/orders/`) or an https address.
"""

import re

from support.rules.words import folded
from support.types import Block, Line, Shop, Span, Text

LIMITS = {"title": 120, "lead": 400, "body": 8_000}
MARKS = re.compile(r"\*\*(?P<strong>[^*\n]+)\*\*|\[(?P<text>[^\[\]\n]+)\]\((?P<target>[^()\s]+)\)")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
PLACEHOLDERS = ("shop", "email", "phone")
STEP, POINT, HEADING = re.compile(r"\d{1,2}\. +"), re.compile(r"- +"), re.compile(r"## +")
OWN_PATH = re.compile(r"/(?!/)[\w./#?=&-]*", re.ASCII)
HTTPS = re.compile(r"https://[^\s/\\@:?#\"'<>]+(:\d+)?([/?#][^\s()\"'<>]*)?")
# Parts of an order's own pages. Without an order at hand they lead to the list of orders.
PLACES = {
    "order": "",
    "order/shipping": "shipping/",
    "order/products": "products/",
    "order/returns": "returns/",
    "order/cancel": "cancel/",
    "order/address": "address/",
    "order/receipt": "receipt.pdf",
}


class BadText(ValueError):
    """Words that cannot be stored: for each field, what to mend."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems.values()))


def check_text(text: Text, shop: Shop) -> Text:
    """The text without stray spaces. Refuses (BadText) what is missing, too long, or holds links and placeholders we do not know."""
    tidy = Text(*(_tidy(value) for value in (text.title, text.lead, text.body)))
    problems: dict[str, str] = {}
    for name in LIMITS:
        value = getattr(tidy, name)
        if said := _problem(name, value, shop):
            problems[name] = said
    if problems:
        raise BadText(problems)
    return tidy


def _tidy(value: str) -> str:
    kept = "".join(c for c in value.replace("\r\n", "\n").replace("\r", "\n") if c == "\n" or c.isprintable() or c in "\u200c\u200d")
    return "\n".join(line.rstrip() for line in kept.split("\n")).strip()


def _problem(name: str, value: str, shop: Shop) -> str:
    if name != "body" and not value:
        return f"Write the {'question' if name == 'title' else 'answer in short'}."
    if len(value) > LIMITS[name]:
        return f"{len(value)} characters; at most {LIMITS[name]} fit."
    if name != "body" and "\n" in value:
        return "One line only. What needs more room belongs into the text."
    for found in PLACEHOLDER.finditer(value):
        if found[1] not in PLACEHOLDERS:
            return f"{{{found[1]}}} is not known. There are {{shop}}, {{email}} and {{phone}}."
        if found[1] != "shop" and not getattr(shop, found[1]):
            return f"{{{found[1]}}} is empty: add it under Branding first."
    if name == "title":
        return ""
    unknown = next((m["target"] for m in MARKS.finditer(value) if m["target"] and not is_target(m["target"])), "")
    return (
        f"The link to “{unknown[:60]}” leads nowhere. Use a page like /orders/, a place like order/cancel, or https://." if unknown else ""
    )


def is_target(target: str) -> bool:
    """Whether a link may lead there."""
    is_short = len(target) <= 500 and target.isprintable()
    return target in PLACES or (is_short and bool(OWN_PATH.fullmatch(target) or HTTPS.fullmatch(target)))


def target_path(target: str, *, order_id: str = "") -> str:
    """Where a link leads for this reader; "" when it may not be one."""
    if target in PLACES:
        return f"/orders/{order_id}/{PLACES[target]}" if order_id else "/orders/"
    return target if is_target(target) else ""


def filled(value: str, shop: Shop) -> str:
    """The words with the shop's own in place of `{shop}`, `{email}` and `{phone}`."""
    known = {"shop": shop.name, "email": shop.email, "phone": shop.phone}
    return PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), value)


def line_of(value: str, shop: Shop) -> Line:
    """One line in its pieces. Marks are read before the shop's words are put in, so that a shop's name is never a mark."""
    spans, at = [], 0
    for mark in MARKS.finditer(value):
        spans.append(Span(filled(value[at : mark.start()], shop)))
        if mark["strong"]:
            spans.append(Span(filled(mark["strong"], shop), is_strong=True))
        else:
            spans.append(Span(filled(mark["text"], shop), target=mark["target"] if is_target(mark["target"]) else ""))
        at = mark.end()
    spans.append(Span(filled(value[at:], shop)))
    return tuple(span for span in spans if span.text)


def blocks_of(body: str, shop: Shop) -> tuple[Block, ...]:
    """The body in its parts."""
    return tuple(_block(part.split("\n"), shop) for part in re.split(r"\n{2,}", body.strip()) if part.strip())


def _block(lines: list[str], shop: Shop) -> Block:
    for kind, mark in (("steps", STEP), ("points", POINT)):
        if all(mark.match(line) for line in lines):
            return Block(kind, tuple(line_of(mark.sub("", line, count=1), shop) for line in lines))
    if len(lines) == 1 and HEADING.match(lines[0]):
        return Block("heading", (line_of(HEADING.sub("", lines[0], count=1), shop),))
    return Block("paragraph", tuple(line_of(line, shop) for line in lines))


def folded_words(text: Text) -> tuple[str, str]:
    """What the search compares of a text: its title, and its words without marks and link targets."""
    plain = MARKS.sub(lambda found: found["strong"] or found["text"], f"{text.lead} {text.body}")
    return folded(text.title), folded(plain)
