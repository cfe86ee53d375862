"""Hypothesis over the bodies of every caller: signed as the vendor signs, so that the readers behind the door are reached."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.connectors.test_mutated_payloads import ANYTHING, places, replace
from tests.hostile.corpus import IS_DEEP
from tests.hostile.rule import Court
from tests.hostile.senders import CALLERS, EVENTS, PROVIDERS, as_json, hook_of, phone_of, post_of
from tests.hostile.stage import Street
from tests.hostile.test_webhooks import COUNTED, settle_inbox
from tests.notifications import test_channels_callbacks as mails
from tests.notifications.test_inbound import fields as inbound_fields

Courts = Callable[..., Court]
pytestmark = pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")
BOUNDED = settings(
    max_examples=500 if IS_DEEP else 12, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
WORDS = st.text(st.characters(exclude_categories=()), max_size=30)


@pytest.mark.parametrize("connector", CALLERS)
def test_any_payload_of_a_connector_is_stored_and_read_or_refused(street: Street, court: Courts, connector: str) -> None:
    hook, judge = hook_of(street.here, connector), court("bodies: connectors", counted=COUNTED)
    samples = hook.samples()
    with judge.sitting():

        @BOUNDED
        @given(data=st.data())
        def one(data: st.DataObject) -> None:
            topic, sample = data.draw(st.sampled_from(samples))
            body = copy.deepcopy(sample)
            for _ in range(data.draw(st.integers(1, 3))):
                replace(body, data.draw(st.sampled_from(places(sample))), data.draw(ANYTHING))
            odd: list[str] = []

            def call() -> Any:
                answer = hook.call(topic, as_json(body))
                odd.extend(settle_inbox(hook) if answer.status_code == 200 else [])
                return answer

            judge.play(connector, f"a payload of {topic}", call, status=frozenset({200, 400, 401}))
            for problem in odd:
                judge.blame(f"{connector}, {topic}", f"{problem[:200]}: {json.dumps(body)[:300]}")

        one()
    judge.verdict()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_any_event_of_a_mail_provider_is_read_or_left_out(street: Street, court: Courts, provider: str) -> None:
    post, judge = post_of(street.here, provider), court("bodies: mail", counted=COUNTED)
    sample = json.loads(post.body(EVENTS[provider])[0])
    inner = json.loads(sample["Message"]) if provider == "ses" else sample
    keep = ("signature",)
    with judge.sitting():

        @BOUNDED
        @given(data=st.data())
        def one(data: st.DataObject) -> None:
            body = copy.deepcopy(inner)
            known = [path for path in places(inner) if path[0] not in keep]
            for _ in range(data.draw(st.integers(1, 4))):
                replace(body, data.draw(st.sampled_from(known)), data.draw(ANYTHING))
            text = json.dumps({**sample, "Message": json.dumps(body)} if provider == "ses" else body)
            judge.play(provider, "an event", lambda: post.call(text, post.signed(text)), status=frozenset({200, 400}))

        one()
    judge.verdict()


def test_any_form_of_twilios_is_read_or_refused(street: Street, court: Courts) -> None:
    phone, judge = phone_of(street.here), court("bodies: twilio", counted=COUNTED)
    names = sorted({*mails.twilio_fields(), *inbound_fields("x"), "ErrorCode", "NumMedia", "MediaUrl0"})
    with judge.sitting():

        @BOUNDED
        @given(part=st.booleans(), over=st.dictionaries(st.sampled_from(names), WORDS, min_size=1, max_size=4))
        def one(part: bool, over: dict[str, str]) -> None:
            clean = {name: value.encode("utf-8", "replace").decode() for name, value in over.items()}
            fields = {**(mails.twilio_fields() if part else inbound_fields("Hi", AccountSid=mails.SID)), **clean}
            to = phone.sent.message.token if part else "inbound"
            judge.play("twilio", "a form", lambda: phone.call(to, fields), status=frozenset({200, 204, 400, 403}))

        one()
    judge.verdict()
