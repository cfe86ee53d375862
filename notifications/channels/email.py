"""E-mail through each merchant's own provider: Django's SMTP backend, or Anymail for the APIs."""

import re
import smtplib
import warnings
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import requests
from anymail.exceptions import AnymailError, AnymailNotSupportedWarning
from anymail.message import AnymailMessage
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import BadHeaderError

from core import http
from core.clock import now
from notifications.channels.email_errors import of_anymail, of_no_id, of_requests, of_smtp, of_smtp_connecting
from notifications.channels.mailserver import is_public
from notifications.registry import LookupFailed, register_adapter
from notifications.rules import is_clean_header
from notifications.types import Accepted, Account, NotAccepted, Outcome, Outgoing, Refused

TIMEOUT = (3.05, 10)  # connect, read
SMTP_TIMEOUT = 10
QUOTES = str.maketrans("", "", '"\\')
ONE_ADDRESS = re.compile(r'[^\s@<>(),;:"\\\[\]]+@[^\s@<>(),;:"\\\[\]]+')
FOUND_AT_MOST, MAX_FOUND = 20, 2 * 1024 * 1024

# Anymail's maintainers cannot test SendGrid any more and say so at each use; the adapter's own tests pin what we rely on.
warnings.filterwarnings("ignore", category=AnymailNotSupportedWarning)


def mailgun_url(account: Account) -> str:
    """Mailgun keeps a domain in one of two regions, each with an address of its own."""
    base = settings.MAILGUN_EU_API_URL if account.settings.get("region") == "eu" else settings.MAILGUN_API_URL
    return f"{base}/v3"


def _mailgun(account: Account) -> dict[str, Any]:
    return {
        "api_key": account.secrets["api_key"],
        "sender_domain": account.settings["domain"],
        "api_url": mailgun_url(account),
        "timeout": TIMEOUT,
    }


def _sendgrid(account: Account) -> dict[str, Any]:
    return {"api_key": account.secrets["api_key"], "api_url": f"{settings.SENDGRID_API_URL}/v3/", "timeout": TIMEOUT}


def _postmark(account: Account) -> dict[str, Any]:
    return {"server_token": account.secrets["server_token"], "api_url": settings.POSTMARK_API_URL, "timeout": TIMEOUT}


def ses_client(account: Account) -> dict[str, Any]:
    """Session and client options. Amazon's client resends on its own, up to four times, unless told not to."""
    return {
        "session_params": {
            "aws_access_key_id": account.secrets["access_key_id"],
            "aws_secret_access_key": account.secrets["secret_access_key"],
            "region_name": account.settings["region"],
        },
        "client_params": {
            "config": {"connect_timeout": TIMEOUT[0], "read_timeout": TIMEOUT[1], "retries": {"total_max_attempts": 1, "mode": "standard"}}
        },
    }


def _ses(account: Account) -> dict[str, Any]:
    return {**ses_client(account), "configuration_set_name": account.settings.get("configuration_set")}


BACKENDS: dict[str, tuple[str, Callable[[Account], dict[str, Any]]]] = {
    "mailgun": ("anymail.backends.mailgun.EmailBackend", _mailgun),
    "sendgrid": ("anymail.backends.sendgrid.EmailBackend", _sendgrid),
    "postmark": ("anymail.backends.postmark.EmailBackend", _postmark),
    "ses": ("anymail.backends.amazon_ses.EmailBackend", _ses),
}


def message_id(message: Outgoing) -> str:
    """The Message-ID header: the same however often the message is handed over, so that a mailbox can drop the second."""
    return f"<{message.token}@{message.sender.rpartition('@')[2]}>"


def address(name: str, email: str) -> str:
    """Name and address in one, unencoded: each backend encodes as its way out needs.

    What could end the name's quotes is left out, and no mail program finds an encoded word in it.
    """
    name = name.translate(QUOTES).replace("=?", "= ?").strip()
    return f'"{name}" <{email}>' if name else email


def compose(account: Account, message: Outgoing) -> AnymailMessage:
    """The message for the backend. Raises BadHeaderError when a value would break out of its header."""
    fields = (message.subject, message.sender, message.sender_name, message.recipient, message.recipient_name, message.reply_to)
    if not is_clean_header(*fields, *message.headers.values()):
        raise BadHeaderError("a header value holds control characters")
    if not all(ONE_ADDRESS.fullmatch(one) and one.isprintable() for one in (message.recipient, message.sender, message.reply_to) if one):
        raise BadHeaderError("an address is none, or more than one")
    mail = AnymailMessage(
        # A mail program would decode what looks like an encoded word, whatever it holds.
        subject=message.subject.replace("=?", "= ?"),
        body=message.text,
        from_email=address(message.sender_name, message.sender),
        to=[address(message.recipient_name, message.recipient)],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={**message.headers, "Message-ID": message_id(message)},
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    mail.metadata = {"token": message.token}
    if stream := account.settings.get("message_stream"):
        mail.esp_extra = {"MessageStream": stream}
    return mail


class ApiMail:
    """Mail through a provider's HTTP API."""

    uses_network = True

    def send(self, *, account: Account, messages: Sequence[Outgoing]) -> list[Outcome]:
        return [self._send(account, message) for message in messages]

    def _send(self, account: Account, message: Outgoing) -> Outcome:
        backend, options = BACKENDS[account.provider]
        try:
            mail = compose(account, message)
            get_connection(backend, **options(account)).send_messages([mail])
        except BadHeaderError as error:
            return Refused("bad_header", str(error))
        except AnymailError as error:
            return of_anymail(error, now=now())
        except requests.RequestException as error:
            return of_requests(error)
        told = mail.anymail_status.message_id
        return Accepted(str(told)) if told else of_no_id(mail.anymail_status.esp_response, now=now())


class PostmarkMail(ApiMail):
    """Postmark keeps what it took for weeks, to be found by the token that went with it."""

    def lookup(self, *, account: Account, message: Outgoing, since: datetime) -> str | None:
        query = {"count": FOUND_AT_MOST, "offset": 0, "metadata_token": message.token}
        if stream := account.settings.get("message_stream"):
            query["messagestream"] = stream
        headers = {"Accept": "application/json", "X-Postmark-Server-Token": account.secrets["server_token"]}
        url = f"{settings.POSTMARK_API_URL}/messages/outbound?{urlencode(query)}"
        try:
            body = http.checked(
                http.send(http.Request("GET", url, headers), limits=http.Limits(*TIMEOUT, total=TIMEOUT[1], size=MAX_FOUND))
            ).json()
        except http.CallFailed as error:
            raise LookupFailed(error.__class__.__name__) from None
        held = body.get("Messages") if isinstance(body, dict) else None
        if not isinstance(held, list):
            raise LookupFailed("Postmark's answer holds no list")
        return next((str(one["MessageID"]) for one in held if _is_same(one, message.token)), None)


def _is_same(held: Any, token: str) -> bool:
    """Whether Postmark's entry is our message: a search that leaves out the filter would find any."""
    metadata = held.get("Metadata") if isinstance(held, dict) and held.get("MessageID") else None
    return isinstance(metadata, dict) and metadata.get("token") == token


class SmtpMail:
    """Mail through a mail server of the merchant's choice, which must be a public one unless the operator allows it."""

    uses_network = True

    def send(self, *, account: Account, messages: Sequence[Outgoing]) -> list[Outcome]:
        return [self._send(account, message) for message in messages]

    def _send(self, account: Account, message: Outgoing) -> Outcome:
        try:
            mail = compose(account, message)
        except BadHeaderError as error:
            return Refused("bad_header", str(error))
        host = account.settings["host"]
        if not is_public(host):
            return NotAccepted("the mail server's address is not a public one")
        backend = self._backend(account)
        try:
            backend.open()
        except (smtplib.SMTPException, OSError) as error:
            return of_smtp_connecting(error)
        try:
            backend.send_messages([mail])
        except (smtplib.SMTPException, OSError) as error:
            return of_smtp(error)
        finally:
            backend.close()
        return Accepted(message_id(message))

    @staticmethod
    def _backend(account: Account) -> BaseEmailBackend:
        tls = account.settings.get("security") == "tls"
        backend: BaseEmailBackend = get_connection(
            "notifications.channels.mailserver.Server",
            host=account.settings["host"],
            port=int(account.settings["port"]),
            username=account.settings.get("username", ""),
            password=account.secrets.get("password", ""),
            use_ssl=tls,
            use_tls=not tls,
            timeout=SMTP_TIMEOUT,
        )
        return backend


register_adapter("smtp", SmtpMail())
for _provider in BACKENDS:
    register_adapter(_provider, PostmarkMail() if _provider == "postmark" else ApiMail())
