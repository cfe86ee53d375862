"""A shopper's passkeys: make one, name it, remove it."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.rules import MOST_PASSKEYS
from customers.selectors import passkey_of, passkeys_of
from customers.services import BadPasskey, add_passkey, remove_passkey, rename_passkey
from portal.rules.devices import device_words
from portal.views.challenges import challenge_of, site_of
from portal.views.edge import SignedInRequest, device_of, drop_cookie, recently_confirmed, show
from portal.views.notes import leave_note, note_for, said
from portal.views.sign_in_passkey import ADD


@recently_confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def passkeys(request: SignedInRequest) -> HttpResponse:
    """The keys there are, and the answer of a device that just made one."""
    if request.method != "POST":
        return said(_page(request), request)
    try:
        add_passkey(
            customer=request.customer,
            answer=request.POST.get("answer", ""),
            challenge=challenge_of(request, use=ADD),
            site=site_of(request),
            name=request.POST.get("name", "").strip() or device_words(device_of(request)),
            device=device_of(request),
            at=request.now,
        )
    except BadPasskey:
        error = _("No passkey was added: the answer of your device did not fit. Try again, or sign in by code as before.")
        return _page(request, error=error, status=422)
    response = leave_note(HttpResponseRedirect(reverse("security-passkeys")), request, "passkey-added")
    drop_cookie(response, "challenge")
    return response


def _page(request: SignedInRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    rows = passkeys_of(request.customer)
    context = {
        "rows": rows,
        "note": note_for(request),
        "error": error,
        "name": request.POST.get("name", "")[:80],
        "is_full": len(rows) >= MOST_PASSKEYS,
    }
    return show(request, "security/passkeys.html", context, status=status)


@recently_confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: SignedInRequest, public_id: str) -> HttpResponse:
    """One of them: its name, and the way to remove it."""
    row = passkey_of(request.customer, public_id=public_id)
    if row is None:
        raise Http404
    if request.method != "POST":
        return show(request, "security/passkey.html", {"passkey": row})
    if request.POST.get("act") == "remove":
        remove_passkey(passkey=row, device=device_of(request), at=request.now)
        return _back(request, "passkey-removed")
    if not (name := request.POST.get("name", "").replace("\0", "").strip()):
        return show(request, "security/passkey.html", {"passkey": row, "is_empty": True}, status=422)
    rename_passkey(passkey=row, name=name)
    return _back(request, "passkey-renamed")


def _back(request: SignedInRequest, code: str) -> HttpResponse:
    return leave_note(HttpResponseRedirect(reverse("security-passkeys")), request, code)
