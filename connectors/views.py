"""`/hooks/<public_id>/`: where shops and carriers call."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connectors.services import Verdict, receive
from core.clock import now

logger = logging.getLogger(__name__)

MAX_BODY = 2 * 1024 * 1024
STATUS = {Verdict.STORED: 200, Verdict.PING: 200, Verdict.UNKNOWN: 404, Verdict.REFUSED: 401, Verdict.MALFORMED: 400}


@csrf_exempt
@require_POST
def hook(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answers within one insert. Only our own trouble is a 5xx, so that the shop calls again."""
    try:
        body = request.read(MAX_BODY + 1)
    except UnreadablePostError:
        return _say(400, "the body broke off")
    if len(body) > MAX_BODY:
        return _say(413, "the body is larger than 2 MB")
    try:
        answer = receive(public_id=public_id, body=body, headers=request.headers, query=request.GET.dict(), at=now())
    except (OperationalError, InterfaceError) as error:
        logger.warning("webhook turned away, the database is not there: %s", error.__class__.__name__)
        return _say(503, "try again", retry_after=30)
    if answer.verdict == Verdict.CHANGED:
        return _say(503, "try again", retry_after=1)
    return _say(STATUS[answer.verdict], answer.detail or answer.verdict)


def _say(status: int, text: str, *, retry_after: int | None = None) -> HttpResponse:
    response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response
