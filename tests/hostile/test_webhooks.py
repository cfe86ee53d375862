"""Every entry of `webhooks.yaml` against everybody who may call us: each connector's hook, each provider's callback."""

import copy
import hashlib
import itertools
import json
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.models import InboxItem
from connectors.registry import CONNECTORS
from connectors.services.inbox import drain_inbox
from events.models import Delivery
from events.services import drain
from merchants.scope import merchant_scope
from tests.conftest import NOW
from tests.connectors.test_mutated_payloads import places, replace
from tests.hostile.corpus import IS_DEEP, Entry, Rota, all_cases, entries
from tests.hostile.rule import Court
from tests.hostile.senders import CALLERS, EVENTS, PROVIDERS, SIGNATURES, Hook, Phone, Post, as_json, hook_of, phone_of, post_of
from tests.hostile.stage import Street
from tests.notifications import test_channels_callbacks as mails
from tests.notifications.test_inbound import fields as inbound_fields

Courts = Callable[..., Court]
# A refusal is counted at the connection; a failed rate limit nowhere.
COUNTED = frozenset({"connectors_connection"})
pytestmark = pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")


@pytest.fixture
def hooks(street: Street) -> list[Hook]:
    return [hook_of(street.here, connector) for connector in CALLERS]


@pytest.fixture
def posts(street: Street) -> list[Post]:
    return [post_of(street.here, provider) for provider in PROVIDERS]


@pytest.fixture
def phone(street: Street) -> Phone:
    return phone_of(street.here)


def as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def first(hook: Hook) -> tuple[str, bytes]:
    topic, body = hook.samples()[0]
    return topic, as_json(body)


def test_every_kind_of_caller_is_here() -> None:
    assert [name for name, row in CONNECTORS.items() if name not in CALLERS and row.topics] == []
    assert sorted(EVENTS) == PROVIDERS == sorted(set(mails.ACCOUNTS) - {"twilio"})
    assert sorted(SIGNATURES) == sorted(CALLERS)


def forgery(hook: Hook, value: str, theirs: str) -> dict[str, Any]:
    """What to change about a genuine call."""
    _, body = first(hook)
    spelled: dict[str, str | None] = {
        "absent": None, "hex": hashlib.sha256(body).hexdigest(), "double": "AAAA, AAAA", "lower": "a" * 43 + "=",
    }  # fmt: skip
    if value in ("stranger", "retired"):
        return {"secret": theirs}
    return {"headers": {SIGNATURES[hook.connector]: spelled.get(value, value)}, "query": ""}


def test_what_is_not_proven_is_refused(street: Street, hooks: list[Hook], posts: list[Post], phone: Phone, court: Courts) -> None:
    judge, rota = court("webhooks: forged", counted=COUNTED), Rota(1)
    with judge.sitting():
        for hook, entry in itertools.product(hooks, entries("webhooks", at="forged")):
            topic, body = first(hook)
            for name, value in rota.cases(entry):
                over = forgery(hook, value, "the-secret-of-another-house")
                judge.play(hook.connector, name, partial(hook.call, topic, body, **over), status=entry.status)
        for post, entry in itertools.product(posts, entries("webhooks", at="forged")):
            for name, value in rota.cases(entry):
                genuine, headers = post.body(EVENTS[post.provider])
                spoilt = genuine.replace('"signature": "', f'"signature": "{"x" if value.isascii() else value}', 1)
                bad = {key: value if value.isascii() else "x" for key in headers if "Timestamp" not in key and not key.startswith("x-")}
                judge.play(post.provider, name, partial(post.call, spoilt, bad), status=entry.status)
        for entry in entries("webhooks", at="forged"):
            for name, value in rota.cases(entry):
                headers = {} if value in ("stranger", "retired") else {"X-Twilio-Signature": "" if value == "absent" else value}
                for part in (phone.sent.message.token, "inbound"):
                    fields = inbound_fields("Hello", AccountSid=mails.SID) if part == "inbound" else mails.twilio_fields()
                    call = partial(phone.call, part, fields, key="another", headers=headers)
                    judge.play("twilio", name, call, status=entry.status)
    judge.verdict()


def settle_inbox(hook: Hook) -> list[str]:
    """Work off what was taken. Names what ended in an error nobody foresaw."""
    while drain_inbox(lambda: NOW) + drain(lambda: NOW):
        pass
    with merchant_scope(hook.row.merchant_id):
        failed = InboxItem.objects.filter(connection=hook.row).exclude(last_error="").exclude(outcome__startswith="refused: ")
        odd = [f"{item.topic}: {item.state} {item.last_error}" for item in failed.exclude(outcome__startswith="gave up")]
        return odd + [f"{row.handler}: {row.last_error}" for row in Delivery.objects.exclude(last_error="").exclude(handler="some.handler")]


def play_hook(judge: Court, hook: Hook, name: str, topic: str, body: bytes, entry: Entry, *, drain: bool = True, **over: Any) -> None:
    odd: list[str] = []

    def call() -> Any:
        answer = hook.call(topic, body, **over)
        if drain and answer.status_code == 200:
            odd.extend(settle_inbox(hook))
        return answer

    judge.play(hook.connector, name, call, status=entry.status)
    for problem in odd:
        judge.blame(f"{name} at {hook.connector}", problem[:300])


def test_signed_bytes_of_any_kind(hooks: list[Hook], posts: list[Post], court: Courts) -> None:
    judge, rota = court("webhooks: bodies", counted=COUNTED), Rota(1)
    with judge.sitting():
        for hook, entry in itertools.product(hooks, entries("webhooks", at="body")):
            for name, value in rota.cases(entry):
                play_hook(judge, hook, name, first(hook)[0], as_bytes(value), entry)
        for post, entry in itertools.product(posts, entries("webhooks", at="body")):
            for name, value in rota.cases(entry):
                text = as_bytes(value).decode("utf-8", "replace")
                judge.play(post.provider, name, partial(post.call, text, post.signed(text)), status=entry.status)
    judge.verdict()


def test_signed_payloads_with_one_value_exchanged(hooks: list[Hook], court: Courts) -> None:
    judge, turn = court("webhooks: fields", counted=COUNTED), itertools.count()
    samples = [(hook, topic, body) for hook in hooks for topic, body in hook.samples()]
    with judge.sitting():
        for (hook, topic, body), entry in itertools.product(samples, entries("webhooks", at="field")):
            known, rota = places(body), Rota(8)
            for _ in range(3 if IS_DEEP else 1):
                for name, value in rota.cases(entry):
                    where = known[next(turn) * 7 % len(known)]
                    changed = copy.deepcopy(body)
                    replace(changed, where, value)
                    told = f"{name} in {'.'.join(map(str, where))} of {topic}"
                    play_hook(judge, hook, told, topic, as_json(changed), entry)
    judge.verdict()


def test_erasure_of_nobody_and_of_odd_ones(hooks: list[Hook], court: Courts) -> None:
    judge, turn = court("webhooks: erasure", counted=COUNTED), itertools.count()
    shop = next(hook for hook in hooks if hook.connector == "shopify")
    sample = dict(shop.samples())["customers/redact"]
    with judge.sitting():
        for entry in entries("webhooks", at="field_of"):
            for topic, (name, value) in itertools.product(entry.also["topics"], entry.cases()):
                body, known = copy.deepcopy(sample), places(sample)
                replace(body, known[next(turn) % len(known)], value)
                play_hook(judge, shop, f"{name} of {topic}", topic, as_json(body), entry)
    judge.verdict()


def test_topics_ids_queries_methods_and_addresses(hooks: list[Hook], posts: list[Post], phone: Phone, court: Courts) -> None:
    judge = court("webhooks: surroundings", counted=COUNTED)
    with judge.sitting():
        for hook in hooks:
            topic, body = first(hook)
            turn = CALLERS.index(hook.connector)
            for entry, name, value in all_cases("webhooks") if IS_DEEP else all_cases("webhooks")[turn % 2 :: 2]:
                match entry.at:
                    case "topic":
                        sample = {**json.loads(body), "event": value, "description": value}
                        play_hook(judge, hook, name, value.replace("\r\n", " "), as_json(sample), entry)
                    case "event_id":
                        play_hook(judge, hook, name, topic, as_json({**json.loads(body), "id": value}), entry, event_id=value)
                    case "query":
                        judge.play(hook.connector, name, partial(hook.call, *first(hook), query=value), status=entry.status)
                    case "method":
                        judge.play(hook.connector, name, partial(hook.call, *first(hook), method=value), status=entry.status)
                    case "nobody":
                        path = f"/hooks/{value}/"
                        judge.play(hook.connector, name, partial(hook.call, *first(hook), path=path), status=entry.status)
        for post, (entry, name, value) in itertools.product(posts, _cases("nobody", "method")):
            path = f"/callbacks/{post.provider}/{value}/" if entry.at == "nobody" else post.path
            method = value if entry.at == "method" else "POST"
            call = partial(post.call, *post.body(EVENTS[post.provider]), path=path, method=method)
            judge.play(post.provider, name, call, status=entry.status)
        for entry, name, value in _cases("method"):
            judge.play("twilio", name, partial(phone.call, "inbound", {}, method=value), status=entry.status)
    judge.verdict()


def _cases(*places: str) -> list[tuple[Entry, str, Any]]:
    return [(entry, name, value) for place in places for entry in entries("webhooks", at=place) for name, value in entry.cases()]


def test_times_in_signatures(hooks: list[Hook], posts: list[Post], court: Courts) -> None:
    judge = court("webhooks: times", counted=COUNTED)
    shippo, sendgrid = (next(one for one in hooks if one.connector == "shippo"), next(one for one in posts if one.provider == "sendgrid"))
    mailgun = next(one for one in posts if one.provider == "mailgun")
    with judge.sitting():
        for entry, name, value in _cases("stamp"):
            signature = {"Shippo-Auth-Signature": f"t={value},v1={'a' * 64}"}
            judge.play("shippo", name, partial(shippo.call, *first(shippo), headers=signature, query=""), status=entry.status)
            body, headers = sendgrid.body(EVENTS["sendgrid"])
            stamped = {**headers, "X-Twilio-Email-Event-Webhook-Timestamp": value}
            judge.play("sendgrid", name, partial(sendgrid.call, body, stamped), status=entry.status)
            body = mailgun.body(EVENTS["mailgun"])[0].replace("1700000000", value)
            judge.play("mailgun", name, partial(mailgun.call, body, {}), status=entry.status)
    judge.verdict()


def test_the_same_call_again_is_one_effect_and_another_body_under_its_name_none(hooks: list[Hook], court: Courts) -> None:
    judge = court("webhooks: again", counted=COUNTED)
    with judge.sitting():
        for hook in hooks:
            topic, body = first(hook)
            other = json.dumps({**json.loads(body), "note": "another"}).encode()
            for entry, name, value in _cases("again", "again_other"):
                bodies = [body] * value if entry.at == "again" else [body, other]

                def call(hook: Hook = hook, topic: str = topic, bodies: list[bytes] = bodies) -> Any:
                    answers = [hook.call(topic, one, event_id="the-same") for one in bodies]
                    with merchant_scope(hook.row.merchant_id):
                        stored = InboxItem.objects.filter(connection=hook.row).count()
                    assert [one.status_code for one in answers] == [200] * len(bodies)
                    assert 1 <= stored <= len(set(bodies))  # two where the sender names no event: then the body is its name
                    return answers[-1]

                judge.play(hook.connector, name, call, status=entry.status)
    judge.verdict()


def test_twilios_forms(phone: Phone, court: Courts, street: Street) -> None:
    judge = court("webhooks: twilio", counted=COUNTED)
    token, fields = phone.sent.message.token, mails.twilio_fields()
    with judge.sitting():
        for part, (entry, name, value) in itertools.product((token, "inbound"), _cases("form", "content_type")):
            if entry.at == "content_type":
                judge.play("twilio", name, partial(phone.call, part, fields, content_type=value), status=entry.status)
            else:
                raw, query = _form(fields, value)
                judge.play("twilio", name, partial(phone.call, part, fields, raw=raw, query=query), status=entry.status)
        for entry, name, value in _cases("address"):
            judge.play("twilio", name, partial(phone.call, token, fields, headers=value), status=entry.status)
        for entry, name, value in _cases("unknown_message"):
            part = street.there.own.by_name["message"]["token"] if value == "theirs" else value
            judge.play("twilio", name, partial(phone.call, part, fields), status=entry.status)
        for number, (entry, name, value) in enumerate(_cases("text")):
            answer = judge.play("twilio inbound", name, partial(phone.text, value, number), status=entry.status)
            if answer is not None and value in answer.content.decode() and len(value) > 12:
                judge.blame(name, "said back")
    judge.verdict()


def _form(fields: dict[str, str], how: str) -> tuple[str, str]:
    text = urlencode(fields)
    merged = {name: value for name, value in fields.items() if name not in ("MessageSid", "MessageStatus")}
    spelled = {
        "merged": urlencode(merged | {f"MessageSid{mails.SM}MessageStatus": "delivered"}), "repeated": f"{text}&MessageStatus=failed",
        "nameless": f"{text}&=x", "query": text, "many": text + "&" + "&".join(f"a{number}=1" for number in range(1100)),
    }  # fmt: skip
    return spelled[how], "?a=1" if how == "query" else ""


def test_mail_providers_batches_and_recipients(posts: list[Post], court: Courts) -> None:
    judge = court("webhooks: mail", counted=COUNTED)
    with judge.sitting():
        for entry in entries("webhooks", at="batch"):
            for post in posts:
                if post.provider == "sendgrid":
                    good = {"event": "delivered", "email": "sam@example.com", "token": post.sent.message.token, "timestamp": 1700000000}
                    body = json.dumps([good] * 500 + list(entry.values) + [good] * 490)
                    judge.play(post.provider, entry.id, partial(post.call, body, post.signed(body)), status=entry.status)
                for name, value in entry.cases():
                    if isinstance(value, dict):
                        judge.play(post.provider, name, partial(post.tell, {**EVENTS[post.provider], **value}))
        for post, (entry, name, value) in itertools.product(posts, _cases("recipient")):
            event = {**EVENTS[post.provider], "recipient": value, "Email": value, "Recipient": value, "email": value}
            answer = judge.play(post.provider, name, partial(post.tell, event))
            if answer is not None and answer.status_code not in (200, 400):
                judge.blame(name, f"{answer.status_code} at {post.provider} for {entry.id}")
    judge.verdict()
