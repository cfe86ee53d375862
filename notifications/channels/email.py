"""E-mail through each merchant's own provider: Django's SMTP backend, or Anymail for the APIs."""

import ipaddress
import smtplib
import socket
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import requests
from anymail.exceptions import AnymailError, AnymailNotSupportedWarning
from anymail.message import AnymailMessage
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import BadHeaderError

from core.clock import now
from notifications.channels.email_errors import of_anymail, of_requests, of_smtp, of_smtp_connecting
from notifications.registry import register_adapter
from notifications.rules import is_clean_header
from notifications.types import Accepted, Account, NotAccepted, Outcome, Outgoing, Refused

TIMEOUT = (3.05, 10)  # connect, read
SMTP_TIMEOUT = 10
MAILGUN = {"us": "https://api.mailgun.net/v3", "eu": "https://api.eu.mailgun.net/v3"}

# Anymail's maintainers cannot test SendGrid any more and say so at each use; the adapter's own tests pin what we rely on.
warnings.filterwarnings("ignore", category=AnymailNotSupportedWarning)


def _mailgun(account: Account) -> dict[str, Any]:
    return {
        "api_key": account.secrets["api_key"],
        "sender_domain": account.settings["domain"],
        "api_url": MAILGUN[account.settings.get("region", "us")],
        "timeout": TIMEOUT,
    }


def _sendgrid(account: Account) -> dict[str, Any]:
    return {"api_key": account.secrets["api_key"], "timeout": TIMEOUT}


def _postmark(account: Account) -> dict[str, Any]:
    return {"server_token": account.secrets["server_token"], "timeout": TIMEOUT}


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
    """Name and address in one, unencoded: each backend encodes as its way out needs. The name is `rules.display_name` clean."""
    return f'"{name}" <{email}>' if name else email


def compose(account: Account, message: Outgoing) -> AnymailMessage:
    """The message for the backend. Raises BadHeaderError when a value would break out of its header."""
    fields = (message.subject, message.sender, message.sender_name, message.recipient, message.recipient_name, message.reply_to)
    if not is_clean_header(*fields, *message.headers.values()):
        raise BadHeaderError("a header value holds control characters")
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
        return Accepted(str(mail.anymail_status.message_id or message_id(message)))


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
            "django.core.mail.backends.smtp.EmailBackend",
            host=account.settings["host"],
            port=int(account.settings["port"]),
            username=account.settings.get("username", ""),
            password=account.secrets.get("password", ""),
            use_ssl=tls,
            use_tls=not tls,
            timeout=SMTP_TIMEOUT,
        )
        return backend


def is_public(host: str) -> bool:
    """False when any address of the host lies inside a network of ours or has no place on the internet.

    `SMTP_PRIVATE_HOSTS` names mail servers of the operator's own that merchants may use all the same. A name that does
    not resolve is left to the connection to fail on.
    """
    if host in getattr(settings, "SMTP_PRIVATE_HOSTS", ()):
        return True
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return True
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global for *_, address in found)


register_adapter("smtp", SmtpMail())
for _provider in BACKENDS:
    register_adapter(_provider, ApiMail())
