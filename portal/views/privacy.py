"""What is held about a shopper: read, taken along, and erased."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import PrivacyRequest
from customers.rules import SHOPPER
from customers.selectors import export_file, privacy_request
from customers.services import RequestOver, TooManyRequests, reasons_to_wait, request_erasure, request_export, withdraw_request
from customers.types import PrivacyKind, PrivacyState
from merchants.audit import record
from merchants.types import Deed
from portal.selectors.privacy import asked_of, held_of
from portal.views.edge import SignedInRequest, recently_confirmed, show, signed_in
from portal.views.notes import leave_note, note_for, said
from portal.views.sign_in import too_many

DAY = 24 * 3600  # seconds; the window of customers.rules.REQUESTS_A_DAY


@signed_in
@require_safe
def privacy(request: SignedInRequest) -> HttpResponse:
    """What is held, why and until when; what was asked about it; a copy, and the way out."""
    return said(_page(request), request)


def _page(request: SignedInRequest, *, status: int = 200) -> HttpResponse:
    asked = asked_of(request.customer, now=request.now)
    context = {
        "note": note_for(request),
        "held": held_of(request.customer),
        "asked": asked,
        "erasing": next((one for one in asked if one.day), None),
    }
    return show(request, "privacy/privacy.html", context, status=status)


@signed_in
@require_POST
def export(request: SignedInRequest) -> HttpResponse:
    """Ask for a copy; once a day is enough."""
    try:
        row = request_export(customer=request.customer, source=SHOPPER, at=request.now)
    except TooManyRequests:
        return too_many(request, seconds=DAY, is_busy=True)
    note = "export-ready" if row.state == PrivacyState.DONE else "export-asked"
    return leave_note(HttpResponseRedirect(reverse("privacy")), request, note)


@recently_confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: SignedInRequest) -> HttpResponse:
    """What an erasure takes and what stays, what stands against it today; then one press, with the box ticked."""
    if request.method == "POST" and request.POST.get("sure") == "1":
        try:
            request_erasure(customer=request.customer, source=SHOPPER, at=request.now)
        except TooManyRequests:
            return too_many(request, seconds=DAY, is_busy=True)
        return leave_note(HttpResponseRedirect(reverse("privacy")), request, "erasure-asked")
    reasons = reasons_to_wait(customer=request.customer, now=request.now)
    context = {"reasons": reasons, "is_unsure": request.method == "POST"}
    return show(request, "privacy/erase.html", context, status=422 if request.method == "POST" else 200)


@signed_in
@require_POST
def withdraw(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take an erasure back before it has begun."""
    row = _own(request, public_id)
    if row.kind != PrivacyKind.ERASURE:
        raise Http404
    try:
        withdraw_request(request=row, at=request.now)
    except RequestOver:
        return _page(request, status=409)
    return leave_note(HttpResponseRedirect(reverse("privacy")), request, "withdrawn")


@recently_confirmed
@require_safe
def file(request: SignedInRequest, public_id: str) -> HttpResponse:
    """The copy, to its owner alone, while it is kept."""
    row = _own(request, public_id)
    content = export_file(row, now=request.now)
    if content is None:
        raise Http404
    record(Deed.COPY_FETCHED, row)
    day = row.requested_at.astimezone(request.zone).date()
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{request.merchant.slug}-{day:%Y-%m-%d}.zip"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _own(request: SignedInRequest, public_id: str) -> PrivacyRequest:
    row = privacy_request(request.customer, public_id=public_id)
    if row is None:
        raise Http404
    return row
