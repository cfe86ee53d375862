"""The addresses providers call back: signed or nothing happens, and only for the account they belong to."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from twilio.request_validator import RequestValidator

from customers.models import Suppression
from merchants.models import Merchant
from merchants.scope import merchant_scope
from notifications.models import Callback, Message, ProviderAccount
from notifications.services import save_account
from tests.conftest import NOW
from tests.factories import place_order
from tests.notifications.conftest import Stub, messages, run

pytestmark = pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")

SID = "AC" + "a" * 32
SM = "SM" + "1" * 32
TOKEN = "auth-token-of-acme"
HOST = "platform.test"
PASSWORD = "caller:a-long-enough-password"
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_KEY = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()

ACCOUNTS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "twilio": ("sms", {"account_sid": SID, "from_number": "+4930123456"}, {"auth_token": TOKEN}),
    "mailgun": ("email", {"domain": "mg.acme.example"}, {"api_key": "key-12345678", "webhook_signing_key": "signing-key-1"}),
    "sendgrid": ("email", {}, {"api_key": "SG.12345678", "webhook_verification_key": PUBLIC_KEY}),
    "postmark": ("email", {}, {"server_token": "pm-12345678", "webhook_secret": PASSWORD}),
    "ses": (
        "email",
        {"region": "eu-central-1"},
        {"access_key_id": "AKIA1234", "secret_access_key": "secret1234", "webhook_secret": PASSWORD},
    ),
}


@dataclass
class Sent:
    """A message that went out through an account of the provider under test."""

    merchant: Merchant
    account: ProviderAccount
    message: Message

    def now(self) -> Message:
        with merchant_scope(self.merchant.pk):
            row: Message = Message.objects.get(pk=self.message.pk)
            return row

    def suppressed(self) -> list[tuple[str, str]]:
        with merchant_scope(self.merchant.pk):
            return list(Suppression.objects.values_list("channel", "reason"))

    def callbacks(self) -> int:
        with merchant_scope(self.merchant.pk):
            return Callback.objects.count()


def sent_through(provider: str, merchant: Merchant) -> Sent:
    """The stub did the sending; the callback is the provider's own."""
    channel, settings, secrets = ACCOUNTS[provider]
    with merchant_scope(merchant.pk):
        place_order(number=provider)
    run()
    with merchant_scope(merchant.pk):
        account = save_account(channel=channel, provider=provider, settings=settings, secrets=secrets, at=NOW)
        message = Message.objects.get(channel=channel)
        Message.objects.filter(pk=message.pk).update(account=account)
    return Sent(merchant, account, message)


@pytest.fixture
def platform() -> Client:
    return Client(headers={"host": HOST})


def twilio_fields(**over: str) -> dict[str, str]:
    return {
        "AccountSid": SID,
        "MessageSid": SM,
        "SmsSid": SM,
        "MessageStatus": "delivered",
        "To": "+4915123456789",
        "From": "+4930123456",
        **over,
    }


def call_twilio(client: Client, sent: Sent, fields: dict[str, str], *, key: str = TOKEN, token: str = "", url: str = "") -> Any:
    path = f"/callbacks/twilio/{sent.account.public_id}/{token or sent.message.token}/"
    signature = RequestValidator(key).compute_signature(url or f"https://{HOST}{path}", fields)
    headers = {"X-Twilio-Signature": signature}
    return client.post(path, urlencode(fields), content_type="application/x-www-form-urlencoded", headers=headers)


def test_a_signed_status_of_twilio_moves_the_message(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("twilio", wired)
    assert call_twilio(platform, sent, twilio_fields()).status_code == 204
    assert sent.now().state == "delivered"
    assert call_twilio(platform, sent, twilio_fields(MessageStatus="sent")).status_code == 204
    assert sent.now().state == "delivered"
    assert sent.callbacks() == 2


def test_stop_blocks_the_number(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("twilio", wired)
    assert call_twilio(platform, sent, twilio_fields(MessageStatus="failed", ErrorCode="21610")).status_code == 204
    assert (sent.now().state, sent.suppressed()) == ("failed", [("sms", "stop")])


def assert_untouched(sent: Sent) -> None:
    assert (sent.now().state, sent.callbacks(), sent.suppressed()) == ("sent", 0, [])


def test_a_wrong_signature_or_none_is_refused_and_changes_nothing(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("twilio", wired)
    path = f"/callbacks/twilio/{sent.account.public_id}/{sent.message.token}/"
    form: dict[str, Any] = {"data": urlencode(twilio_fields()), "content_type": "application/x-www-form-urlencoded"}
    assert call_twilio(platform, sent, twilio_fields(), key="another-key").status_code == 403
    assert platform.post(path, **form).status_code == 403
    assert platform.post(path, **form, headers={"X-Twilio-Signature": "ÿ"}).status_code == 403
    assert call_twilio(platform, sent, twilio_fields(), url="http://evil.example/").status_code == 403
    assert_untouched(sent)


def test_a_signature_for_another_message_is_refused(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("twilio", wired)
    elsewhere = f"https://{HOST}/callbacks/twilio/{sent.account.public_id}/{'x' * 22}/"
    assert call_twilio(platform, sent, twilio_fields(), url=elsewhere).status_code == 403
    assert call_twilio(platform, sent, twilio_fields(), token="x" * 22).status_code == 204  # genuine, about no message of ours
    assert_untouched(sent)


def test_repeated_merged_and_extra_query_parameters_are_refused(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("twilio", wired)
    path = f"/callbacks/twilio/{sent.account.public_id}/{sent.message.token}/"
    merged = {k: v for k, v in twilio_fields().items() if k not in ("MessageSid", "MessageStatus")} | {
        f"MessageSid{SM}MessageStatus": "delivered"
    }
    assert call_twilio(platform, sent, merged).status_code == 400
    signature = RequestValidator(TOKEN).compute_signature(f"https://{HOST}{path}", twilio_fields())
    headers = {"X-Twilio-Signature": signature}
    form = "application/x-www-form-urlencoded"
    assert platform.post(path, urlencode(twilio_fields()) + "&MessageStatus=failed", content_type=form, headers=headers).status_code == 400
    assert platform.post(path + "?a=1", urlencode(twilio_fields()), content_type=form, headers=headers).status_code == 400
    assert_untouched(sent)


def test_json_is_not_twilios_form(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("twilio", wired)
    path = f"/callbacks/twilio/{sent.account.public_id}/{sent.message.token}/"
    assert platform.post(path, "{}", content_type="application/json", headers={"X-Twilio-Signature": "x"}).status_code == 415
    assert platform.get(path).status_code == 405
    assert_untouched(sent)


def test_an_unknown_account_is_not_found(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("twilio", wired)
    assert platform.post(f"/callbacks/twilio/nobody/{sent.message.token}/").status_code == 404
    assert platform.post(f"/callbacks/postmark/{sent.account.public_id}/").status_code == 404
    assert platform.post("/callbacks/sandbox/x/").status_code == 404


def test_another_merchants_key_does_not_open_this_account(wired: Merchant, borealis: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("twilio", wired)
    with merchant_scope(borealis.pk):
        channel, settings, _ = ACCOUNTS["twilio"]
        other = save_account(channel=channel, provider="twilio", settings=settings, secrets={"auth_token": "borealis-token"}, at=NOW)
    assert call_twilio(platform, sent, twilio_fields(), key="borealis-token").status_code == 403
    foreign = Sent(borealis, other, sent.message)
    assert call_twilio(platform, foreign, twilio_fields(), key="borealis-token").status_code == 204
    assert_untouched(sent)


def mailgun(sent: Sent, event: dict[str, Any], key: str = "signing-key-1") -> tuple[str, dict[str, str]]:
    stamp, nonce = "1700000000", "n" * 50
    signature = hmac.new(key.encode(), f"{stamp}{nonce}".encode(), hashlib.sha256).hexdigest()
    data = {
        "user-variables": {"token": sent.message.token},
        "recipient": "sam@example.com",
        "message": {"headers": {"message-id": "1@mg"}},
        "timestamp": 1700000000.0,
        **event,
    }
    return json.dumps({"signature": {"timestamp": stamp, "token": nonce, "signature": signature}, "event-data": data}), {}


def basic(password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(password.encode()).decode()}"}


def postmark(sent: Sent, event: dict[str, Any]) -> tuple[str, dict[str, str]]:
    return json.dumps({"MessageID": "pm-1", "Metadata": {"token": sent.message.token}, "Recipient": "sam@example.com", **event}), basic()


def sendgrid(sent: Sent, *events: Any) -> tuple[str, dict[str, str]]:
    body = json.dumps(
        [
            {
                "email": "sam@example.com",
                "timestamp": 1700000000,
                "sg_message_id": "x",
                "anymail_id": "sg-1",
                "token": sent.message.token,
                **event,
            }
            if isinstance(event, dict)
            else event
            for event in events
        ]
    )
    signature = base64.b64encode(KEY.sign(b"1700000000" + body.encode(), ec.ECDSA(hashes.SHA256()))).decode()
    return body, {"X-Twilio-Email-Event-Webhook-Signature": signature, "X-Twilio-Email-Event-Webhook-Timestamp": "1700000000"}


def ses(sent: Sent, event: dict[str, Any]) -> tuple[str, dict[str, str]]:
    mail = {
        "messageId": "ses-1",
        "destination": ["sam@example.com"],
        "headers": [{"name": "X-Metadata", "value": json.dumps({"token": sent.message.token})}],
    }
    body = {
        "Type": "Notification",
        "MessageId": "sns-1",
        "Timestamp": "2026-11-20T10:00:00Z",
        "Message": json.dumps({"mail": mail, **event}),
    }
    return json.dumps(body), {**basic(), "x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": "sns-1"}


GONE = [{"emailAddress": "sam@example.com", "diagnosticCode": "550"}]
EVENTS: list[tuple[str, Any, dict[str, Any], str, list[tuple[str, str]]]] = [
    ("mailgun", mailgun, {"event": "delivered"}, "delivered", []),
    ("mailgun", mailgun, {"event": "failed", "severity": "permanent", "reason": "bounce"}, "bounced", [("email", "bounce")]),
    ("mailgun", mailgun, {"event": "failed", "severity": "temporary", "reason": "generic"}, "sent", []),
    ("mailgun", mailgun, {"event": "complained"}, "delivered", [("email", "complaint")]),
    ("mailgun", mailgun, {"event": "opened"}, "sent", []),
    ("postmark", postmark, {"RecordType": "Delivery", "DeliveredAt": "2026-11-20T10:00:00Z"}, "delivered", []),
    (
        "postmark",
        postmark,
        {"RecordType": "Bounce", "Type": "HardBounce", "ID": 1, "Email": "sam@example.com"},
        "bounced",
        [("email", "bounce")],
    ),
    ("postmark", postmark, {"RecordType": "Bounce", "Type": "SoftBounce", "ID": 1, "Email": "sam@example.com"}, "bounced", []),
    (
        "postmark",
        postmark,
        {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 1, "Email": "sam@example.com"},
        "delivered",
        [("email", "complaint")],
    ),
    ("sendgrid", sendgrid, {"event": "delivered"}, "delivered", []),
    ("sendgrid", sendgrid, {"event": "bounce", "type": "bounce", "reason": "550"}, "bounced", [("email", "bounce")]),
    ("sendgrid", sendgrid, {"event": "bounce", "type": "blocked", "reason": "450"}, "bounced", []),
    ("sendgrid", sendgrid, {"event": "spamreport"}, "delivered", [("email", "complaint")]),
    ("ses", ses, {"eventType": "Delivery", "delivery": {"recipients": ["sam@example.com"]}}, "delivered", []),
    (
        "ses",
        ses,
        {"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": GONE}},
        "bounced",
        [("email", "bounce")],
    ),
    (
        "ses",
        ses,
        {"eventType": "Bounce", "bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull", "bouncedRecipients": GONE}},
        "bounced",
        [],
    ),
    ("ses", ses, {"eventType": "Complaint", "complaint": {"complainedRecipients": GONE}}, "delivered", [("email", "complaint")]),
]


@pytest.mark.parametrize(("provider", "build", "event", "state", "suppressed"), EVENTS)
def test_each_providers_events_move_the_message_and_block_dead_addresses(
    wired: Merchant,
    stub: Stub,
    platform: Client,
    provider: str,
    build: Any,
    event: dict[str, Any],
    state: str,
    suppressed: list[tuple[str, str]],
) -> None:
    sent = sent_through(provider, wired)
    body, headers = build(sent, event)
    path = f"/callbacks/{provider}/{sent.account.public_id}/"
    for _ in range(2):
        assert platform.post(path, body, content_type="application/json", headers=headers).status_code == 200
    assert (sent.now().state, sent.suppressed()) == (state, suppressed)


FORGERIES = [
    ("mailgun", lambda sent: mailgun(sent, {"event": "complained"}, key="wrong-key"), 403),
    ("mailgun", lambda sent: ("not json", {}), 403),
    ("postmark", lambda sent: (postmark(sent, {"RecordType": "Delivery"})[0], {}), 403),
    ("postmark", lambda sent: (postmark(sent, {"RecordType": "Delivery"})[0], basic("caller:wrong")), 403),
    ("postmark", lambda sent: ("not json", basic()), 400),
    ("sendgrid", lambda sent: (sendgrid(sent, {"event": "bounce"})[0], {}), 403),
    ("sendgrid", lambda sent: (sendgrid(sent, {"event": "bounce"})[0], sendgrid(sent, {"event": "delivered"})[1]), 403),
    ("ses", lambda sent: (ses(sent, {"eventType": "Delivery"})[0], {}), 401),
    ("ses", lambda sent: (ses(sent, {"eventType": "Delivery", "delivery": {"recipients": []}})[0], basic("caller:wrong")), 403),
    ("ses", lambda sent: ("not json", basic()), 400),
]


@pytest.mark.parametrize(("provider", "forge", "status"), FORGERIES)
def test_what_is_not_proven_to_be_the_providers_changes_nothing(
    wired: Merchant, stub: Stub, platform: Client, provider: str, forge: Any, status: int
) -> None:
    sent = sent_through(provider, wired)
    body, headers = forge(sent)
    path = f"/callbacks/{provider}/{sent.account.public_id}/"
    assert platform.post(path, body, content_type="application/json", headers=headers).status_code == status
    assert_untouched(sent)


def test_without_a_password_set_nobody_is_believed(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("postmark", wired)
    with merchant_scope(wired.pk):
        sent.account.is_active = False
        sent.account.save(update_fields=["is_active"])
        sent.account = save_account(channel="email", provider="postmark", settings={}, secrets={"server_token": "pm-12345678"}, at=NOW)
    body, headers = postmark(sent, {"RecordType": "Delivery"})
    assert (
        platform.post(f"/callbacks/postmark/{sent.account.public_id}/", body, content_type="application/json", headers=headers).status_code
        == 403
    )
    assert_untouched(sent)


def test_one_malformed_event_of_a_batch_does_not_cost_the_others(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("sendgrid", wired)
    body, headers = sendgrid(sent, "junk", {"event": ["x"]}, 7, {"event": "delivered"}, None)
    assert (
        platform.post(f"/callbacks/sendgrid/{sent.account.public_id}/", body, content_type="application/json", headers=headers).status_code
        == 200
    )
    assert (sent.now().state, sent.callbacks()) == ("delivered", 1)


def test_an_account_switched_off_still_hears_about_what_it_sent(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("postmark", wired)
    with merchant_scope(wired.pk):
        save_account(channel="email", provider="sandbox", settings={}, secrets={}, at=NOW)
    body, headers = postmark(sent, {"RecordType": "Delivery"})
    assert (
        platform.post(f"/callbacks/postmark/{sent.account.public_id}/", body, content_type="application/json", headers=headers).status_code
        == 200
    )
    assert sent.now().state == "delivered"


def test_providers_may_look_whether_the_address_answers(wired: Merchant, stub: Stub, platform: Client) -> None:
    sent = sent_through("mailgun", wired)
    assert platform.head(f"/callbacks/mailgun/{sent.account.public_id}/").status_code == 200
    assert messages(wired, channel="email")[0].state == "sent"
