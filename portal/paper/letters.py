"""Text of any script in the few fonts at hand: which font each letter needs, how wide it is, and in which order it is drawn."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from itertools import groupby
from pathlib import Path

from arabic_reshaper import reshape
from pymupdf_fonts import fontbuffers
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont

# FiraGO, then Noto Sans for what it lacks: rarer currencies, Vietnamese, signs. Names of the package `pymupdf-fonts`.
PACKAGED = {"plain": ("figo", "notos"), "bold": ("figbo", "notosbo")}
# WenQuanYi Micro Hei, where Debian, Fedora and Arch put it: Chinese, Japanese, Korean.
HAN = (
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/wqy-microhei-fonts/wqy-microhei.ttc"),
    Path("/usr/share/fonts/wqy-microhei/wqy-microhei.ttc"),
    Path("/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc"),
)
SONG = "STSong-Light"  # named, not embedded: programs that show PDFs bring its like
MISSING = "\u25af"  # an upright box, where no font has the letter
UNSEEN = frozenset({"Cc", "Cf", "Mn"})  # controls and marks leave nothing where no font has them
RTL = frozenset({"R", "AL"})
NUMBER = frozenset({"EN", "AN", "ES", "ET", "CS"})
SHORT_I = re.compile("([\u0915-\u0939\u0958-\u095f]\u093c?)(\u093f)")
# Breaks before or after any Chinese, Japanese or Korean sign; else after a space or a hyphen.
PIECES = re.compile(
    r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef-]*-?\s*"
)


@dataclass(frozen=True, slots=True)
class Style:
    """A font of ours at a size in points."""

    name: str = "plain"
    size: float = 9


@cache
def _packaged(name: str) -> frozenset[int]:
    """The letters a font of the package has; registered the first time it is asked for, which takes a fifth of a second."""
    return _registered(name, BytesIO(fontbuffers[name]()))


@cache
def han() -> tuple[str, frozenset[int]]:
    """The font for Chinese, Japanese and Korean, and its letters: the machine's, else the reader's, without Korean."""
    for path in HAN:
        if path.is_file():
            return path.stem, _registered(path.stem, str(path))
    registerFont(UnicodeCIDFont(SONG))
    return SONG, frozenset(map(ord, "".join(map(chr, range(0x2000, 0x10000))).encode("gbk", "ignore").decode("gbk")))


def _registered(name: str, file: str | BytesIO) -> frozenset[int]:
    font = TTFont(name, file)
    registerFont(font)
    return frozenset(font.face.charToGlyph)


def _drawn(char: str, style: str) -> tuple[str, str]:
    """Font and letter. A form of a letter no font has, like a lone Arabic one, is drawn as the letter itself."""
    for letter in (char, unicodedata.normalize("NFKC", char)):
        font = _font_of(letter, style) if len(letter) == 1 else ""
        if font:
            return font, letter
    return PACKAGED[style][0], "" if unicodedata.category(char) in UNSEEN else MISSING


def _font_of(letter: str, style: str) -> str:
    code = ord(letter)
    for name in PACKAGED[style]:
        if code in _packaged(name):
            return name
    name, known = han()
    return name if code in known else ""


@lru_cache(maxsize=4096)
def runs(text: str, style: Style) -> tuple[tuple[str, str, float], ...]:
    """Font, text and width of each stretch that one font can draw, in the order they are drawn, left to right."""
    found = []
    for font, group in groupby((_drawn(char, style.name) for char in visual(text)), key=lambda drawn: drawn[0]):
        letters = "".join(letter for _, letter in group)
        found.append((font, letters, float(stringWidth(letters, font, style.size))))
    return tuple(found)


def width(text: str, style: Style) -> float:
    """In points."""
    return sum(wide for _, _, wide in runs(text, style))


def visual(text: str) -> str:
    """The letters from left to right, Arabic ones joined. Turns stretches of right-to-left script, numbers inside them stay.
    A Hindi short i stands before its consonant.

    A plain form of the Unicode algorithm, enough for the single lines of a receipt: names, titles, addresses.
    """
    text = SHORT_I.sub(r"\2\1", text)
    if text.isascii() or not any(unicodedata.bidirectional(char) in RTL for char in text):
        return text
    is_rtl_line = next(kind for char in text if (kind := unicodedata.bidirectional(char)) in RTL | {"L"}) in RTL
    turned = [_turned(part) if is_rtl else part for is_rtl, part in _stretches(reshape(text), is_rtl_line)]
    return "".join(reversed(turned) if is_rtl_line else turned)


def _stretches(text: str, is_rtl_line: bool) -> list[tuple[bool, str]]:
    """By direction; what has none, like a space, follows the letters round it, and the line where these differ."""
    found: list[tuple[bool, str]] = []
    neutral = ""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind not in RTL and kind != "L":
            neutral += char
            continue
        is_rtl = kind in RTL
        last = found.pop() if found and (found[-1][0] == is_rtl) else None
        if last is None and found and found[-1][0] == is_rtl_line:
            found[-1] = (found[-1][0], found[-1][1] + neutral)
            neutral = ""
        found.append((is_rtl, (last[1] if last else "") + neutral + char))
        neutral = ""
    return [*found, (is_rtl_line, neutral)] if neutral else found


MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def _turned(part: str) -> str:
    """Backwards, each number as it is read."""
    groups = ("".join(chars) for _, chars in groupby(part, key=lambda char: unicodedata.bidirectional(char) in NUMBER or None))
    pieces = [group if unicodedata.bidirectional(group[0]) in NUMBER else group[::-1].translate(MIRRORED) for group in groups]
    return "".join(reversed(pieces))


def wrapped(text: str, style: Style, room: float, *, most: int = 6) -> list[str]:
    """Lines that fit the room; what is longer than `most` of them ends in an ellipsis. Always one line at least."""
    if width(text, style) <= room:
        return [text]
    lines, line = [], ""
    for piece in _pieces(text, style, room):
        if line and width((line + piece).rstrip(), style) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    return lines if len(lines) <= most else [*lines[: most - 1], _cut(lines[most - 1], style, room)]


def _pieces(text: str, style: Style, room: float) -> Iterator[str]:
    """Words; one that is wider than the room falls into letters."""
    for piece in PIECES.findall(text):
        if width(piece.rstrip(), style) <= room:
            yield piece
        else:
            yield from piece


def _cut(line: str, style: Style, room: float) -> str:
    while line and width(f"{line}…", style) > room:
        line = line[:-1]
    return f"{line}…"
