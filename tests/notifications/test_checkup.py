"""A provider account is checked by a call that sends nothing; what the sender's domain lacks is said with what to copy."""

import json
import smtplib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.http import Blocked, Request, Response, Transient
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.accounts import ask_for_check, save_account
from notifications.channels import checks, names
from notifications.channels.checks import check
from notifications.channels.names import NotLookedUp
from notifications.models import ProviderAccount
from notifications.rules.domains import Need, judge, needs_of
from notifications.services import drain_checks
from notifications.types import Account
from tests.conftest import NOW

SECRET = "not-to-be-seen-anywhere"
SETTINGS: dict[str, dict[str, str]] = {
    "mailgun": {"domain": "mg.acme.example", "region": "eu"},
    "sendgrid": {},
    "postmark": {},
    "twilio": {"account_sid": "AC" + "a" * 32},
    "smtp": {"host": "smtp.acme.example", "port": "587", "security": "starttls", "username": "acme"},
}
SECRETS = {
    "mailgun": {"api_key": SECRET},
    "sendgrid": {"api_key": SECRET},
    "postmark": {"server_token": SECRET},
    "twilio": {"auth_token": SECRET},
    "smtp": {"password": SECRET},
}
GOOD: dict[str, Any] = {
    "mailgun": {"domain": {"state": "active"}},
    "sendgrid": {"scopes": ["mail.send", "stats.read"]},
    "postmark": {"ID": 1, "DeliveryType": "Live"},
    "twilio": {"status": "active"},
}
ASKED = {
    "mailgun": ("https://api.eu.mailgun.net/v3/domains/mg.acme.example", "Authorization"),
    "sendgrid": ("https://api.sendgrid.com/v3/scopes", "Authorization"),
    "postmark": ("https://api.postmarkapp.com/server", "X-Postmark-Server-Token"),
    "twilio": (f"https://api.twilio.com/2010-04-01/Accounts/AC{'a' * 32}.json", "Authorization"),
}


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule is held by `forbid_transaction`'s own tests; here a test's transaction is round everything."""
    monkeypatch.setattr(checks, "forbid_transaction", lambda what: None)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[Request]]]:
    """Plays the provider: `provider(status, body)` or `provider(error)`; returns what it was asked."""
    asked: list[Request] = []

    def play(status: int | Exception, body: Any = None) -> list[Request]:
        def send(request: Request, *, limits: Any = None) -> Response:
            asked.append(request)
            if isinstance(status, Exception):
                raise status
            return Response(status, {}, json.dumps(body).encode(), "provider.example")

        monkeypatch.setattr("core.http.send", send)
        return asked

    yield play


def account(name: str, **over: dict[str, str]) -> Account:
    channel = "sms" if name == "twilio" else "email"
    return Account(1, 1, name, channel, over.get("settings", SETTINGS[name]), over.get("secrets", SECRETS[name]))


@pytest.mark.parametrize("name", GOOD)
def test_each_provider_is_asked_one_harmless_question(provider: Callable[..., list[Request]], name: str) -> None:
    asked = provider(200, GOOD[name])
    assert check(account(name)).ok is True
    ((url, header),) = [(request.url, next(key for key in request.headers if key != "Accept")) for request in asked]
    assert (url, header) == ASKED[name]
    assert {(request.method, request.body) for request in asked} == {("GET", None)}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    ("status", "ok"), [(401, False), (403, False), (404, False), (400, False), (429, None), (500, None), (Transient("x"), None)]
)
def test_what_a_provider_answers_is_said_with_what_to_do_and_never_with_the_secret(
    provider: Callable[..., list[Request]], name: str, status: int | Exception, ok: bool | None
) -> None:
    provider(status, {"message": f"bad key {SECRET}"})
    found = check(account(name))
    assert found.ok is ok
    assert found.detail
    assert SECRET not in found.detail


WRONG: list[tuple[str, Any, str]] = [
    ("mailgun", {"domain": {"state": "unverified"}}, "not verified"),
    ("sendgrid", {"scopes": ["stats.read"]}, "Mail Send"),
    ("postmark", {"DeliveryType": "Sandbox"}, "sandbox server"),
    ("twilio", {"status": "suspended"}, "suspended"),
]


@pytest.mark.parametrize(("name", "body", "said"), WRONG)
def test_a_good_key_that_cannot_send_is_no_pass(provider: Callable[..., list[Request]], name: str, body: Any, said: str) -> None:
    provider(200, body)
    found = check(account(name))
    assert found.ok is False
    assert said in found.detail


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("body", [[], "text", None, {}, {"domain": None, "scopes": None}])
def test_an_answer_nobody_expects_is_no_pass(provider: Callable[..., list[Request]], name: str, body: Any) -> None:
    provider(200, body)
    assert check(account(name)).ok is not True or (name == "postmark" and isinstance(body, dict))


def test_a_blocked_address_is_said_plainly(provider: Callable[..., list[Request]]) -> None:
    provider(Blocked("mg.acme.example"))
    assert check(account("mailgun")).ok is False


def test_with_an_api_key_twilio_is_asked_what_the_key_may_read(provider: Callable[..., list[Request]]) -> None:
    asked = provider(200, {})
    secrets = {"auth_token": "other-token", "api_key_sid": "SK" + "b" * 32, "api_key_secret": SECRET}
    assert check(account("twilio", secrets=secrets)).ok is True
    assert asked[0].url.endswith("/Messages.json?PageSize=1")


class Server:
    """A mail server as smtplib's client shows it."""

    def __init__(self, trouble: Exception | None) -> None:
        self.trouble, self.said, self.connection = trouble, [""], self

    def open(self) -> None:
        if self.trouble:
            raise self.trouble

    def noop(self) -> None:
        self.said.append("NOOP")

    def close(self) -> None:
        self.said.append("QUIT")


@pytest.mark.parametrize(
    ("trouble", "ok"),
    [
        (None, True),
        (smtplib.SMTPAuthenticationError(535, SECRET.encode()), False),
        (smtplib.SMTPNotSupportedError("STARTTLS"), False),
        (ConnectionRefusedError(), None),
        (TimeoutError(), None),
    ],
)
def test_a_mail_server_is_entered_and_left(monkeypatch: pytest.MonkeyPatch, trouble: Exception | None, ok: bool | None) -> None:
    server = Server(trouble)
    monkeypatch.setattr(checks, "is_public", lambda host: True)
    monkeypatch.setattr("notifications.channels.email.SmtpMail._backend", staticmethod(lambda account: server))
    found = check(account("smtp"))
    assert (found.ok, server.said[-1], SECRET in found.detail) == (ok, "QUIT", False)


# The sender's domain

SPF = Need("SPF", "TXT", "acme.example", "v=spf1 include:mailgun.org ~all", "include:mailgun.org")
DKIM = Need("DKIM", "TXT", "k1._domainkey.acme.example", "k=rsa; p=MIGf", "p=")
DMARC = Need("DMARC", "TXT", "_dmarc.acme.example", "v=DMARC1; p=none", "v=dmarc1")
POINTER = Need("DKIM", "CNAME", "s1._domainkey.acme.example", "", ".sendgrid.net")


@pytest.mark.parametrize(
    ("need", "answer", "state"),
    [
        (SPF, None, "unknown"),
        (SPF, [], "missing"),
        (SPF, ["google-site-verification=x"], "missing"),
        (SPF, ["V=SPF1 include:mailgun.org -all"], "found"),
        (SPF, ["v=spf1 mx ~all"], "wrong"),
        (SPF, ["v=spf1 include:mailgun.org.evil.example ~all"], "wrong"),
        (SPF, ["v=spf1 include:mailgun.org +all"], "wrong"),
        (SPF, ["v=spf1 include:mailgun.org ~all", "v=spf1 mx -all"], "wrong"),
        (DKIM, ["k=rsa; p=MIGf"], "found"),
        (DKIM, ["k=rsa; p="], "wrong"),
        (DMARC, ["v=DMARC1; p=reject"], "found"),
        (DMARC, ["v=DMARC1; p=reject", "v=DMARC1; p=none"], "wrong"),
        (POINTER, ["s1.domainkey.u1.wl2.sendgrid.net"], "found"),
        (POINTER, ["elsewhere.example"], "wrong"),
        (POINTER, [], "missing"),
    ],
)
def test_a_record_is_found_missing_wrong_or_could_not_be_looked_up(need: Need, answer: list[str] | None, state: str) -> None:
    assert judge(need, answer).state == state


def test_what_to_copy_keeps_what_the_shop_has() -> None:
    found = judge(SPF, ["v=spf1 mx include:_spf.google.com -all"])
    assert found.value == "v=spf1 mx include:_spf.google.com include:mailgun.org -all"


def test_what_the_provider_names_goes_before_what_we_would_guess() -> None:
    named = [("TXT", "mg.acme.example", "v=spf1 include:eu.mailgun.org ~all"), ("TXT", "pic._domainkey.mg.acme.example", "k=rsa; p=A")]
    needs = needs_of("mailgun", "acme.example", [*named, ("MX", "mg.acme.example", "mxa.eu.mailgun.org")])
    assert [(need.what, need.name) for need in needs] == [
        ("SPF", "mg.acme.example"),
        ("DKIM", "pic._domainkey.mg.acme.example"),
        ("DMARC", "_dmarc.acme.example"),
    ]


def test_the_sandbox_needs_nothing() -> None:
    assert needs_of("sandbox", "acme.example") == []


# Asked by a page, done by a worker


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The domain name system; a name that is not in it has no record, and `down` is not answered."""
    held: dict[str, list[str]] = {}

    def look_up(name: str, type: str) -> list[str]:
        if "down" in held:
            raise NotLookedUp
        return held.get(name, [])

    monkeypatch.setattr("notifications.services.checkup.look_up", look_up)
    return held


def saved(merchant: Merchant) -> ProviderAccount:
    with merchant_scope(merchant.pk):
        settings = {"domain": "mg.acme.example", "region": "eu", "from_email": "shop@news.acme.example"}
        return save_account(channel="email", provider="mailgun", settings=settings, secrets={"api_key": SECRET}, at=NOW)


def reread(merchant: Merchant) -> ProviderAccount:
    with merchant_scope(merchant.pk):
        row: ProviderAccount = ProviderAccount.objects.get()
        return row


def test_saving_an_account_has_it_checked(acme: Merchant, provider: Callable[..., list[Request]], zone: dict[str, list[str]]) -> None:
    asked = provider(200, GOOD["mailgun"])
    zone["news.acme.example"] = ["v=spf1 include:mailgun.org ~all"]
    zone["_dmarc.acme.example"] = ["v=DMARC1; p=reject"]
    saved(acme)
    assert reread(acme).check_ok is None
    assert drain_checks(lambda: NOW) == 1
    row = reread(acme)
    assert (row.check_ok, row.checked_at, row.check_due_at) == (True, NOW, None)
    assert [(record["what"], record["state"]) for record in row.records] == [("SPF", "found"), ("DMARC", "found")]
    assert (drain_checks(lambda: NOW), len(asked)) == (0, 1)


def test_names_that_cannot_be_looked_up_are_no_fault_of_the_domain(
    acme: Merchant, provider: Callable[..., list[Request]], zone: dict[str, list[str]]
) -> None:
    provider(200, GOOD["mailgun"])
    zone["down"] = []
    saved(acme)
    drain_checks(lambda: NOW)
    assert {record["state"] for record in reread(acme).records} == {"unknown"}


def test_a_check_that_breaks_is_tried_again_and_hurts_nobody(acme: Merchant, borealis: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(account: Account) -> None:
        raise RuntimeError

    monkeypatch.setattr("notifications.services.checkup.check", broken)
    saved(acme)
    saved(borealis)
    assert drain_checks(lambda: NOW) == 2
    assert drain_checks(lambda: NOW) == 0  # for two minutes
    assert reread(acme).check_due_at is not None


def test_the_sandbox_is_not_checked(in_acme: Merchant) -> None:
    save_account(channel="email", provider="sandbox", settings={}, secrets={}, at=NOW)
    assert ProviderAccount.objects.get().check_due_at is None


def test_a_stranger_cannot_have_an_account_checked(acme: Merchant, borealis: Merchant, provider: Callable[..., list[Request]]) -> None:
    row = saved(acme)
    with merchant_scope(acme.pk):
        ProviderAccount.objects.update(check_due_at=None)
    with merchant_scope(borealis.pk):
        ask_for_check(account_id=row.pk)
    assert (reread(acme).check_due_at, drain_checks(lambda: NOW)) == (None, 0)


def test_the_name_system_is_asked_in_one_place_with_patience_and_an_answer_for_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.exception  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    monkeypatch.setattr(names, "forbid_transaction", lambda what: None)
    asked: list[dict[str, Any]] = []

    def resolve(answer: type[Exception]) -> Callable[..., None]:
        def play(name: str, type: str, **options: Any) -> None:
            asked.append(options)
            raise answer

        return play

    monkeypatch.setattr(dns.resolver, "resolve", resolve(dns.resolver.NXDOMAIN))
    assert names.look_up("acme.example", "TXT") == []
    monkeypatch.setattr(dns.resolver, "resolve", resolve(dns.exception.Timeout))
    with pytest.raises(NotLookedUp):
        names.look_up("acme.example", "TXT")
    assert {options["lifetime"] for options in asked} == {3.0}
