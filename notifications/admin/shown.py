"""What the engine answers, as the studio's page shows it: the preview, the checks with their places, blocks, variables, differences."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from merchants.staff import actor_of
from notifications import versions
from notifications.admin.slots import Slot
from notifications.models import TemplateVersion
from notifications.safety import replaced
from notifications.studio.blocks import offered, type_of
from notifications.studio.lint import lint
from notifications.studio.palette import palette
from notifications.studio.preview import PreviewNeeds, orders_for, preview
from notifications.studio.types import Block, BlockField, BlockType, Draft, Finding, Line, OrderChoice, Preview, Section, Severity, Variable
from orders.selectors import OrderNotFound

HELD_SECONDS = 600  # how long a page without script finds its preview
TONES = {Severity.ERROR: ("bad", "stop"), Severity.WARNING: ("warn", "alert"), Severity.INFO: ("info", "info")}
FIELDS = {"subject": gettext_lazy("Subject"), "source": gettext_lazy("Source"), "text_source": gettext_lazy("Plain text")}
NEW = "__new__"  # stands for the id of a block the page adds by itself
LOOK = re.compile(r"\(\s*prefers-color-scheme:\s*(dark|light)\s*\)", re.IGNORECASE)
# What a message is mostly about comes first in the palette, how it is painted last.
RANK = {
    name: n
    for n, name in enumerate(
        ("order", "customer", "items", "shipment", "incident", "parcels", "links", "returns", "merchant", "support", "branding", "colors")
    )
}
CONTEXT = 3  # lines shown round a difference


@dataclass(frozen=True, slots=True)
class Glance:
    """A draft seen with an order: the preview, or why there is none."""

    preview: Preview | None
    needs: str = ""
    findings: tuple[Finding, ...] = ()


def order_id_of(text: str, kind: str) -> int | None:
    """The order an editor names by its number or a name; None when nothing is asked for. Raises OrderNotFound."""
    if not text:
        return None
    found = orders_for(kind=kind, query=text)
    exact = next((one for one in found if one.number == text.lstrip("#")), None)
    if not found:
        raise OrderNotFound(text)
    return (exact or found[0]).id


def glance(draft: Draft, order_id: int | None, at: datetime) -> Glance:
    """What the shopper of the order would get. What cannot be rendered is told in words, never raised. Raises OrderNotFound."""
    try:
        return Glance(preview(draft=draft, order_id=order_id, now=at))
    except PreviewNeeds as needs:
        return Glance(None, str(needs))
    except versions.TemplateRefused as refused:
        return Glance(None, _("There is no preview until the errors are mended."), tuple(refused.findings))


def desk_of(draft: Draft, order: str, at: datetime, *, found: Sequence[Finding] | None = None) -> dict[str, Any]:
    """Preview, checks and variables of a draft, for the whole page. `found` stands in for the checks when a save was refused."""
    missing = ""
    try:
        order_id = order_id_of(order, draft.kind)
    except OrderNotFound:
        order_id, missing = None, _("No order of yours has this number or name, so the newest that fits is shown.")
    seen = glance(draft, order_id, at)
    return {
        "preview": seen.preview,
        "is_missing": bool(missing),
        "needs": " ".join(text for text in (missing, seen.needs) if text),
        "cost": cost_of(seen.preview),
        "orders": orders_for(kind=draft.kind),
        **checks_of(draft, found or lint(draft, at)),
        **variables_of(draft, order_id, seen.preview, at),
    }


def cost_of(seen: Preview | None) -> str:
    return f"{seen.cost.normalize():f} {seen.currency}" if seen is not None and seen.cost is not None else ""


def variables_of(draft: Draft, order_id: int | None, seen: Preview | None, at: datetime) -> dict[str, Any]:
    found: list[Variable] = palette(kind=draft.kind, order_id=order_id, now=at, language=draft.language, channel=draft.channel)
    found.sort(key=lambda one: (one.is_marketing, RANK.get(one.group.removesuffix("[]"), len(RANK) - 4)))
    return {"variables": found, "sample_order": seen.order_number if seen else ""}


def checks_of(draft: Draft, findings: Iterable[Finding]) -> dict[str, Any]:
    """The findings with their tone and place, and what stands in the way of publishing."""
    found = list(findings)
    errors = sum(one.severity == Severity.ERROR for one in found)
    blocked = ngettext("%(n)s error to fix", "%(n)s errors to fix", errors) % {"n": errors} if errors else ""
    return {"findings": [_finding(draft, one) for one in found], "errors": errors, "blocked": blocked}


def _finding(draft: Draft, one: Finding) -> dict[str, Any]:
    tone, icon = TONES[Severity(one.severity)]
    return {
        "tone": tone,
        "icon": icon,
        "label": f"{Severity(one.severity).label}: {one.message}",
        "place": place_of(draft, one),
        **{name: getattr(one, name) for name in ("severity", "field", "line", "column", "fix", "block", "found", "replacement")},
    }


def place_of(draft: Draft, one: Finding) -> str:
    """`Subject, line 1`, or the block and its field."""
    names = [str(FIELDS.get(one.field, one.field))] if one.field else []
    block = next((block for block in draft.blocks or () if block["id"] == one.block), None)
    if block is not None:
        known = type_of(str(block["type"]), draft.kind, draft.style)
        label = next((field.label for field in known.fields if field.name == one.field), "") if known else ""
        names = [str(known.label if known else block["type"]), str(label)]
    line = _("line %(n)s") % {"n": one.line} if one.line else ""
    return ", ".join(part for part in (*names, line) if part)


def mended(draft: Draft, n: int, at: datetime) -> Draft:
    """The draft with the n-th finding's remedy put in; unchanged when there is none."""
    found = lint(draft, at)
    one = found[n] if n < len(found) else None
    if one is None or not one.replacement or not one.found:
        return draft
    if not one.block:
        changed: dict[str, Any] = {one.field: _put(getattr(draft, one.field), one)} if one.field in FIELDS else {}
        return replace(draft, **changed)
    blocks = tuple(_mended_block(block, one) if block["id"] == one.block else block for block in draft.blocks or ())
    return replace(draft, blocks=blocks)


def _mended_block(block: Block, one: Finding) -> Block:
    fields = dict(block["fields"])
    return {**block, "fields": {**fields, one.field: _put(str(fields.get(one.field, "")), one)}}


def _put(text: str, one: Finding) -> str:
    lines = text.split("\n")
    at = max(0, one.line - 1)
    if at < len(lines):
        start = max(0, lines[at].find(one.found, max(0, one.column - 1)))
        lines[at] = lines[at][:start] + lines[at][start:].replace(one.found, one.replacement, 1)
    return "\n".join(lines)


def blocks_of(draft: Draft) -> dict[str, Any]:
    """The blocks with their types and values, and the types that may be added."""
    if draft.blocks is None:
        return {"blocks": [], "types": []}
    types = [_type(kind) for kind in offered(draft.kind, draft.channel, draft.style)]
    return {"blocks": [_block(draft, block) for block in draft.blocks], "types": types}


def _block(draft: Draft, block: Block) -> dict[str, Any]:
    name = str(block["type"])
    known = type_of(name, draft.kind, draft.style)
    fields = _fields(known, block["fields"]) if known else []
    gists = (" ".join(_words(str(one["value"])).split()) for one in fields if one["form"] in ("line", "words"))
    return {
        "id": block["id"],
        "type": name,
        "locked": block.get("locked"),
        "label": known.label if known else name,
        "about": known.about if known else _("This message does not have such a block."),
        "icon": known.icon if known else "alert",
        "gist": next(filter(None, gists), "")[:60],
        "fields": fields,
    }


def _words(text: str) -> str:
    """What stands outside Liquid."""
    return replaced(replaced(text, "{%", "%}", lambda inner: " "), "{{", "}}", lambda inner: " ")


def _fields(kind: BlockType, values: Any) -> list[dict[str, Any]]:
    """The fields with their values; what helps with several of them is said once."""
    shown = [_field(one, values) for one in kind.fields]
    said: set[str] = set()
    for one in shown:
        one["help"] = "" if str(one["help"]) in said else one["help"]
        said.add(str(one["help"]))
    return shown


def _field(one: BlockField, values: Any) -> dict[str, Any]:
    value = values.get(one.name, one.form == "yes" or "")
    names = ("name", "label", "form", "limit", "is_required", "choices", "help", "has_liquid")
    return {**{name: getattr(one, name) for name in names}, "value": value}


def _type(kind: BlockType) -> dict[str, Any]:
    blank = {"id": NEW, "type": kind.name, "label": kind.label, "about": kind.about, "icon": kind.icon}
    return {
        "name": kind.name,
        "label": kind.label,
        "most": kind.most,
        "blank": {**blank, "fields": _fields(kind, {})},
    }


def beside(sections: Iterable[Section]) -> list[dict[str, Any]]:
    """Differences side by side, with a few lines round each; a section without any has no rows."""
    return [{"label": one.label, "rows": _rows(one.lines) if one.is_changed else []} for one in sections]


def _rows(lines: Sequence[Line]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    runs = [(is_same, list(run)) for is_same, run in groupby(lines, key=lambda line: line.mark == "same")]
    for n, (is_same, run) in enumerate(runs):
        rows += _same(run, is_first=n == 0, is_last=n == len(runs) - 1) if is_same else _changed(run)
    return rows


def _same(run: list[Line], *, is_first: bool, is_last: bool) -> list[dict[str, Any]]:
    head, tail = 0 if is_first else CONTEXT, 0 if is_last else CONTEXT
    hidden = len(run) - head - tail
    if hidden < 2:
        return [_row(line, line) for line in run]
    kept = [_row(line, line) for line in run[:head]]
    return [*kept, {"gap": hidden}, *(_row(line, line) for line in run[len(run) - tail :])]


def _changed(run: list[Line]) -> list[dict[str, Any]]:
    gone, new = [line for line in run if line.mark == "gone"], [line for line in run if line.mark == "new"]
    longest = max(len(gone), len(new))
    return [_row(gone[n] if n < len(gone) else None, new[n] if n < len(new) else None) for n in range(longest)]


def _row(old: Line | None, new: Line | None) -> dict[str, Any]:
    return {
        "old": old.old if old else 0,
        "old_text": old.text if old else "",
        "old_mark": "del" if old and old.mark == "gone" else "",
        "new": new.new if new else 0,
        "new_text": new.text if new else "",
        "new_mark": "ins" if new and new.mark == "new" else "",
    }


def urls_of(slot: Slot, shown: dict[str, str]) -> dict[str, str]:
    """Addresses of the page's live parts and of the pages beside it; `shown` is what the frame begins with."""
    seen = urlencode({name: value for name, value in shown.items() if value})
    pages = {name: slot.url(name) for name in ("preview", "checks", "orders", "compare")} | {"history": slot.url("past")}
    return {**pages, "frame": f"{slot.url('frame')}?{seen}" if seen else slot.url("frame")}


def with_view(url: str, view: dict[str, str]) -> str:
    """The page's address with the way its preview is shown."""
    kept = urlencode({name: value for name, value in view.items() if value})
    return f"{url}?{kept}" if kept else url


def saved(request: HttpRequest, slot: Slot, version: TemplateVersion) -> dict[str, Any]:
    """What the page needs to know about the draft it has just saved."""
    return {
        "version": version.pk,
        "revision": version.revision,
        "publish": _("Publish v%(number)s") % {"number": version.number},
        "editing": render_to_string("admin/studio/editing.html", {"version": version}, request),
        "said": _("Draft v%(number)s is saved.") % {"number": version.number},
    }


def parts(request: HttpRequest, slot: Slot, seen: Glance) -> dict[str, str]:
    """The parts of the page that show a preview, rendered."""
    context = {"slot": slot, "preview": seen.preview, "cost": cost_of(seen.preview), "actor": actor_of(request)}
    names = ("inbox", "words") if slot.is_email else ("words",)
    return {name: render_to_string(f"admin/studio/{name}.html", context, request) for name in names}


def in_look(html: str, look: str) -> str:
    """The mail as it looks in the light or in the dark, whatever the computer it is seen on is set to."""
    return LOOK.sub(lambda found: "(min-width: 0)" if found[1].lower() == (look or "light") else "(max-width: 0)", html)


def hold(request: HttpRequest, html: str) -> None:
    """Keep the preview of an unsaved draft for the frame of a page without script: one per person, for ten minutes."""
    cache.set(_held_key(request), html, timeout=HELD_SECONDS)


def held(request: HttpRequest) -> str:
    return str(cache.get(_held_key(request), ""))


def _held_key(request: HttpRequest) -> str:
    actor = actor_of(request)
    return f"studio:{actor.merchant.pk if actor.merchant else 0}:{actor.user.pk if actor.user else 0}"


def choices(found: Iterable[OrderChoice]) -> list[dict[str, str]]:
    return [{"number": one.number, "name": one.name, "placed": one.placed_at.date().isoformat()} for one in found]
