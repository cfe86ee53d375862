"""What the studio's form carries: the draft as it stands on the screen, what it is based on, and what was pressed."""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from notifications.admin.slots import Slot
from notifications.studio.blocks import MAX_BLOCKS, offered, type_of
from notifications.studio.types import Block, Draft, Editing

MAX_TEXT = 400_000  # more than any draft may hold; what is longer is cut before it costs anything
LAST = 2**63
ID = re.compile(r"\w{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of the form: what it does, and to which block or finding."""

    op: str
    target: str = ""


def pressed_of(data: QueryDict) -> Pressed:
    op, _, target = data.get("op", "refresh").partition(":")
    return Pressed(op, target[:40])


def number_of(text: str) -> int:
    """A row's id or revision; 0 for what is none."""
    return int(text) if text.isdecimal() and len(text) < 20 and int(text) < LAST else 0


def draft_of_post(slot: Slot, data: QueryDict) -> Draft:
    """The draft on the screen. Fields that are missing are empty; what cannot be sent is the engine's to refuse."""
    is_built = data.get("mode") == "blocks"
    return replace(
        slot.empty,
        subject=_text(data, "subject") if slot.is_email else "",
        source="" if is_built else _text(data, "source"),
        text_source=_text(data, "text_source") if slot.is_email and not is_built else "",
        blocks=blocks_of_post(slot, data) if is_built else None,
    )


def editing_of_post(data: QueryDict) -> Editing:
    return Editing(
        version_id=number_of(data.get("version", "")) or None,
        revision=number_of(data.get("revision", "")),
        note=" ".join(data.get("note", "").replace("\0", "").split())[:200],
    )


def order_text_of(data: QueryDict) -> str:
    return data.get("order", "").replace("\0", "").strip()[:60]


def blocks_of_post(slot: Slot, data: QueryDict) -> tuple[Block, ...]:
    """The blocks in the form's order; a type this message does not have is left for the engine to refuse."""
    return tuple(_block(slot, data, id) for id in data.getlist("block")[: MAX_BLOCKS + 1] if ID.fullmatch(id))


def _block(slot: Slot, data: QueryDict, id: str) -> Block:
    name = data.get(f"{id}.type", "")[:40]
    known = type_of(name, slot.kind, slot.style)
    fields: dict[str, Any] = {}
    for field in known.fields if known else ():
        text = _text(data, f"{id}.{field.name}")
        fields[field.name] = bool(text) if field.form == "yes" else text
    return {"id": id, "type": name, "fields": fields, "locked": bool(data.get(f"{id}.locked"))}


def _text(data: QueryDict, name: str) -> str:
    """Line ends as the engine counts them: a form posts two characters for one."""
    return data.get(name, "").replace("\r\n", "\n")[:MAX_TEXT]


def rearranged(draft: Draft, pressed: Pressed, added: str = "") -> Draft:
    """The draft after a block was moved, taken away or added; unchanged for what cannot be done."""
    blocks = list(draft.blocks or ())
    at = next((n for n, block in enumerate(blocks) if block["id"] == pressed.target), None)
    if pressed.op == "add":
        blocks += _new(draft, blocks, added)
    elif at is None:
        return draft
    elif pressed.op == "remove" and not blocks[at].get("locked"):
        del blocks[at]
    elif pressed.op in ("up", "down"):
        to = max(0, min(len(blocks) - 1, at + (1 if pressed.op == "down" else -1)))
        blocks.insert(to, blocks.pop(at))
    return replace(draft, blocks=tuple(blocks))


def _new(draft: Draft, blocks: list[Block], name: str) -> list[Block]:
    kind = next((kind for kind in offered(draft.kind, draft.channel, draft.style) if kind.name == name), None)
    if kind is None or len(blocks) >= MAX_BLOCKS:
        return []
    taken = {str(block["id"]) for block in blocks}
    id = next(f"b{n}" for n in range(1, MAX_BLOCKS * 2) if f"b{n}" not in taken)
    return [{"id": id, "type": name, "fields": {}, "locked": False}]
