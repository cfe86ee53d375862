"""What a shopper gets from us: the preference page, signed in or by the link of a message, and the way out of one kind of message.

A link is passed on, and opens only this: the e-mail address is masked, and nothing else about the person is shown. Opening a page
changes nothing, because mail scanners open every link.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.text import mask_email
from customers.models import Customer
from customers.selectors import (
    consent_history,
    customer_of_token,
    newest_statement,
    preferences_of,
    stop_of_token,
    suppressions_of,
    was_wanted,
)
from customers.services import Said, preference_token, record_consent, save_preferences
from customers.tokens import Stop
from customers.types import Preferences
from portal.rules.preferences import Sent, channel_words, read, rows, source_words, suppression_words, topic_words, wordings
from portal.views.edge import (
    LANGUAGE_COOKIE,
    PortalRequest,
    SignedInRequest,
    cookie_name,
    drop_cookie,
    page,
    set_cookie,
    show,
    signed_in,
    supported,
)

SAVED, SALT, SHOWN_FOR = "saved", "portal.preferences", 600  # seconds an undo is offered
UNDO_FOR = timedelta(days=1)
BY_BUTTON, BY_ONE_CLICK = "unsubscribe", "unsubscribe, one click"
ONE_CLICK = {"List-Unsubscribe": ["One-Click"]}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: SignedInRequest) -> HttpResponse:
    """The page in My account, with everything that was ever agreed to."""
    return _answer(request, request.customer, source="preferences")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def preferences_by_link(request: PortalRequest, token: str) -> HttpResponse:
    """The same for whoever holds the link of a message. Unknown links and those of other merchants are a plain 404."""
    customer = customer_of_token(token=token)
    if customer is None:
        raise Http404
    return _answer(request, customer, source="preferences link")


def _answer(request: PortalRequest, customer: Customer, *, source: str) -> HttpResponse:
    before = preferences_of(customer, now=request.now)
    _speak(request, before.language)
    if request.method != "POST":
        response = _page(request, customer, before, saved=_saved(request, customer))
        if cookie_name(SAVED) in request.COOKIES:
            drop_cookie(response, SAVED)
        return response
    sent = read(request.POST, before=before, now=request.now, zone=request.zone)
    if sent.errors or request.POST.get("save") != "1":
        return _page(request, customer, before, sent=sent, status=400)
    said = Said(f"{source}, undone" if request.POST.get("undo") == "1" else source)
    was = save_preferences(customer=customer, preferences=sent.preferences, said=said, wordings=wordings(), at=request.now)
    response = HttpResponseRedirect(request.path)
    set_cookie(response, SAVED, _sealed(customer, was if was != sent.preferences else None), max_age=SHOWN_FOR)
    return response


def _speak(request: PortalRequest, language: str) -> None:
    """Somebody who comes by a link reads the language we write to them in, unless they chose another in this browser."""
    if not request.COOKIES.get(cookie_name(LANGUAGE_COOKIE)) and request.customer is None and (known := supported(language)):
        translation.activate(known)
        request.LANGUAGE_CODE = known


def _page(
    request: PortalRequest,
    customer: Customer,
    now: Preferences,
    *,
    sent: Sent | None = None,
    saved: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = sent.preferences if sent is not None and sent.errors else now
    is_owner = request.customer is not None and request.customer.pk == customer.pk
    blocked = [
        (channel_words(channel), suppression_words(channel, reason)) for channel, reason in sorted(suppressions_of(customer).items())
    ]
    context = {
        "to": mask_email(customer.email) if customer.email else "",
        "is_owner": is_owner,
        "rows": rows(shown),
        "preferences": shown,
        "paused_until": now.paused_until,
        "always": topic_words("orders"),
        "errors": sent.errors if sent is not None else {},
        "until": request.POST.get("until", ""),
        "pause": request.POST.get("pause", ""),
        "is_broken": sent is not None and not sent.errors,
        "saved": saved,
        "blocked": blocked,
        "history": _history(customer) if is_owner else [],
    }
    return show(request, "preferences.html", context, status=status)


def _history(customer: Customer) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at,
            "title": topic_words(row.topic)[0],
            "channel": channel_words(row.channel),
            "is_granted": row.is_granted,
            "by_shop": bool(row.actor),
            "source": source_words(row.source),
            "wording": row.wording,
        }
        for row in consent_history(customer)
    ]


def _sealed(customer: Customer, was: Preferences | None) -> str:
    """What was saved over, for the page that comes next: nobody else's, and not to be made up."""
    before = was and {
        "on": sorted(f"{topic}.{channel}" for topic, channel in was.wanted),
        "important": "1" if was.is_important_only else "",
        "until": was.paused_until.isoformat() if was.paused_until else "",
        "language": was.language,
    }
    return signing.dumps({"who": customer.public_id, "was": before}, salt=SALT)


def _saved(request: PortalRequest, customer: Customer) -> dict[str, Any] | None:
    """What the page says after saving: the choices before it, to go back to, or that nothing changed."""
    try:
        told = signing.loads(request.COOKIES.get(cookie_name(SAVED), ""), salt=SALT)
    except signing.BadSignature:
        return None
    if told["who"] != customer.public_id:
        return None
    was = told["was"]
    if was and was["until"]:
        was["until"] = datetime.fromisoformat(was["until"]).astimezone(request.zone).date().isoformat()
    return {"was": was}


@csrf_exempt  # the link itself says who asks, and a mail program has no cookies
@page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: PortalRequest, token: str) -> HttpResponse:
    """Stop one kind of message on one channel: a button for people, RFC 8058's one click for mail programs."""
    found = stop_of_token(token=token)
    if found is None:
        raise Http404
    customer, stop = found
    _speak(request, preferences_of(customer, now=request.now).language)
    if request.method != "POST":
        return _stop_page(request, customer, stop)
    if dict(request.POST.lists()) == ONE_CLICK:
        _stop(request, customer, stop, source=BY_ONE_CLICK)
        return HttpResponse("Unsubscribed.", content_type="text/plain; charset=utf-8")
    act = request.POST.get("act")
    if act == "stop":
        _stop(request, customer, stop, source=BY_BUTTON)
    elif act == "undo" and _may_undo(request, customer, stop):
        _say(request, customer, stop, is_granted=True, source="unsubscribe, undone")
    else:
        return _stop_page(request, customer, stop, status=400)
    response = HttpResponseRedirect(request.path)
    response.status_code = 303
    return response


def _stop(request: PortalRequest, customer: Customer, stop: Stop, *, source: str) -> None:
    """Noted also where nothing was sent: what is agreed to about offers later does not bring it back. Twice is once."""
    newest = newest_statement(customer, topic=stop.topic, channel=stop.channel)
    if newest is None or newest.is_granted:
        _say(request, customer, stop, is_granted=False, source=source)


def _say(request: PortalRequest, customer: Customer, stop: Stop, *, is_granted: bool, source: str) -> None:
    wording = wordings()[stop.topic.value, stop.channel.value]
    record_consent(
        customer=customer, topic=stop.topic, channel=stop.channel, is_granted=is_granted, source=source, wording=wording, at=request.now
    )


def _is_on(request: PortalRequest, customer: Customer, stop: Stop) -> bool:
    return (stop.topic.value, stop.channel.value) in preferences_of(customer, now=request.now).wanted


def _may_undo(request: PortalRequest, customer: Customer, stop: Stop) -> bool:
    """Only a stop of the last day, made by such a link, of what came before: nothing is agreed to anew."""
    newest = newest_statement(customer, topic=stop.topic, channel=stop.channel)
    if newest is None or newest.is_granted or newest.source not in (BY_BUTTON, BY_ONE_CLICK) or newest.at <= request.now - UNDO_FOR:
        return False
    return was_wanted(customer, topic=stop.topic, channel=stop.channel)


def _stop_page(request: PortalRequest, customer: Customer, stop: Stop, *, status: int = 200) -> HttpResponse:
    title, hint = topic_words(stop.topic)
    context = {
        "title": title,
        "hint": hint,
        "channel": channel_words(stop.channel),
        "to": mask_email(customer.email) if customer.email else "",
        "is_on": _is_on(request, customer, stop),
        "may_undo": _may_undo(request, customer, stop),
        "is_broken": status != 200,
        "more": reverse("preferences-link", args=[preference_token(customer=customer)]),
    }
    return show(request, "unsubscribe.html", context, status=status)
