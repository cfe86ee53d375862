"""What was just done, told once on the page that comes after it."""

from django.core import signing
from django.http import HttpResponse

from portal.rules.profile import note_words_of_profile
from portal.rules.security import note_words
from portal.views.edge import SignedInRequest, cookie_name, drop_cookie, set_cookie

NOTE, SALT, SHOWN_FOR = "note", "portal.note", 600  # seconds


def leave_note(response: HttpResponse, request: SignedInRequest, code: str) -> HttpResponse:
    """Let the next page say it; nobody else's page does."""
    set_cookie(response, NOTE, signing.dumps([request.customer.public_id, code], salt=SALT), max_age=SHOWN_FOR)
    return response


def note_for(request: SignedInRequest) -> tuple[str, str] | None:
    """Title and text of what was just done by this shopper."""
    try:
        who, code = signing.loads(request.COOKIES.get(cookie_name(NOTE), ""), salt=SALT, max_age=SHOWN_FOR)
    except signing.BadSignature:
        return None
    words = note_words(code) if note_words(code)[0] else note_words_of_profile(code)
    return words if who == request.customer.public_id and words[0] else None


def said(response: HttpResponse, request: SignedInRequest) -> HttpResponse:
    """It was shown, and is not shown again."""
    if cookie_name(NOTE) in request.COOKIES:
        drop_cookie(response, NOTE)
    return response
