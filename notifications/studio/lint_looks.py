"""Findings about what can be read: the contrast of written colours and the merchant's own, by day and by night (WCAG 4.5)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from django.utils.translation import gettext_lazy as _

from merchants.rules import contrast
from merchants.selectors import branding
from notifications.safety import replaced
from notifications.studio.build import Built
from notifications.studio.check import in_block, place
from notifications.studio.types import DARK, Finding, Severity

LEAST, LEAST_LARGE, LARGE, LARGE_BOLD, BOLD = 4.5, 3.0, 24.0, 18.66, 700
COLOR = re.compile(r"\{\{-?\s*colors\.(\w+)\s*-?\}\}")
HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})\Z")
RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)\Z")
NAMED = {"white": "#ffffff", "black": "#000000", "red": "#ff0000", "yellow": "#ffff00", "gray": "#808080", "grey": "#808080",
         "silver": "#c0c0c0", "blue": "#0000ff", "green": "#008000", "orange": "#ffa500"}  # fmt: skip
EMPTY = frozenset({"img", "br", "hr", "meta"})
# What the dark rules of the shipped layout recolour inside `.ink`, whatever stands in the element's own style.
RECOLOURED = frozenset({"div", "table", "td", "th", "h1", "h2", "p", "a"})
HEADINGS = {"h1": 32.0, "h2": 20.0}


@dataclass(frozen=True, slots=True)
class Look:
    """What text inside an element looks like."""

    tag: str = ""
    ink: str = "#000000"
    ground: str = "#ffffff"
    dark_ink: str = ""
    dark_ground: str = ""
    is_ink: bool = False
    is_quiet: bool = False
    is_hidden: bool = False
    size: float = 16.0
    weight: int = 400


@dataclass(slots=True)
class Reader(HTMLParser):
    """Finds the pairs of colours text is shown in that cannot be read."""

    colors: Mapping[str, str]
    has_dark: bool
    stack: list[Look] = field(default_factory=list)
    pairs: dict[tuple[str, str, str], str] = field(default_factory=dict)  # (mode, ink, ground) -> some of the text

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)
        self.stack = [Look(dark_ink="#000000", dark_ground=self.colors.get("dark_canvas", "#ffffff"))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in EMPTY:
            return
        values = {name: value or "" for name, value in attrs}
        self.stack.append(self._look(tag, values, styles_of(values.get("style", "")), self.stack[-1]))

    def _look(self, tag: str, values: Mapping[str, str], style: Mapping[str, str], outer: Look) -> Look:
        classes = set(values.get("class", "").split())
        ink = color_of(style.get("color") or values.get("color", ""))
        ground = color_of(style.get("background-color") or style.get("background", "").split(" ")[0] or values.get("bgcolor", ""))
        is_ink, is_quiet = (
            outer.is_ink or "ink" in classes,
            "quiet" in classes or (outer.is_quiet and tag in ("div", "a", "td", "table", "tr")),
        )
        look = replace(
            outer,
            tag=tag,
            ink=ink or outer.ink,
            ground=ground or outer.ground,
            is_ink=is_ink,
            is_quiet=is_quiet,
            is_hidden=outer.is_hidden or tag in ("style", "title", "script") or "display:none" in values.get("style", "").replace(" ", ""),
            size=number_of(style.get("font-size", "")) or HEADINGS.get(tag, outer.size),
            weight=int(number_of(style.get("font-weight", "")) or (BOLD if tag in ("h1", "h2", "strong", "b", "th") else outer.weight)),
        )
        return replace(look, dark_ink=self._dark_ink(look, outer, ink, tag), dark_ground=self._dark_ground(outer, ground, classes))

    def _dark_ink(self, look: Look, outer: Look, own: str, tag: str) -> str:
        if look.is_quiet:
            return self.colors["dark_soft"]
        if look.is_ink and tag in RECOLOURED:
            return self.colors["dark_ink"]
        return own or outer.dark_ink

    def _dark_ground(self, outer: Look, own: str, classes: set[str]) -> str:
        recoloured = {"canvas": "dark_canvas", "sheet": "dark_sheet", "plate": "dark_plate", "on": "dark_ink", "off": "dark_line"}
        name = next((recoloured[one] for one in recoloured if one in classes), "")
        if name:
            return self.colors[name]
        is_sheet = own == color_of(self.colors["sheet"]) and outer.dark_ground == self.colors["dark_sheet"]
        return outer.dark_ground if is_sheet or not own else own

    def handle_endtag(self, tag: str) -> None:
        if any(look.tag == tag for look in self.stack[1:]):
            while self.stack.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        look = self.stack[-1]
        if look.is_hidden or not data.strip():
            return
        least = LEAST_LARGE if look.size >= LARGE or (look.size >= LARGE_BOLD and look.weight >= BOLD) else LEAST
        self._judge("light", look.ink, look.ground, least, data)
        if self.has_dark:
            self._judge("dark", look.dark_ink, look.dark_ground, least, data)

    def _judge(self, mode: str, ink: str, ground: str, least: float, data: str) -> None:
        if ink and ground and contrast(ink, ground) < least:
            self.pairs.setdefault((mode, ink, ground), " ".join(data.split())[:40])


def styles_of(style: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in style.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if value}


def color_of(value: str) -> str:
    """`#rrggbb`; empty for what is not plainly a colour."""
    value = value.strip().lower()
    if HEX.match(value):
        return value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:])
    if found := RGB.match(value):
        return "#" + "".join(f"{min(255, int(part)):02x}" for part in found.groups())
    return NAMED.get(value, "")


def number_of(value: str) -> float:
    found = re.match(r"\d{1,4}(?:\.\d{1,3})?", value)
    return float(found[0]) if found else 0.0


def about_looks(built: Built, compiled: str) -> list[Finding]:
    """One finding for each pair of colours."""
    colors = dict(branding().email_colors)
    page = COLOR.sub(lambda found: colors.get(found[1], ""), compiled)
    reader = Reader(colors, DARK in compiled)
    reader.feed(replaced(replaced(page, "{%", "%}", lambda inner: ""), "{{", "}}", lambda inner: "x"))
    return [in_block(_finding(built.mjml, colors, *pair, text), built.spans) for pair, text in reader.pairs.items()]


def _finding(source: str, colors: Mapping[str, str], mode: str, ink: str, ground: str, text: str) -> Finding:
    ratio = f"{contrast(ink, ground):.1f}"
    names = {"ink": ink, "ground": ground, "ratio": ratio, "text": text}
    if mode == "dark":
        message = _("in dark mode, %(ink)s on %(ground)s has a contrast of %(ratio)s to 1: %(text)s") % names
    else:
        message = _("%(ink)s on %(ground)s has a contrast of %(ratio)s to 1: %(text)s") % names
    index = next((at for color in (ink, ground) if color not in colors.values() and (at := source.lower().find(color)) >= 0), -1)
    line, column = place(source, index) if index >= 0 else (0, 0)
    fix = _("Take a darker or lighter colour: text needs 4.5 to 1.")
    return Finding(Severity.WARNING, "source", line, column, "contrast", message, fix)
