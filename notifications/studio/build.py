"""From blocks to MJML and text, in the look of the shipped mails; and from a shipped mail to blocks."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from notifications import shipped
from notifications.studio.blocks import OWN, is_own, locked, own_name, type_of
from notifications.studio.pieces import BLOCK_OF, Piece, part_of, pieces
from notifications.studio.types import Block, Draft
from notifications.variables import OF_KIND

ADDRESS = re.compile(r"\{\{\s*([\w.]+)\s*\}\}|((?:[a-z_]+\.)+[a-z_]+)")
LINK = re.compile(r"\[([^\[\]\n]{1,120})\]\(([^()\s]{1,500})\)")
END_EATER = re.compile(r"-%\}\s*\Z")
HEADING = '<mj-section padding="32px 40px 0"><mj-column><mj-text>{lead}<h1 class="fact">{text}</h1></mj-text></mj-column></mj-section>'
LEAD = '<p class="quiet" style="color:{{{{ colors.soft }}}};padding-bottom:6px;">{0}</p>'
TEXT = '<mj-section padding="20px 40px 0"><mj-column><mj-text>{heading}{text}</mj-text></mj-column></mj-section>'
SMALL = '<h2 class="small">{0}</h2>'
BUTTON = '<mj-section padding="28px 40px 0"><mj-column><mj-button href="{link}">{label}</mj-button></mj-column></mj-section>'
IMAGE = '<mj-section padding="28px 40px 0"><mj-column><mj-image padding="0" src="{url}" alt="{alt}"{link} /></mj-column></mj-section>'
SURVEY_HEADING = '<tr><td><h2 class="small">{0}</h2></td></tr>'
CLOSING = '<mj-section padding="0 40px 36px"><mj-column><mj-spacer height="1px" /></mj-column></mj-section>'
BODY = "\ue020"


@dataclass(frozen=True, slots=True)
class Span:
    """Which lines of what was built come from which block."""

    block: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Built:
    """MJML and text with Liquid left in, and where each block went."""

    mjml: str
    text: str
    spans: tuple[Span, ...] = ()
    text_spans: tuple[Span, ...] = ()


def build(draft: Draft) -> Built:
    """The draft's blocks put together in the shipped layout; a draft without blocks as it stands.

    Unknown blocks are left out: `check` names them. Empty blocks show nothing.
    """
    if draft.blocks is None:
        return Built(draft.source, draft.text_source)
    style = shipped.style_of(draft.kind, draft.style)
    words = shipped.strings(draft.kind, draft.language, style)
    blocks = complete(draft.blocks, draft.kind, style)
    made = [(str(block["id"]), *_made(block, draft.kind, style, words)) for block in blocks]
    words["title"] = words.get("subject", "")
    words |= _preheader(blocks, words)
    bodies = [(id, mjml) for id, mjml, _ in made if mjml]
    if blocks_end(blocks) not in ("returns", "contact"):
        bodies.append(("", CLOSING))
    mjml, spans = _laid_out(bodies, ".mjml", words)
    text, text_spans = _laid_out([(id, END_EATER.sub("%}", text).strip("\n")) for id, _, text in made if text.strip()], ".txt", words)
    return Built(mjml, text, spans, text_spans)


def blocks_end(blocks: Iterable[Block]) -> str:
    """The type of the last block one sees."""
    return next((str(block["type"]) for block in reversed(list(blocks)) if block["type"] not in ("footer", "unsubscribe")), "")


def complete(blocks: Iterable[Block], kind: str, style: str) -> tuple[dict[str, Any], ...]:
    """The blocks with ids of their own, and with the locked ones where the editor left them out."""
    given, found = list(blocks), list[dict[str, Any]]()
    fixed, used = locked(kind, style), {str(block.get("id") or "") for block in given}
    for block in given:
        id = str(block.get("id") or "")
        if not id or any(one["id"] == id for one in found):
            id = next(name for n in range(1, 1000) if (name := f"b{n}") not in used)
            used.add(id)
        fields = block.get("fields") or {}
        found.append({"id": id, "type": str(block.get("type") or ""), "fields": dict(fields), "locked": block.get("type") in fixed})
    there = {block["type"] for block in found}
    for name in ("returns", "unsubscribe", "footer"):
        if name in fixed and name not in there:
            found.append({"id": name, "type": name, "fields": {}, "locked": True})
    if "preheader" not in there:
        found.insert(0, {"id": "preheader", "type": "preheader", "fields": {}, "locked": True})
    return tuple(found)


def _preheader(blocks: Iterable[Block], words: Mapping[str, str]) -> dict[str, str]:
    said = next((str(block["fields"].get("preheader") or "") for block in blocks if block["type"] == "preheader"), "")
    return {"preheader": said or words.get("preheader", "")}


def _laid_out(parts: list[tuple[str, str]], suffix: str, words: Mapping[str, str]) -> tuple[str, tuple[Span, ...]]:
    """The bodies inside the layout. The layout's own marks are filled first: what a merchant wrote is never looked at as one."""
    whole = shipped.in_words(shipped.with_parts(shipped.in_layout(BODY, suffix), suffix), words, html=suffix == ".mjml")
    before, _, after = whole.partition(BODY)
    line, spans, bodies = before.count("\n") + 1, [], []
    for id, body in parts:
        spans.append(Span(id, line, line + body.count("\n")))
        line += body.count("\n") + (1 if suffix == ".mjml" else 2)
        bodies.append(body)
    return before + ("\n" if suffix == ".mjml" else "\n\n").join(bodies) + after, tuple(spans)


def _made(block: Block, kind: str, style: str, words: Mapping[str, str]) -> tuple[str, str]:
    """MJML and text of one block."""
    name, fields = str(block["type"]), {key: str(value) for key, value in block["fields"].items() if not isinstance(value, bool)}
    if type_of(name, kind, style) is None or name in ("preheader", "footer"):
        return "", ""
    if name in GENERAL:
        return GENERAL[name](fields, kind)
    said = {**words, **{key: value for key, value in fields.items() if value}}
    mjml, text = _shipped(name, kind, style, is_summed=bool(block["fields"].get("sums", True)))
    return _in_words(mjml, said, fields), shipped.in_words(shipped.with_parts(text, ".txt"), _plain_words(said, fields), html=False)


def _shipped(name: str, kind: str, style: str, *, is_summed: bool) -> tuple[str, str]:
    """A shipped section and its text, marks and parts left in."""
    if name.startswith(OWN):
        piece = next(one for one in pieces(kind, style) if is_own(one) and own_name(one) == name)
        return piece.mjml, piece.text
    there = next((piece for piece in pieces(kind, style) if BLOCK_OF.get(piece.part) == name), None)
    part = there.part if there is not None else next(part for part, block in BLOCK_OF.items() if block == name)
    text = there.text if there is not None else part_of(part if part != "end" else "help", ".txt")
    mjml = f"[[> {part} ]]"
    if name == "summary":
        text = "[[ items_heading ]]\n[[> items ]]\n" + ("[[> sums ]]\n" if is_summed else "")
        mjml += "\n[[> sums ]]" if is_summed else ""
    return mjml, text


def _in_words(mjml: str, said: Mapping[str, str], fields: Mapping[str, str]) -> str:
    """With the words of the block; those of the merchant may hold lines and links."""
    whole = shipped.with_parts(mjml, ".mjml")
    return shipped.STRING.sub(lambda found: rich(said[found[1]]) if found[1] in fields else shipped.as_html(said[found[1]]), whole)


def _plain_words(said: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    return {key: plain(value) if key in fields else value for key, value in said.items()}


def rich(words: str) -> str:
    """A merchant's words for HTML: marks escaped outside Liquid, strong words, links, line ends."""
    pieces, made, at = [], shipped.as_html, 0
    for found in LINK.finditer(words):
        pieces += [
            made(words[at : found.start()]),
            f'<a href="{address(found[2])}" style="color:{{{{ colors.ink }}}};">{made(found[1])}</a>',
        ]
        at = found.end()
    return _broken("".join([*pieces, made(words[at:])]))


def _broken(markup: str) -> str:
    """Line ends outside Liquid as breaks."""
    return "".join(part if n % 2 else part.replace("\n", "<br />") for n, part in enumerate(shipped.OUTSIDE_LIQUID.split(markup)))


def plain(words: str) -> str:
    """The same for the text part: `label: address`."""
    return LINK.sub(lambda found: f"{found[1]}: {liquid_address(found[2])}", shipped.as_text(words))


def variable_of(link: str) -> str:
    """The variable a link is, `links.order` or `{{ links.order }}`; empty for an address written out."""
    found = ADDRESS.fullmatch(link.strip())
    path = (found[1] or found[2]) if found else ""
    return path if path.partition(".")[0] in {group.removesuffix("[]") for groups in OF_KIND.values() for group in groups} else ""


def liquid_address(link: str) -> str:
    """As it stands in Liquid text."""
    variable = variable_of(link)
    return f"{{{{ {variable} }}}}" if variable else link.strip()


def address(link: str) -> str:
    """As it stands in an attribute."""
    return liquid_address(link) if variable_of(link) else escape(link.strip(), quote=True)


def _heading(fields: Mapping[str, str], kind: str) -> tuple[str, str]:
    lead, text = fields.get("lead", ""), fields.get("text", "")
    if not text.strip():
        return "", ""
    markup = HEADING.format(lead=LEAD.format(rich(lead)) if lead.strip() else "", text=rich(text))
    return markup, "\n".join(plain(one) for one in (lead, text) if one.strip())


def _text(fields: Mapping[str, str], kind: str) -> tuple[str, str]:
    heading, text = fields.get("heading", ""), fields.get("text", "").strip()
    if not text:
        return "", ""
    paragraphs = [rich(part.strip("\n")) for part in re.split(r"\n{2,}", text)]
    shown = "".join(f'<p style="padding-bottom:8px;">{part}</p>' for part in paragraphs)
    markup = TEXT.format(heading=SMALL.format(rich(heading)) if heading.strip() else "", text=shown)
    return markup, "\n".join(plain(one) for one in (heading, text) if one.strip())


def _button(fields: Mapping[str, str], kind: str) -> tuple[str, str]:
    label, link = fields.get("label", ""), fields.get("link", "")
    if not label.strip() or not link.strip():
        return "", ""
    return BUTTON.format(link=address(link), label=rich(label)), f"{plain(label)}: {liquid_address(link)}"


def _image(fields: Mapping[str, str], kind: str) -> tuple[str, str]:
    url, alt, link = fields.get("url", "").strip(), fields.get("alt", ""), fields.get("link", "")
    if not url:
        return "", ""
    to = f' href="{address(link)}"' if link.strip() else ""
    said = " ".join(one for one in (alt, liquid_address(link) if link.strip() else "") if one)
    return IMAGE.format(url=escape(url, quote=True), alt=_attribute(alt), link=to), said


def _attribute(words: str) -> str:
    """Words for an attribute: quotes escaped outside Liquid, and single ones inside."""
    split = shipped.OUTSIDE_LIQUID.split(words)
    return "".join(part.replace('"', "'") if n % 2 else escape(part, quote=True) for n, part in enumerate(split))


def _raw(fields: Mapping[str, str], kind: str) -> tuple[str, str]:
    return fields.get("mjml", ""), fields.get("text", "")


def _survey(fields: Mapping[str, str], kind: str) -> tuple[str, str]:
    """The survey that is called so, for readers who may be asked; for others the section stays empty."""
    key, heading = fields.get("survey", "").strip(), fields.get("heading", "").strip()
    if not key:
        return "", ""
    marked = {".mjml": SURVEY_HEADING.format(rich(heading)) if heading else "", ".txt": plain(heading)}
    mjml, text = (
        part_of("survey_block", suffix).replace("SURVEY_KEY", escape(key)).replace("SURVEY_HEADING", words)
        for suffix, words in marked.items()
    )
    return mjml, text


def _divider(fields: Mapping[str, str], kind: str) -> tuple[str, str]:
    return part_of("line", ".mjml"), ""


GENERAL = {"heading": _heading, "text": _text, "button": _button, "image": _image, "raw": _raw, "divider": _divider,
           "survey": _survey}  # fmt: skip


def starting_blocks(kind: str, language: str, style: str = "") -> tuple[dict[str, Any], ...]:
    """The shipped mail as blocks, in its own words. Raises shipped.NoTemplate."""
    style = shipped.style_of(kind, style)
    words = shipped.strings(kind, language, style)
    found: list[dict[str, Any]] = [_started("preheader", {"preheader": words.get("preheader", "")})]
    shown = pieces(kind, style)
    for n, piece in enumerate(shown):
        if piece.part == "sums":
            continue
        is_summed = n + 1 < len(shown) and shown[n + 1].part == "sums"
        found.append(_of_piece(piece, words, is_summed=is_summed))
    return complete(({**block, "id": f"b{n}"} for n, block in enumerate(found, 1)), kind, style)


def _of_piece(piece: Piece, words: Mapping[str, str], *, is_summed: bool) -> dict[str, Any]:
    if piece.button or piece.part == "track":
        link, key = piece.button or ("links.track", "button")
        return _started("button", {"label": words[key], "link": link})
    if piece.part == "items":
        return _started("summary", {"items_heading": words["items_heading"], "sums": is_summed})
    if is_own(piece):
        return _started(own_name(piece), {key: words[key] for key in piece.keys})
    return _started(BLOCK_OF.get(piece.part, "contact"), {})


def _started(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": name, "fields": fields}
