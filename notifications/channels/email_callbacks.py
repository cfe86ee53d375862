"""What mail providers call back with, verified and parsed by Anymail with one account's secrets, as our reports."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType
from django.http import HttpRequest
from django.utils.module_loading import import_string

from notifications.channels.email import ses_client
from notifications.types import Account, MessageState, Report

logger = logging.getLogger(__name__)
# What Anymail's readers raise for words that are not the provider's: they look before they check, and nest as deeply as the sender likes.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Forged(Exception):
    """The call does not prove that it comes from the account's provider."""


class Unreadable(ValueError):
    """The call is genuine but not in the provider's form."""


def _mailgun(account: Account) -> dict[str, Any]:
    return {"webhook_signing_key": account.secrets.get("webhook_signing_key") or account.secrets["api_key"], "webhook_secret": []}


def _by_password(account: Account) -> dict[str, Any]:
    """Raises Forged when no password is set: then anybody could be calling."""
    if not account.secrets.get("webhook_secret"):
        raise Forged
    return {"webhook_secret": [account.secrets["webhook_secret"]]}


def _sendgrid(account: Account) -> dict[str, Any]:
    key = account.secrets.get("webhook_verification_key")
    if key and not account.secrets.get("webhook_secret"):
        return {"tracking_webhook_verification_key": key, "webhook_secret": []}
    return {**_by_password(account), "tracking_webhook_verification_key": key}


def _ses(account: Account) -> dict[str, Any]:
    return {**_by_password(account), **ses_client(account)}


VIEWS: dict[str, tuple[str, Callable[[Account], dict[str, Any]]]] = {
    "mailgun": ("anymail.webhooks.mailgun.MailgunTrackingWebhookView", _mailgun),
    "sendgrid": ("anymail.webhooks.sendgrid.SendGridTrackingWebhookView", _sendgrid),
    "postmark": ("anymail.webhooks.postmark.PostmarkTrackingWebhookView", _by_password),
    "ses": ("anymail.webhooks.amazon_ses.AmazonSESTrackingWebhookView", _ses),
}

STATES = {
    EventType.QUEUED: MessageState.SENT,
    EventType.SENT: MessageState.SENT,
    EventType.DEFERRED: MessageState.SENT,
    EventType.DELIVERED: MessageState.DELIVERED,
    EventType.COMPLAINED: MessageState.DELIVERED,  # whoever complains has received it
    EventType.BOUNCED: MessageState.BOUNCED,
    EventType.REJECTED: MessageState.FAILED,
    EventType.FAILED: MessageState.FAILED,
}


def reports(account: Account, request: HttpRequest) -> list[Report]:
    """Verify and read one call. Raises Forged or Unreadable; single events nobody can read are left out and logged."""
    path, options = VIEWS[account.provider]
    view = import_string(path)(**options(account))
    try:
        view.run_validators(request)
        events = _events(view, account.provider, request)
    except AnymailWebhookValidationFailure:
        raise Forged from None
    except (AnymailError, *UNREADABLE) as error:
        raise Unreadable(error.__class__.__name__) from None
    return [report for event in events if (report := _report(account.provider, event)) is not None]


def _report(provider: str, event: AnymailTrackingEvent) -> Report | None:
    """As `of_event`; an event of odd types, which only shows when it is read, is left out."""
    try:
        return of_event(provider, event)
    except UNREADABLE as error:
        _leave_out(provider, error)
        return None


def _leave_out(provider: str, error: Exception) -> None:
    logger.warning("unreadable event from %s: %s", provider, error.__class__.__name__)


def _events(view: Any, provider: str, request: HttpRequest) -> list[AnymailTrackingEvent]:
    if provider != "sendgrid":
        return list(view.parse_events(request))
    # SendGrid sends a thousand events in one call; one that is malformed must not cost the others.
    found = []
    for raw in json.loads(request.body):
        try:
            found.append(view.esp_to_anymail_event(raw))
        except UNREADABLE as error:
            _leave_out(provider, error)
    return found


def of_event(provider: str, event: AnymailTrackingEvent) -> Report | None:
    """Our reading of one event; None for opens, clicks and whatever says nothing about delivery."""
    state = STATES.get(event.event_type)
    if state is None:
        return None
    return Report(
        provider_id=str(event.message_id or ""),
        token=str((event.metadata or {}).get("token", ""))[:22],
        state=state,
        detail=str(event.mta_response or event.description or event.reject_reason or "")[:300],
        suppress=_suppress(provider, event),
        recipient=event.recipient if isinstance(event.recipient, str) else "",
    )


def _suppress(provider: str, event: AnymailTrackingEvent) -> str:
    if event.event_type == EventType.COMPLAINED:
        return "complaint"
    if event.event_type not in (EventType.BOUNCED, EventType.REJECTED):
        return ""
    raw = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    return "bounce" if HARD[provider](raw) else ""


def _mailgun_hard(raw: Mapping[str, Any]) -> bool:
    data = raw.get("event-data", {})
    return data.get("severity") == "permanent" and data.get("reason") in ("bounce", "suppress-bounce")


# Anymail calls full mailboxes and unknown ones alike "bounced"; only the provider's own word tells them apart.
HARD: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "mailgun": _mailgun_hard,
    "sendgrid": lambda raw: (
        (raw.get("event") == "bounce" and raw.get("type") != "blocked")
        or str(raw.get("reason", "")).lower() in ("bounced address", "invalid")
    ),
    "postmark": lambda raw: raw.get("Type") in ("HardBounce", "BadEmailAddress"),
    "ses": lambda raw: raw.get("bounce", {}).get("bounceType") == "Permanent",
}
