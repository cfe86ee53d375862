"""One harmless call that proves an account's credentials. Nothing is sent, and no answer's words are passed on: they may
repeat what they were asked with."""

import base64
import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from core import http
from core.http import CallFailed, Limits, Permanent, Request, Response, Transient
from core.transactions import forbid_transaction
from notifications.channels.email import SmtpMail, mailgun_url, ses_client
from notifications.channels.mailserver import is_public
from notifications.types import Account

SANDBOX_QUOTA = 200  # mails a day; -1 stands for no limit
LIMITS = Limits(connect=3.05, read=8, total=10, size=512 * 1024)


@dataclass(frozen=True, slots=True)
class Checkup:
    """Whether the provider knows us, what to do when it does not, and DNS records it names: (type, name, value)."""

    ok: bool | None  # None: it could not be asked
    detail: str
    records: tuple[tuple[str, str, str], ...] = ()


Check = Callable[[Account], Checkup]


def check(account: Account) -> Checkup:
    """Ask the account's provider. Refused inside a transaction."""
    forbid_transaction("checking a provider account")
    ask = CHECKS.get(account.provider)
    if ask is None:
        return Checkup(True, _("Nothing to check: messages stay in this installation."))
    try:
        return ask(account)
    except Transient:
        return Checkup(None, _("The provider could not be reached. Nothing is known to be wrong: check again in a minute."))
    except CallFailed:
        return Checkup(False, _("The provider's address could not be called. Check region and domain."))


def _get(url: str, headers: Mapping[str, str]) -> Response:
    return http.send(Request("GET", url, {"Accept": "application/json", **headers}), limits=LIMITS)


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def _refusal(answer: Response, *, key: str, missing: str) -> Checkup | None:
    """What an answer other than 200 means; `missing`: what a 404 says."""
    if answer.status == 200:
        return None
    if answer.status in (401, 403):
        return Checkup(False, _("The provider does not accept the %(key)s. Make a new one there and save it here.") % {"key": key})
    if answer.status == 404:
        return Checkup(False, missing)
    if answer.status == 429 or answer.status >= 500:
        raise Transient(f"HTTP {answer.status}")
    raise Permanent(f"HTTP {answer.status}")


def _mapping(answer: Response) -> dict[str, Any]:
    body = answer.json()
    if not isinstance(body, dict):
        raise Transient("no JSON object")
    return body


def _mailgun(account: Account) -> Checkup:
    domain, base = account.settings["domain"], mailgun_url(account)
    answer = _get(f"{base}/domains/{domain}", _basic("api", account.secrets["api_key"]))
    missing = _("Mailgun has no domain %(domain)s in this region. Add it there, or choose the other region.") % {"domain": domain}
    if refusal := _refusal(answer, key=_("API key"), missing=missing):
        return refusal
    body = _mapping(answer)
    named = body.get("sending_dns_records")
    records = tuple(_record(row) for row in named if isinstance(row, dict)) if isinstance(named, list) else ()
    state = body.get("domain", {}).get("state") if isinstance(body.get("domain"), dict) else ""
    if state != "active":
        text = _("The key works, but Mailgun has not verified %(domain)s. Set the DNS records below and verify it there.")
        return Checkup(False, text % {"domain": domain}, records)
    return Checkup(True, _("Mailgun knows the key and has verified %(domain)s.") % {"domain": domain}, records)


def _record(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row.get("record_type", ""))[:10], str(row.get("name", ""))[:253], str(row.get("value", ""))[:1000]


def _sendgrid(account: Account) -> Checkup:
    answer = _get(f"{settings.SENDGRID_API_URL}/v3/scopes", {"Authorization": f"Bearer {account.secrets['api_key']}"})
    if refusal := _refusal(answer, key=_("API key"), missing=_("SendGrid does not know this key.")):
        return refusal
    scopes = _mapping(answer).get("scopes")
    if not isinstance(scopes, list) or "mail.send" not in scopes:
        return Checkup(False, _("The key works but may not send. Give it the right “Mail Send” in SendGrid."))
    return Checkup(True, _("SendGrid knows the key, and it may send."))


def _postmark(account: Account) -> Checkup:
    answer = _get(f"{settings.POSTMARK_API_URL}/server", {"X-Postmark-Server-Token": account.secrets["server_token"]})
    if refusal := _refusal(answer, key=_("server token"), missing=_("Postmark does not know this server.")):
        return refusal
    if _mapping(answer).get("DeliveryType") == "Sandbox":
        return Checkup(False, _("This is a sandbox server of Postmark: it delivers nothing. Use the token of a live server."))
    return Checkup(True, _("Postmark knows the server token."))


def _twilio(account: Account) -> Checkup:
    sid, secrets = account.settings["account_sid"], account.secrets
    base, missing = f"{settings.TWILIO_API_URL}/2010-04-01/Accounts/{sid}", _("Twilio does not know this account SID.")
    if secrets.get("api_key_sid") and secrets.get("api_key_secret"):
        # The key that sends may not read the account itself.
        answer = _get(f"{base}/Messages.json?PageSize=1", _basic(secrets["api_key_sid"], secrets["api_key_secret"]))
        return _refusal(answer, key=_("API key"), missing=missing) or Checkup(True, _("Twilio knows the API key."))
    answer = _get(f"{base}.json", _basic(sid, secrets["auth_token"]))
    if refusal := _refusal(answer, key=_("auth token"), missing=missing):
        return refusal
    if _mapping(answer).get("status") != "active":
        return Checkup(False, _("Twilio has suspended or closed this account. Put that right in Twilio's console."))
    return Checkup(True, _("Twilio knows the account, and it is active."))


def _ses(account: Account) -> Checkup:
    import boto3  # type: ignore[import-untyped]  # noqa: PLC0415  heavy, and only for who sends through Amazon
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    options = ses_client(account)
    client = boto3.Session(**options["session_params"]).client("ses", config=Config(**options["client_params"]["config"]))
    try:
        quota = client.get_send_quota()
    except ClientError as error:
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
        if status >= 500 or status == 429:
            raise Transient(f"HTTP {status}") from None
        return Checkup(False, _("Amazon does not accept the access key, or it has no rights to SES. Make a new one with them."))
    except BotoCoreError as error:
        raise Transient(error.__class__.__name__) from None
    if 0 <= float(quota.get("Max24HourSend", 0)) <= SANDBOX_QUOTA:
        return Checkup(
            False,
            _("The key works, but the account is in Amazon's sandbox: verified addresses only. Ask Amazon to lift that."),
        )
    return Checkup(True, _("Amazon knows the key, and the account may send."))


def _smtp(account: Account) -> Checkup:
    if not is_public(account.settings["host"]):
        return Checkup(False, _("The mail server's address is not a public one."))
    backend: Any = SmtpMail._backend(account)
    try:
        backend.open()
        backend.connection.noop()
    except smtplib.SMTPAuthenticationError:
        return Checkup(False, _("The mail server does not accept user name and password. Save the right ones."))
    except smtplib.SMTPNotSupportedError:
        return Checkup(False, _("The mail server offers no such security or sign-in. Try the other security, or another port."))
    except (smtplib.SMTPException, OSError):
        return Checkup(None, _("No connection to the mail server. Check host, port and security, or try again in a minute."))
    finally:
        backend.close()
    return Checkup(True, _("The mail server lets us in."))


CHECKS: dict[str, Check] = {
    "mailgun": _mailgun,
    "sendgrid": _sendgrid,
    "postmark": _postmark,
    "ses": _ses,
    "twilio": _twilio,
    "smtp": _smtp,
}
