"""Provider accounts: what each needs, sealed at rest, one active per channel."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import ProviderAccount
from notifications.services import check_account, open_account, save_account
from tests.conftest import NOW

SMTP = {"host": "smtp.example.com", "port": "587", "security": "starttls"}
TWILIO = {"account_sid": "AC" + "a" * 32, "from_number": "+4930123456"}

REFUSED: list[tuple[str, str, dict[str, str], dict[str, str], set[str]]] = [
    ("email", "carrier-pigeon", {}, {}, {"provider"}),
    ("sms", "smtp", SMTP, {}, {"provider"}),
    ("email", "twilio", TWILIO, {"auth_token": "token-123"}, {"provider"}),
    ("email", "smtp", {}, {}, {"host", "port", "security"}),
    ("email", "smtp", {**SMTP, "host": "127.0.0.1"}, {}, {"host"}),
    ("email", "smtp", {**SMTP, "host": "localhost"}, {}, {"host"}),
    ("email", "smtp", {**SMTP, "host": "a.example\r\nx"}, {}, {"host"}),
    ("email", "smtp", {**SMTP, "port": "6379"}, {}, {"port"}),
    ("email", "smtp", {**SMTP, "security": "none"}, {}, {"security"}),
    ("email", "smtp", {**SMTP, "timeout": "9999"}, {}, {"timeout"}),
    ("email", "smtp", {**SMTP, "username": "jürgen"}, {"password": "pässword"}, {"username", "password"}),
    ("email", "mailgun", {"domain": "mg.acme.example"}, {}, {"api_key"}),
    ("email", "mailgun", {"domain": "mg.acme.example", "region": "mars"}, {"api_key": "key-12345678"}, {"region"}),
    ("email", "mailgun", {"domain": "../v3", "api_url": "http://10.0.0.1/"}, {"api_key": "key-12345678"}, {"domain", "api_url"}),
    ("email", "postmark", {"from_email": "a@b@c"}, {"server_token": "pm-12345678"}, {"from_email"}),
    ("email", "postmark", {}, {"server_token": "pm-12345678", "webhook_secret": "short"}, {"webhook_secret"}),
    ("email", "ses", {"region": "moon"}, {"access_key_id": "AKIA1234", "secret_access_key": "secret1234"}, {"region"}),
    ("sms", "twilio", {"account_sid": "x", "from_number": "+49301"}, {"auth_token": "token-123"}, {"account_sid", "from_number"}),
    ("sms", "twilio", {"account_sid": "AC" + "a" * 32}, {"auth_token": "token-123"}, {"from_number", "messaging_service_sid", "sender_id"}),
    ("sms", "twilio", {"account_sid": "AC" + "a" * 32, "sender_id": "+1;ext"}, {"auth_token": "token-123"}, {"sender_id"}),
    ("sms", "twilio", {"account_sid": "AC" + "a" * 32, "sender_id": "TwelveLetter"}, {"auth_token": "token-123"}, {"sender_id"}),
]


@pytest.mark.parametrize(("channel", "provider", "settings", "secrets", "fields"), REFUSED)
def test_each_wrong_field_is_named_and_nothing_is_saved(
    in_acme: Merchant, channel: str, provider: str, settings: dict[str, str], secrets: dict[str, str], fields: set[str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        save_account(channel=channel, provider=provider, settings=settings, secrets=secrets, at=NOW)
    assert set(refused.value.message_dict) == fields
    assert ProviderAccount.objects.count() == 0


ACCEPTED: list[tuple[str, str, dict[str, str], dict[str, str]]] = [
    ("email", "sandbox", {}, {}),
    ("sms", "sandbox", {}, {}),
    ("email", "smtp", SMTP, {"password": "p"}),
    ("email", "mailgun", {"domain": "mg.acme.example", "region": "eu", "from_email": "shop@acme.example"}, {"api_key": "key-12345678"}),
    ("email", "sendgrid", {}, {"api_key": "SG.12345678"}),
    ("email", "postmark", {}, {"server_token": "pm-12345678", "webhook_secret": "caller:a-long-enough-password"}),
    ("email", "ses", {"region": "eu-central-1"}, {"access_key_id": "AKIA1234", "secret_access_key": "secret1234"}),
    ("sms", "twilio", TWILIO, {"auth_token": "token-123"}),
]


@pytest.mark.parametrize(("channel", "provider", "settings", "secrets"), ACCEPTED)
def test_every_provider_of_the_catalogue_can_be_saved(
    in_acme: Merchant, channel: str, provider: str, settings: dict[str, str], secrets: dict[str, str]
) -> None:
    check_account(channel=channel, provider=provider, settings=settings, secrets=secrets)
    row = save_account(channel=channel, provider=provider, settings=settings, secrets=secrets, at=NOW)
    opened = open_account(row)
    assert (opened.settings, opened.secrets) == (settings, secrets)
    assert opened.callback_url == f"https://platform.test/callbacks/{provider}/{row.public_id}/"


def test_secrets_are_sealed_in_the_row_and_left_out_of_what_is_printed(in_acme: Merchant) -> None:
    row = save_account(channel="sms", provider="twilio", settings=TWILIO, secrets={"auth_token": "very-secret-token"}, at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("select secret, settings::text from notifications_provideraccount")
        assert "very-secret-token" not in str(cursor.fetchall())
    assert "very-secret-token" not in repr(open_account(row))


def test_an_empty_secret_keeps_the_one_saved_before(in_acme: Merchant) -> None:
    save_account(channel="sms", provider="twilio", settings=TWILIO, secrets={"auth_token": "first-token"}, at=NOW)
    row = save_account(channel="sms", provider="twilio", settings=TWILIO, secrets={"auth_token": ""}, at=NOW)
    assert open_account(row).secrets == {"auth_token": "first-token"}
    assert ProviderAccount.objects.count() == 1


def test_another_provider_takes_over_and_inherits_no_secret(in_acme: Merchant) -> None:
    save_account(channel="email", provider="sendgrid", settings={}, secrets={"api_key": "SG.12345678"}, at=NOW)
    with pytest.raises(ValidationError):
        save_account(channel="email", provider="mailgun", settings={"domain": "mg.acme.example"}, secrets={}, at=NOW)
    assert list(ProviderAccount.objects.values_list("provider", "is_active")) == [("sendgrid", True)]
    save_account(channel="email", provider="sandbox", settings={}, secrets={}, at=NOW)
    assert sorted(ProviderAccount.objects.values_list("provider", "is_active")) == [("sandbox", True), ("sendgrid", False)]


def test_a_stranger_sees_no_account(acme: Merchant, borealis: Merchant) -> None:
    with merchant_scope(acme.pk):
        save_account(channel="email", provider="sandbox", settings={}, secrets={}, at=NOW)
    with merchant_scope(borealis.pk):
        assert ProviderAccount.objects.count() == 0
