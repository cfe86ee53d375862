"""Where message providers call back. Each account has an address of its own; nothing is believed unsigned."""

import logging
from collections.abc import Iterable

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.clock import now
from merchants.scope import merchant_scope
from notifications.channels import email_callbacks, sms_inbound, sms_twilio
from notifications.selectors import account_of_callback
from notifications.services import observe, take_text
from notifications.types import Account, Report

logger = logging.getLogger(__name__)
FORM = "application/x-www-form-urlencoded"
BATCH = 100


@csrf_exempt
@require_http_methods(["POST"])
def twilio(request: HttpRequest, account: str, token: str) -> HttpResponse:
    """A status callback: form fields signed with the account's auth token, the message's token in the address."""
    opened = account_of_callback(provider="twilio", public_id=account)
    if opened is None:
        return HttpResponse(status=404)
    fields = _fields(request)
    if isinstance(fields, HttpResponse):
        return fields
    if not sms_twilio.is_unshifted(fields, opened):
        return HttpResponse(status=400)
    if not _is_twilios(opened, fields, token, request.headers.get("X-Twilio-Signature", "")):
        return HttpResponse(status=403)
    report = sms_twilio.report(fields, token=token)
    _take(opened, [report] if report is not None else [])
    return HttpResponse(status=204)


@csrf_exempt
@require_http_methods(["POST"])
def twilio_inbound(request: HttpRequest, account: str) -> HttpResponse:
    """A shopper's answer by SMS, signed like a status callback; our answer goes back as TwiML."""
    opened = account_of_callback(provider="twilio", public_id=account)
    if opened is None:
        return HttpResponse(status=404)
    fields = _fields(request)
    if isinstance(fields, HttpResponse):
        return fields
    text = sms_inbound.incoming(fields, opened)
    if text is None:
        return HttpResponse(status=400)
    if not _is_twilios(opened, fields, "inbound", request.headers.get("X-Twilio-Signature", "")):
        return HttpResponse(status=403)
    with merchant_scope(opened.merchant_id):
        answer = take_text(account_id=opened.id, text=text, at=now())
    return HttpResponse(sms_inbound.twiml(answer), content_type="text/xml; charset=utf-8")


def _fields(request: HttpRequest) -> dict[str, str] | HttpResponse:
    """The form's fields, each given once and none in the address; else the answer that refuses them."""
    if request.content_type != FORM:
        return HttpResponse(status=415)
    try:
        fields = {name: values[0] for name, values in request.POST.lists() if len(values) == 1}
    except (RequestDataTooBig, TooManyFieldsSent):
        return HttpResponse(status=413)
    return HttpResponse(status=400) if len(fields) != len(request.POST) or request.GET else fields


def _is_twilios(account: Account, fields: dict[str, str], part: str, signature: str) -> bool:
    """Checked against the address we are configured with, whatever host and scheme a proxy made of it."""
    from twilio.request_validator import RequestValidator  # noqa: PLC0415  heavy, and only for who sends SMS

    validator = RequestValidator(account.secrets["auth_token"])
    return bool(validator.validate(f"{account.callback_url}{part}/", fields, signature))


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail(request: HttpRequest, provider: str, account: str) -> HttpResponse:
    """Delivery events of a mail provider, verified with the account's own secrets."""
    opened = account_of_callback(provider=provider, public_id=account)
    if opened is None:
        return HttpResponse(status=404)
    if request.method == "HEAD":  # some providers look whether the address answers before they save it
        return HttpResponse()
    if provider == "ses" and not request.headers.get("Authorization"):
        # Amazon sends the password only after being asked for it.
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="callbacks"'})
    try:
        found = email_callbacks.reports(opened, request)
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except email_callbacks.Forged:
        return HttpResponse(status=403)
    except email_callbacks.Unreadable:
        return HttpResponse(status=400)
    _take(opened, found)
    return HttpResponse()


def _take(account: Account, found: list[Report]) -> None:
    for reports in _slices(found):
        with merchant_scope(account.merchant_id):
            for report in reports:
                observe(account_id=account.id, report=report, at=now())


def _slices(found: list[Report]) -> Iterable[list[Report]]:
    return (found[start : start + BATCH] for start in range(0, len(found), BATCH))
