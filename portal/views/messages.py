"""Messages we sent to the shopper, and those we did not, each with the reason in plain words."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from notifications.models import Message
from portal.rules.told import reason_words
from portal.selectors.told import content_of, message_to, messages_to, told_of
from portal.views.edge import SignedInRequest, show, signed_in

PER_PAGE = 20
# What a shop wrote gets no rights here: no script, no form, no frame of its own; links open beside the page.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' {scheme}: data:; frame-ancestors 'self'; base-uri 'none';"
    " form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@signed_in
@require_safe
def messages(request: SignedInRequest) -> HttpResponse:
    """All of them, newest first."""
    found = Paginator(messages_to(customer_id=request.customer.pk), PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "rows": [told_of(row) for row in found.object_list],
        "found": found,
        "pages": list(found.paginator.get_elided_page_range(found.number, on_each_side=1, on_ends=1)),
    }
    return show(request, "messages.html", context)


@signed_in
@require_safe
def message(request: SignedInRequest, token: str) -> HttpResponse:
    """One message: what it said, and every reason for or against it."""
    row = _own(request, token)
    against = [reason_words(str(asked.get("condition", ""))) for asked in row.reasons if not asked.get("ok")]
    told = told_of(row)
    context = {
        "told": told,
        "message": row,
        "content": content_of(row),
        "against": [words for words in dict.fromkeys(against) if words and words != told.why],
    }
    return show(request, "message.html", context)


@xframe_options_sameorigin
@signed_in
@require_safe
def letter(request: SignedInRequest, token: str) -> HttpResponse:
    """The e-mail as it was sent, for the frame of its page."""
    content = content_of(_own(request, token))
    if content is None or not content.html:
        raise Http404
    response = HttpResponse(_opening_beside(content.html), content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = LETTER_POLICY.format(scheme=settings.PUBLIC_SCHEME)
    return response


def _opening_beside(html: str) -> str:
    """Links of a letter lead to a window of their own, not into its frame."""
    head, tag, rest = html.partition("<head>")
    return f'{head}{tag}<base target="_blank">{rest}' if tag else f'<base target="_blank">{html}'


def _own(request: SignedInRequest, token: str) -> Message:
    row = message_to(customer_id=request.customer.pk, token=token)
    if row is None:
        raise Http404
    return row
