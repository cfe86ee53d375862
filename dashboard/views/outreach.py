"""Writing to shoppers and to carriers about incidents, and taking the list elsewhere."""

import csv
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from core.clock import now
from core.text import cell
from dashboard.rules.incidents import carrier_name
from dashboard.views.acts import actor_name, back, guarded, tell
from dashboard.views.base import page, staff_page
from dashboard.views.messages import PREVIEW_POLICY
from dashboard.views.worklist import chosen_of, filter_of, ids_of, posted_ids
from merchants.audit import About, masked, record
from merchants.scope import merchant_scope
from merchants.staff import Actor
from merchants.types import Deed
from notifications import services as notifications
from tracking.models import Incident
from tracking.rules.desk import MAX_TEXT, Asked, DeskRefused, check_text, question
from tracking.selectors.desk import WorkFilter, incidents_chosen, work_list
from tracking.services import desk

CHUNK = 500
MOST = 50_000


@require_POST
@staff_page(acts=True)
def message(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Write to the shoppers of these incidents: first the text, then how it will look, then sent."""
    chosen = [row for row in incidents_chosen(incident_ids=posted_ids(request)) if row.order_id]
    if not chosen:
        messages.error(request, _("Select at least one incident about an order."))
        return back(request)
    text, problem = request.POST.get("text", ""), ""
    try:
        if "send" in request.POST:
            return _send(request, actor, chosen, check_text(text))
        if "preview" in request.POST:
            notifications.check_note(text=check_text(text))
    except (DeskRefused, notifications.NoteRefused) as refusal:
        problem = str(refusal).removeprefix("text: ").capitalize()
    return _write(request, actor, chosen, text, problem)


def _send(request: HttpRequest, actor: Actor, chosen: list[Incident], text: str) -> HttpResponse:
    """Plan the messages. The incidents count as told only when everybody's message is on its way."""
    at, ids = now(), [row.pk for row in chosen]
    sent = notifications.note_to_customers(incident_ids=ids, text=text, actor=actor_name(actor), at=at)
    record(Deed.BULK, About("dashboard:message"), {"incidents": len(ids), "messages": sent, "text": masked(text)})
    missed = len({row.order_id for row in chosen}) - sent
    if sent and not missed:
        desk.note_told(incident_ids=ids, text=text, actor=actor_name(actor), at=at)
    said = (
        ngettext("%(n)s message is on its way.", "%(n)s messages are on their way.", sent) % {"n": sent}
        if sent
        else _("Nobody was written to.")
    )
    if missed > 0:
        reason = _("%(n)s got none: no address, a blocked one, or the same words before.") % {"n": missed}
        messages.warning(request, f"{said} {reason}")
    else:
        messages.success(request, said)
    return back(request)


def _write(request: HttpRequest, actor: Actor, chosen: list[Incident], text: str, problem: str) -> HttpResponse:
    has_preview = "preview" in request.POST and not problem
    subject, _html, plain = notifications.preview_note(incident_id=chosen[0].pk, text=text, now=now()) if has_preview else ("", "", "")
    context = {
        "here": "incidents",
        "chosen": chosen,
        "orders": len({row.order_id for row in chosen}),
        "text": text,
        "problem": problem,
        "has_preview": has_preview,
        "subject": subject,
        "plain": plain,
        "first": chosen[0],
        "back": request.POST.get("back", ""),
        "max_text": MAX_TEXT,
    }
    return page(request, actor, "dashboard/write.html", context, status=400 if problem else 200)


@require_safe
@xframe_options_sameorigin
@staff_page(acts=True)
def message_preview(request: HttpRequest, actor: Actor, incident_id: int) -> HttpResponse:
    """The message as a shopper will get it, under a policy of its own."""
    if not incidents_chosen(incident_ids=[incident_id]):
        raise Http404
    try:
        _subject, html, _plain = notifications.preview_note(incident_id=incident_id, text=request.GET.get("text", "")[:MAX_TEXT], now=now())
    except notifications.NoteRefused as refusal:
        return HttpResponse(str(refusal), status=400, content_type="text/plain; charset=utf-8")
    response = HttpResponse(html, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = PREVIEW_POLICY.format(scheme=settings.PUBLIC_SCHEME)
    return response


@require_safe
@staff_page(acts=True)
def ask(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Texts for the carriers of these incidents, ready to copy or to mail; one per carrier."""
    rows = [row for row in incidents_chosen(incident_ids=ids_of(request.GET.getlist("id"))) if row.shipment_id]
    groups: dict[str, list[Incident]] = {}
    for row in rows:
        groups.setdefault(carrier_name(row.carrier_code, row.shipment.carrier_name if row.shipment else ""), []).append(row)
    shop = actor.merchant.name if actor.merchant else ""
    texts = [
        {"carrier": name, "rows": found, "text": question([asked_of(row) for row in found], shop)} for name, found in sorted(groups.items())
    ]
    return page(request, actor, "dashboard/ask.html", {"here": "incidents", "texts": texts, "back": request.GET.get("back", "")})


def asked_of(incident: Incident) -> Asked:
    """What the carrier must know of the incident's parcel."""
    parcel = incident.shipment
    if parcel is None:
        raise Http404
    sent = parcel.shipped_at
    address = incident.order.shipping_address if incident.order else {}
    return Asked(
        tracking_number=parcel.tracking_number,
        service=parcel.service,
        what=str(incident.get_type_display()),
        city=str(address.get("city", "")),
        postcode=str(address.get("postcode", "")),
        last_scan_at=parcel.last_scan_at,
        sent_on=timezone.localdate(sent) if sent else None,
        promised_by=incident.promised_by or parcel.promised_by,
    )


@guarded
def asked(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Keep that the carrier was asked, each parcel with its own words."""
    text = f"{request.POST.get('carrier', '')[:80]}: {request.POST.get('text', '')}".strip(": \n")
    done = desk.note_asked(incident_ids=posted_ids(request), text=text[:MAX_TEXT], actor=actor_name(actor), at=now())
    tell(request, done, ngettext("Kept that the carrier was asked", "Kept for %(n)s parcels that the carrier was asked", len(done.ids)))
    return back(request)


HEAD = (
    "order", "parcel", "type", "state", "priority", "act_by", "carrier", "tracking_number", "region", "cause", "promised_by",
    "expected_by", "opened_at", "told_at", "owner", "snoozed_until", "resolution", "choice",
)  # fmt: skip


def line_of(row: Incident) -> list[Any]:
    """An incident as a line for a spreadsheet. No names and no addresses: who needs them opens the order."""
    parcel = row.shipment
    number, written = (parcel.tracking_number, parcel.carrier_name) if parcel else ("", "")
    return [
        row.order.number if row.order else "", parcel.position if parcel else "", row.type, row.state, row.harm, _moment(row.act_by),
        carrier_name(row.carrier_code, written), number, row.region, row.cause, row.promised_by, row.expected_by, _moment(row.opened_at),
        _moment(row.told_at), row.owner.email if row.owner else "", _moment(row.snoozed_until), row.resolution, row.choice,
    ]  # fmt: skip


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


@require_safe
@staff_page(acts=True)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list as it is narrowed, or the chosen ones, as CSV; streamed, so that a long one takes no memory."""
    if actor.merchant is None:
        raise Http404
    ids = ids_of(request.GET.getlist("id"))
    record(Deed.EXPORTED, About("tracking.incident"), {"chosen": len(ids)} if ids else {"filtered": sorted(chosen_of(request.GET))})
    lines = _chosen(actor.merchant.pk, ids) if ids else _all(actor.merchant.pk, filter_of(chosen_of(request.GET), actor))
    response: Any = StreamingHttpResponse(_csv(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="incidents-{timezone.localdate(now()):%Y-%m-%d}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    streamed: HttpResponse = response  # every view of the staff's answers with one; Django's two kinds share no class that says so
    return streamed


def _csv(chunks: Iterator[list[list[Any]]]) -> Iterator[str]:
    yield "\ufeff" + _text([list(HEAD)])
    for lines in chunks:
        yield _text(lines)


def _text(lines: list[list[Any]]) -> str:
    held = StringIO()
    csv.writer(held).writerows([[cell(value) for value in line] for line in lines])
    return held.getvalue()


def _chosen(merchant_id: int, ids: list[int]) -> Iterator[list[list[Any]]]:
    with merchant_scope(merchant_id):
        lines = [line_of(row) for row in incidents_chosen(incident_ids=ids)]
    yield lines


def _all(merchant_id: int, filters: WorkFilter) -> Iterator[list[list[Any]]]:
    """The request's scope is over when a stream is read: each piece opens its own, and none is held while the client reads."""
    place, count, at = "", 0, now()
    while count < MOST:
        with merchant_scope(merchant_id):
            found = work_list(filters=filters, place=place, limit=CHUNK, now=at)
            lines = [line_of(row) for row in found.rows]
        yield lines
        place, count = found.next, count + CHUNK
        if not place:
            return
