"""What shoppers say about themselves, and their address book."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from core.addresses import FIELDS, place_of, tidy_address
from customers.models import SavedAddress
from customers.rules import OLDEST_BIRTHDAY, BadProfile
from customers.selectors import address_of, addresses_of
from customers.services import make_default, remove_address, save_address, save_profile
from customers.types import Profile, ProfileFlaw
from orders.selectors import newest_address
from portal.formats import address_lines, countries_by_name
from portal.rules.profile import NoDay, book_errors, profile_errors, read_day, zone_groups
from portal.rules.requests import postcode_label, region_label
from portal.views.edge import LANGUAGE_COOKIE, SignedInRequest, cookie_name, drop_cookie, show, signed_in, supported
from portal.views.notes import leave_note, note_for, said

LONGEST = 500  # of a field as typed, before it is checked
TYPED = ("first_name", "last_name", "phone", "birthday", "language", "timezone")
BOOK = (*FIELDS, "phone")


def _typed(request: SignedInRequest, names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.POST.get(name, "").replace("\0", "")[:LONGEST] for name in names}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Name, telephone number, birthday, language and time zone; and where everything else about the account is."""
    if request.method != "POST":
        return said(_profile_page(request, _known(request)), request)
    typed = _typed(request, TYPED)
    try:
        changed = save_profile(customer=request.customer, profile=_read(typed), at=request.now)
    except BadProfile as error:
        return _profile_page(request, typed, errors=profile_errors(error.errors), status=422)
    response = leave_note(HttpResponseRedirect(request.path), request, "profile-saved" if changed else "profile-same")
    if "language" in changed and cookie_name(LANGUAGE_COOKIE) in request.COOKIES:
        drop_cookie(response, LANGUAGE_COOKIE)  # what was chosen for this browser before would hide it
    return response


def _read(typed: Mapping[str, str]) -> Profile:
    try:
        birthday = read_day(typed["birthday"])
    except NoDay:
        raise BadProfile({"birthday": ProfileFlaw.BIRTHDAY}) from None
    return Profile(typed["first_name"], typed["last_name"], typed["phone"], birthday, typed["language"], typed["timezone"])


def _known(request: SignedInRequest) -> dict[str, str]:
    customer = request.customer
    known = {name: str(getattr(customer, name) or "") for name in TYPED}
    return {**known, "language": supported(customer.language) or get_language() or request.merchant.language}


def _profile_page(
    request: SignedInRequest, typed: Mapping[str, str], *, errors: Mapping[str, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "note": note_for(request),
        "typed": typed,
        "errors": errors or {},
        "zones": zone_groups(),
        "shop_zone": request.merchant.timezone.replace("_", " "),
        "oldest": OLDEST_BIRTHDAY,
    }
    return show(request, "profile/profile.html", context, status=status)


@signed_in
@require_safe
def addresses(request: SignedInRequest) -> HttpResponse:
    """The address book."""
    language = get_language() or "en"
    book = [
        (row, address_lines({name: getattr(row, name) for name in FIELDS}, language=language)) for row in addresses_of(request.customer)
    ]
    context = {"note": note_for(request), "book": book}
    return said(show(request, "profile/addresses.html", context), request)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: SignedInRequest) -> HttpResponse:
    """Add an address; an empty book begins with where the last order went."""
    if request.method == "POST":
        return _save(request, None)
    known = newest_address(customer_id=request.customer.pk) if not addresses_of(request.customer) else {}
    typed = {**tidy_address({name: str(known.get(name) or "") for name in FIELDS}), "phone": str(known.get("phone") or "")}
    typed["country"] = typed["country"] or request.merchant.country
    return _address_page(request, None, typed, is_from_order=bool(known))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change an address, make it the usual one, or remove it."""
    row = address_of(request.customer, public_id=public_id)
    if row is None:
        raise Http404
    if request.method != "POST":
        return _address_page(request, row, {name: getattr(row, name) for name in BOOK})
    act = request.POST.get("act", "save")
    if act == "save":
        return _save(request, row)
    acts = {"usual": (make_default, "address-usual"), "remove": (remove_address, "address-removed")}
    if act not in acts:
        raise Http404
    do, note = acts[act]
    if not do(customer=request.customer, public_id=public_id, at=request.now):
        raise Http404
    return leave_note(HttpResponseRedirect(reverse("addresses")), request, note)


def _save(request: SignedInRequest, row: SavedAddress | None) -> HttpResponse:
    typed = _typed(request, BOOK)
    countries = countries_by_name(get_language() or "en")
    try:
        saved = save_address(
            customer=request.customer,
            typed=typed,
            countries=countries,
            is_default=request.POST.get("usual") == "1",
            at=request.now,
            public_id=row.public_id if row is not None else "",
        )
    except BadProfile as error:
        tidy = {**tidy_address(typed), "phone": typed["phone"]}
        return _address_page(request, row, tidy, errors=book_errors(error.errors, tidy["country"]), status=422)
    if saved is None:
        raise Http404
    return leave_note(HttpResponseRedirect(reverse("addresses")), request, "address-saved")


def _address_page(
    request: SignedInRequest, row: SavedAddress | None, typed: Mapping[str, str], *, status: int = 200, **more: Any
) -> HttpResponse:
    country = typed["country"]
    context = {
        "row": row,
        "typed": typed,
        "errors": {},
        "is_usual": request.POST.get("usual") == "1",
        "countries": countries_by_name(get_language() or "en").items(),
        "place": place_of(country),
        "postcode_label": postcode_label(country),
        "region_label": region_label(country),
    }
    return show(request, "profile/address.html", {**context, **more}, status=status)
