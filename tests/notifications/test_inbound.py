"""Texts from shoppers: signed or nothing happens; STOP, START and HELP in their own words; anything else is kept for staff."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from customers.models import Consent, Suppression
from customers.selectors import customer_of_token, preferences_of
from customers.services import set_contact_rule, suppress
from customers.types import Topic
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.selectors import branding
from merchants.services import create_merchant
from notifications.answers import answer
from notifications.keywords import Meaning, meaning_of
from notifications.models import InboundText, ProviderAccount, ShortLink
from notifications.services import purge_contents, save_account
from notifications.sms import segments
from tests.conftest import NOW
from tests.factories import EMAIL, PHONE, customer, place_order
from tests.notifications.conftest import Stub, run, states

SID = "AC" + "a" * 32
TOKEN = "auth-token-of-acme"
HOST = "platform.test"
FORM = "application/x-www-form-urlencoded"

SAID = {
    ("stop", ""): "STOP|STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|REVOKE|OPTOUT|stop| Stop. |STOP!!!|“stop”|Ｓｔｏｐ|Opt-Out|stop all|STOP 🛑",
    ("start", ""): "START|YES|UNSTOP|yes!",
    ("help", ""): "HELP|INFO|Help?",
    ("stop", "de"): "STOPP|Stopp.|abmelden",
    ("stop", "fr"): "ARRET|Arrêt|ARRÊT.",
    ("stop", "id"): "BERHENTI|berhenti",
    ("stop", "pt-br"): "PARE|PARAR|SAIR|sair.",
    ("stop", "zh-hans"): "退订|T|TD|td|退订。",
    ("stop", "sv"): "avsluta",
    ("help", "de"): "Hilfe",
    ("help", "fr"): "aide",
    ("help", "id"): "bantuan",
    ("help", "pt-br"): "Ajuda!",
    ("help", "zh-hans"): "帮助",
    ("help", "sv"): "HJÄLP",
    ("", ""): "| |...|please stop|stop it|nonstop|don't stop|yes please|Where is it?|退订吗|1",
}
WORDS = [(word, *meaning) for meaning, words in SAID.items() for word in words.split("|")]


@pytest.mark.parametrize(("text", "keyword", "language"), WORDS)
def test_the_whole_text_must_be_the_word(text: str, keyword: str, language: str) -> None:
    assert meaning_of(text) == Meaning(keyword, language)


def test_a_novel_is_not_read_to_its_end() -> None:
    assert meaning_of("stop" + " " * 5_000_000) == Meaning("stop")
    assert meaning_of("ﷺ" * 5_000_000) == Meaning()


@pytest.mark.parametrize("language", ["en", "de", "id", "pt-br", "zh-hans"])
def test_stop_and_help_are_answered_in_one_segment_without_marketing(language: str) -> None:
    texts = [answer("stop", language, brand="Aurora Atelier"), answer("help", language, brand="Aurora", contact="care@aurora.example")]
    assert [segments(text).segments for text in texts] == [1, 1]
    assert all("http" not in text for text in texts)
    assert all(word in answer("start", language, brand="Aurora", preferences="https://x/") for word in ("Aurora", "https://x/"))


@pytest.fixture
def account(acme: Merchant) -> ProviderAccount:
    return account_of(acme)


def account_of(merchant: Merchant, sid: str = SID) -> ProviderAccount:
    with merchant_scope(merchant.pk):
        return save_account(
            channel="sms",
            provider="twilio",
            settings={"account_sid": sid, "from_number": "+4930123456"},
            secrets={"auth_token": TOKEN},
            at=NOW,
        )


@pytest.fixture
def platform() -> Client:
    return Client(headers={"host": HOST})


def fields(body: str, *, number: int = 1, **over: Any) -> dict[str, str]:
    sid = f"SM{number:032x}"
    return {
        "AccountSid": SID,
        "ApiVersion": "2010-04-01",
        "Body": body,
        "From": PHONE,
        "FromCountry": "DE",
        "MessageSid": sid,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "To": "+4930123456",
        **over,
    }


def path_of(account: ProviderAccount) -> str:
    return f"/callbacks/twilio/{account.public_id}/inbound/"


def call(client: Client, account: ProviderAccount, sent: dict[str, str], *, key: str = TOKEN, url: str = "") -> Any:
    signature = RequestValidator(key).compute_signature(url or f"https://{HOST}{path_of(account)}", sent)
    return client.post(path_of(account), urlencode(sent), content_type=FORM, headers={"X-Twilio-Signature": signature})


def said(response: Any) -> str:
    """The text of the answer, "" for none."""
    assert (response.status_code, response["Content-Type"]) == (200, "text/xml; charset=utf-8")
    root = ElementTree.fromstring(response.content)
    assert (root.tag, [child.tag for child in root]) == ("Response", ["Message"] * len(root))
    return root[0].text or "" if len(root) else ""


def facts(merchant: Merchant) -> tuple[list[Any], list[Any], list[Any]]:
    with merchant_scope(merchant.pk):
        return (
            list(InboundText.objects.order_by("pk").values_list("provider_id", "sender", "text", "keyword")),
            list(Suppression.objects.order_by("pk").values_list("channel", "reason")),
            list(Consent.objects.order_by("pk").values_list("customer__email", "topic", "channel", "is_granted", "source", "wording")),
        )


def nothing(merchant: Merchant) -> bool:
    return facts(merchant) == ([], [], [])


def test_stop_blocks_the_number_and_notes_the_withdrawal_of_everybody_with_it(
    acme: Merchant, account: ProviderAccount, platform: Client
) -> None:
    with merchant_scope(acme.pk):
        customer(email="ann@example.com")
        customer(email="other@example.com", phone="+4915199999999")
        customer()
    response = call(platform, account, fields(" Stop! "))
    assert said(response) == "Acme: You get no more texts from us. Want them again? Write START."
    texts, blocked, consents = facts(acme)
    assert texts == [(f"SM{1:032x}", PHONE, " Stop! ", "stop")]
    assert blocked == [("sms", "stop")]
    assert sorted(consents) == sorted(
        (email, topic, "sms", False, "sms STOP", " Stop! ") for email in ("ann@example.com", EMAIL) for topic in Topic.values
    )


def test_the_same_text_again_changes_nothing_and_is_not_answered(acme: Merchant, account: ProviderAccount, platform: Client) -> None:
    with merchant_scope(acme.pk):
        customer()
    assert said(call(platform, account, fields("STOP"))) != ""
    before = facts(acme)
    assert said(call(platform, account, fields("STOP"))) == ""
    assert facts(acme) == before
    assert said(call(platform, account, fields("START", number=2))) != ""
    assert said(call(platform, account, fields("STOP"))) == ""  # replayed after START: still nothing
    assert facts(acme)[1] == []


def test_stopping_twice_is_confirmed_once(acme: Merchant, account: ProviderAccount, platform: Client) -> None:
    assert said(call(platform, account, fields("STOP"))) != ""
    assert said(call(platform, account, fields("UNSUBSCRIBE", number=2))) == ""
    assert [keyword for *_, keyword in facts(acme)[0]] == ["stop", "stop"]


def test_a_waiting_text_is_withheld_after_stop_and_mail_goes_on(wired: Merchant, stub: Stub, platform: Client) -> None:
    account = account_of(wired)
    with merchant_scope(wired.pk):
        place_order()
    assert said(call(platform, account, fields("STOP"))) != ""
    run()
    assert {key: state for key, state in states(wired).items() if key.startswith(("order_confirmation", "thanks"))} == {
        "order_confirmation/email": "sent",
        "thanks/sms": "suppressed:suppressed",
    }


def test_start_lifts_a_stop_and_grants_nothing_but_says_where_to(acme: Merchant, account: ProviderAccount, platform: Client) -> None:
    with merchant_scope(acme.pk):
        sam = customer()
    call(platform, account, fields("STOP"))
    consents = facts(acme)[2]
    text = said(call(platform, account, fields("START", number=2)))
    with merchant_scope(acme.pk):
        link = ShortLink.objects.get()
        assert customer_of_token(token=link.path.split("/")[2]) == sam
        assert preferences_of(sam, now=NOW).wanted == {("parcels", "email")}
    assert text.startswith(
        "Acme: Texts about your orders are on again. Parcel news and offers stay off until you choose them: https://acme."
    )
    assert text.endswith(f"/l/{link.code}")
    assert facts(acme)[1:] == ([], consents)


@pytest.mark.parametrize("reason", ["bounce", "complaint", "manual", "carrier_block"])
def test_start_lifts_no_other_block_and_is_not_answered(acme: Merchant, account: ProviderAccount, platform: Client, reason: str) -> None:
    with merchant_scope(acme.pk):
        suppress(channel="sms", recipient=PHONE, reason=reason, at=NOW)
    assert said(call(platform, account, fields("START"))) == ""
    assert facts(acme)[1] == [("sms", reason)]


def test_help_names_the_shop_and_how_to_reach_it(acme: Merchant, account: ProviderAccount, platform: Client) -> None:
    with merchant_scope(acme.pk):
        type(branding()).objects.update(email_from_name="Acme & Söhne", support_email="care@acme.example", support_phone="030 123456")
        customer(language="de")
    text = said(call(platform, account, fields("HELP")))
    assert text == "Acme & Söhne: Sie erreichen uns unter care@acme.example, 030 123456. Keine SMS mehr? Schreiben Sie STOP."
    assert (len(facts(acme)[0]), facts(acme)[1:]) == (1, ([], []))


@pytest.mark.parametrize(
    ("word", "language", "chosen", "begins"),
    [
        ("STOP", "en", "", "Acme: You get no more"),
        ("STOP", "id", "", "Acme: Anda tidak akan"),
        ("STOPP", "en", "", "Acme: You get no more"),
        ("STOP", "en", "zh-hans", "Acme：已退订"),
        ("STOP", "fr", "", "Acme: Sie bekommen keine"),
        ("BERHENTI", None, "", "Acme: Anda tidak akan"),
        ("PARE", None, "", "Acme: SMS desativados"),
        ("ARRET", None, "", "Acme: Sie bekommen keine"),
        ("STOP", None, "", "Acme: Sie bekommen keine"),
    ],
)
def test_the_answer_is_in_the_shoppers_language_else_the_words_else_the_shops(
    acme: Merchant, account: ProviderAccount, platform: Client, word: str, language: str | None, chosen: str, begins: str
) -> None:
    with merchant_scope(acme.pk):
        if language is not None:
            sam = customer(language=language)
            set_contact_rule(customer=sam, is_important_only=False, paused_until=None, language=chosen, at=NOW)
    assert said(call(platform, account, fields(word))).replace("Acme: 已", "Acme：已").startswith(begins)


def test_what_twilio_has_answered_itself_is_obeyed_and_not_answered_again(
    acme: Merchant, account: ProviderAccount, platform: Client
) -> None:
    assert said(call(platform, account, fields("no more of this", OptOutType="STOP"))) == ""
    assert facts(acme)[1] == [("sms", "stop")]
    assert said(call(platform, account, fields("weiter", number=2, OptOutType="START"))) == ""
    assert facts(acme)[1] == []
    assert said(call(platform, account, fields("help", number=3, OptOutType="HELP"))) == ""


def test_anything_else_is_kept_for_staff_and_answered_with_nothing(acme: Merchant, account: ProviderAccount, platform: Client) -> None:
    texts = ["Where is my coat?", "", "x" * 3000, "<b>&]]>", "a\0b", "\N{PILE OF POO}"]
    for number, text in enumerate(texts, 1):
        assert said(call(platform, account, fields(text, number=number))) == ""
    kept, blocked, consents = facts(acme)
    assert [text for _, _, text, _ in kept] == ["Where is my coat?", "", "x" * 1600, "<b>&]]>", "ab", "\N{PILE OF POO}"]
    assert ({keyword for *_, keyword in kept}, blocked, consents) == ({""}, [], [])


def test_a_sender_that_is_no_number_blocks_nobody(acme: Merchant, account: ProviderAccount, platform: Client) -> None:
    for number, sender in enumerate(("12345", "Spammer", "+1"), 1):
        assert said(call(platform, account, fields("STOP", number=number, From=sender))) == ""
    assert (len(facts(acme)[0]), facts(acme)[1]) == (3, [])


def test_a_stop_counts_for_the_shop_it_was_said_to(acme: Merchant, borealis: Merchant, account: ProviderAccount, platform: Client) -> None:
    with merchant_scope(borealis.pk):
        customer()
    call(platform, account, fields("STOP"))
    assert nothing(borealis)


def test_forged_texts_are_refused_and_change_nothing(acme: Merchant, account: ProviderAccount, platform: Client) -> None:
    form: dict[str, Any] = {"data": urlencode(fields("STOP")), "content_type": FORM}
    assert call(platform, account, fields("STOP"), key="another-key").status_code == 403
    assert call(platform, account, fields("STOP"), url="https://evil.example/").status_code == 403
    assert call(platform, account, fields("STOP"), url=f"https://{HOST}{path_of(account)}x/").status_code == 403
    assert platform.post(path_of(account), **form).status_code == 403
    assert platform.post(path_of(account), **form, headers={"X-Twilio-Signature": "ÿ"}).status_code == 403
    signature = RequestValidator(TOKEN).compute_signature(f"https://{HOST}{path_of(account)}", fields("Hello"))
    assert platform.post(path_of(account), **form, headers={"X-Twilio-Signature": signature}).status_code == 403
    assert nothing(acme)


@pytest.mark.parametrize(
    "over",
    [
        {"AccountSid": "AC" + "b" * 32},
        {"MessageSid": "SM1"},
        {"MessageSid": ""},
        {"From": ""},
        {"FromCity": "x" + "MessageSid"},
        {"Fro mCity": "x"},
        {"BodySTOPNumMedia": "0"},
        {"": "x"},
    ],
)
def test_fields_that_are_missing_or_cut_anew_are_refused(
    acme: Merchant, account: ProviderAccount, platform: Client, over: dict[str, Any]
) -> None:
    assert call(platform, account, fields("STOP", **over)).status_code == 400
    assert nothing(acme)


def test_a_text_without_its_body_field_is_refused(acme: Merchant, account: ProviderAccount, platform: Client) -> None:
    sent = fields("x")
    del sent["Body"]
    assert call(platform, account, sent).status_code == 400
    assert nothing(acme)


def test_other_methods_types_and_accounts_are_refused(acme: Merchant, account: ProviderAccount, platform: Client) -> None:
    path = path_of(account)
    assert platform.get(path).status_code == 405
    assert platform.post(path, "{}", content_type="application/json").status_code == 415
    assert platform.post(path, {"Body": "STOP"}).status_code == 415  # multipart
    assert platform.post("/callbacks/twilio/nobody/inbound/", urlencode(fields("STOP")), content_type=FORM).status_code == 404
    assert platform.post(path, "a=1&" * 2000, content_type=FORM).status_code == 413
    assert platform.post(path + "?a=1", urlencode(fields("STOP")), content_type=FORM).status_code == 400
    assert platform.post(path, urlencode(fields("STOP")) + "&Body=x", content_type=FORM).status_code == 400
    assert Client(headers={"host": "acme.platform.test"}).post(path, urlencode(fields("STOP")), content_type=FORM).status_code == 404
    assert nothing(acme)


def test_texts_are_forgotten_after_ninety_days(real_commits: None) -> None:
    acme = create_merchant(slug="acme", name="Acme", at=NOW, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    account = account_of(acme)
    with merchant_scope(acme.pk):
        InboundText.objects.create(account=account, provider_id="SM1", sender=PHONE, text="old", received_at=NOW - timedelta(days=91))
        InboundText.objects.create(account=account, provider_id="SM2", sender=PHONE, text="new", received_at=NOW - timedelta(days=89))
    purge_contents(now=NOW)
    with merchant_scope(acme.pk):
        assert [row.text for row in InboundText.objects.all()] == ["new"]
