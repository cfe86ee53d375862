"""What a merchant's HTML may hold: an allow-list of elements, attributes and address schemes, and safe places for variables.

Checked when a version is saved (with its variables marked) and again on what was rendered, because text can be put
together inside Liquid that no check of the source sees.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

from notifications.words import names, safe_url

ELEMENTS = frozenset(
    names(
        "html head title meta style body div table tbody thead tfoot tr td th p span a img br hr strong em b i u s small"
        " sub sup del ins h1 h2 h3 h4 ul ol li bdi center blockquote"
    )
)
# In MJML's own conditional comments for Outlook.
OUTLOOK_ELEMENTS = ELEMENTS | frozenset(
    names("noscript xml o:officedocumentsettings o:allowpng o:pixelsperinch v:roundrect v:rect w:anchorlock")
)
ATTRIBUTES = frozenset(
    names(
        "align alt aria-hidden aria-label aria-roledescription background bgcolor border cellpadding cellspacing charset"
        " class color colspan content dir height href http-equiv id lang media name role rowspan scope src style target"
        " title type valign vertical-align width xmlns xmlns:o xmlns:v"
    )
)
ADDRESSES = frozenset({"href", "src", "background"})
WORDING = frozenset({"alt", "title", "aria-label"})
LOOK = frozenset({"style", "bgcolor", "color", "width", "height", "class", "align", "dir", "lang", "role", "border"})
META = frozenset({"x-ua-compatible", "content-type"})
# What turns a style into a request or a script; a backslash hides all of these.
BAD_STYLE = re.compile(r"url\s*\(|expression|@import|behaviou?r\s*:|-moz-binding|javascript|\\|<", re.IGNORECASE)
MARK = re.compile(r"\ue000(\d+)\ue001")
PIECE = re.compile(r"[^\s\"'>]+|[\"'>]")  # of a tag, between blanks and quotes
CONDITION = re.compile(r"\A\[if [^\]]*\]>(.*)<!\[endif\]\Z", re.DOTALL)
OUTLOOK_COMMENTS = frozenset({"[if !mso]><!", "<![endif]"})
LOOK_VARIABLES = ("colors.", "branding.", "language")
ADDRESS_VARIABLES = ("links.", "shipment.carrier_url", "parcel.carrier_url", "merchant.shop_url", "merchant.privacy_url",
                     "merchant.imprint_url", "branding.logo_url", "sign_in.url", "offer.url", "offer.short",
                     "referral.url", "item.url", "step.url", "survey.url")  # fmt: skip


class UnsafeMarkup(ValueError):
    """The HTML holds something no mail of ours may hold."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Finding:
    line: int
    message: str


def check_markup(page: str) -> None:
    """Refuses (UnsafeMarkup) the first thing the allow-list does not hold."""
    if found := _foreign_marks(page) or _inspect(page, []):
        raise UnsafeMarkup(found[0].message, found[0].line)


def inspect_source(compiled: str) -> list[Finding]:
    """The same for HTML with Liquid left in; also variables in places where escaping does not help."""
    variables: list[str] = []
    if found := _foreign_marks(compiled):
        return found

    def mark(inner: str) -> str:
        variables.append(inner.strip("-").strip())
        return f"\ue000{len(variables) - 1}\ue001"

    return _inspect(replaced(replaced(compiled, "{%", "%}", lambda inner: ""), "{{", "}}", mark), variables)


def _foreign_marks(page: str) -> list[Finding]:
    """The marks variables are known by here are nobody else's to write."""
    at = page.find("\ue000")
    return [Finding(page.count("\n", 0, at) + 1, "private characters are not allowed")] if at >= 0 else []


def replaced(text: str, opening: str, closing: str, by: Callable[[str], str]) -> str:
    """Everything from an opening to its closing, replaced. In one pass: a regex would look for the end once for each beginning."""
    pieces, at = [], 0
    while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start + 2)) >= 0:
        pieces += [text[at:start], by(text[start + 2 : end])]
        at = end + 2
    return "".join([*pieces, text[at:]])


def _inspect(page: str, variables: list[str], elements: frozenset[str] = ELEMENTS) -> list[Finding]:
    reader = _Reader(variables, elements)
    try:
        reader.feed(page)
        reader.close()
    except AssertionError:  # what the parser says of a declaration it cannot read
        reader.refuse("declarations are not allowed")
    return reader.findings


def _is_unquoted(tag: str) -> bool:
    """Whether a mark stands in a value without quotes. In one pass: a pattern would look for one from each equals sign."""
    is_value = False
    for piece in PIECE.findall(tag):
        before, mark, _ = piece.partition("\ue000")
        if mark and (is_value or "=" in before):
            return True
        is_value = piece.endswith("=")
    return False


class _Reader(HTMLParser):
    def __init__(self, variables: list[str], elements: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.variables, self.elements = variables, elements
        self.findings: list[Finding] = []
        self.in_style = False

    def refuse(self, message: str) -> None:
        self.findings.append(Finding(self.getpos()[0], MARK.sub(lambda m: f"{{{{ {self.variables[int(m[1])]} }}}}", message)[:200]))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.elements:
            self.refuse(f"<{tag}> is not allowed")
        if self.variables and _is_unquoted(self.get_starttag_text() or ""):
            self.refuse("a variable in an attribute needs quotes round it")
        self.in_style = tag == "style"
        for name, value in attrs:
            self.attribute(tag, name, value or "")

    def handle_endtag(self, tag: str) -> None:
        self.in_style = False

    def attribute(self, tag: str, name: str, value: str) -> None:
        if name not in ATTRIBUTES:
            self.refuse(f"attribute {name} is not allowed")
        elif tag == "meta" and name == "http-equiv" and value.lower() not in META:
            self.refuse(f"<meta http-equiv={value}> is not allowed")
        elif name in ADDRESSES:
            self.address(value)
        elif name == "style":
            self.style(value)
        if name not in ADDRESSES | WORDING:
            self.only(value, LOOK_VARIABLES if name in LOOK else (), f"attribute {name}")

    def address(self, value: str) -> None:
        if found := MARK.fullmatch(value):
            if not self.is_address(self.variables[int(found[1])]):
                self.refuse(f"{value} is not an address")
        elif MARK.search(value):
            self.refuse("an address is a variable alone, or has none")
        elif value not in ("", "#") and not safe_url(value):
            self.refuse(f"address {value[:60]!r} is not http, https, mailto or tel")

    def is_address(self, variable: str) -> bool:
        return variable.startswith(ADDRESS_VARIABLES) or variable.endswith(".image_url")

    def style(self, value: str) -> None:
        if BAD_STYLE.search(value):
            self.refuse("style holds an address, an import or a script")

    def only(self, value: str, allowed: tuple[str, ...], place: str) -> None:
        for found in MARK.finditer(value):
            if not self.variables[int(found[1])].startswith(allowed):
                self.refuse(f"{found[0]} cannot stand in {place}")

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.style(data)
            self.only(data, LOOK_VARIABLES, "a style")

    def handle_comment(self, data: str) -> None:
        """Browsers end a comment where this parser does not (`--!>`), so nothing may hide in one."""
        if (found := CONDITION.match(data)) and "--" not in found[1]:
            self.findings += _inspect(found[1], self.variables, OUTLOOK_ELEMENTS)
        elif data not in OUTLOOK_COMMENTS and ("<" in data or ">" in data):
            self.refuse("comments hold no markup")

    def unknown_decl(self, data: str) -> None:
        if data.strip() not in ("[endif]", "endif"):
            self.refuse("declarations are not allowed")

    def handle_pi(self, data: str) -> None:
        self.refuse("processing instructions are not allowed")
