"""Twilio's own vectors and its own description of the API: signatures hold, and what we send is what it takes."""

import base64
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import responses
from django.http import QueryDict
from requests import PreparedRequest
from twilio.request_validator import RequestValidator

from notifications.channels.sms_twilio import Twilio
from notifications.types import Accepted, Account, Outgoing, Refused
from tests.conftest import NOW

ROOT = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "payloads" / "twilio"

if not ROOT.is_dir():
    if os.environ.get("REQUIRE_ALL") == "1":
        raise FileNotFoundError(f"{ROOT} is missing and REQUIRE_ALL=1")
    pytest.skip(f"{ROOT} is not here", allow_module_level=True)

VECTORS = json.loads((ROOT / "signature_vectors.json").read_text(encoding="utf-8"))
SID, KEY = "AC" + "a" * 32, "SK" + "b" * 32
SENDERS = {"from_number": "+4930123456", "messaging_service_sid": "MG" + "c" * 32}


def test_there_are_seven_vectors() -> None:
    assert len(VECTORS["vectors"]) == 7


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_a_published_signature_holds_and_any_other_does_not(vector: dict[str, Any]) -> None:
    validator = RequestValidator(VECTORS["auth_token"])
    sent = vector.get("body") or QueryDict(urlencode(vector["params"], doseq=True))
    assert validator.validate(vector["uri"], sent, vector["expected"]) is True
    assert validator.validate(vector["uri"] + "&x=1", sent, vector["expected"]) is False
    changed = sent + " " if isinstance(sent, str) else QueryDict(sent.urlencode() + "&More=1")
    assert validator.validate(vector["uri"], changed, vector["expected"]) is False
    assert validator.validate(vector["uri"], sent, vector["expected"].swapcase()) is False
    assert RequestValidator("another").validate(vector["uri"], sent, vector["expected"]) is False


class Api:
    """Answers like Twilio's description of itself, and refuses what that does not allow."""

    def __init__(self) -> None:
        self.spec = json.loads((ROOT / "twilio_api_v2010.json").read_text(encoding="utf-8"))
        self.taken: list[dict[str, list[str]]] = []

    def __call__(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        faults = self.faults(request)
        if faults:
            return 400, {}, json.dumps({"code": 20001, "message": "; ".join(faults), "status": 400})
        answer = self._operation(request)["responses"]["201" if request.method == "POST" else "200"]["content"]["application/json"]
        example = next(iter(answer["examples"].values()))["value"]
        return 201 if request.method == "POST" else 200, {}, json.dumps(example)

    def _operation(self, request: PreparedRequest) -> dict[str, Any]:
        path, method = urlsplit(str(request.url)).path, str(request.method).lower()
        for template, item in self.spec["paths"].items():
            pattern = re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method in item:
                operation: dict[str, Any] = item[method]
                return {**operation, "template": template}
        raise AssertionError(f"{method} {path} is not in the description")

    def faults(self, request: PreparedRequest) -> list[str]:
        """Everything about a request that the description does not allow."""
        operation = self._operation(request)
        faults = [*self._path_faults(request, operation), *self._auth_faults(request)]
        if request.method != "POST":
            known = {parameter["name"]: parameter["schema"] for parameter in operation["parameters"] if parameter["in"] == "query"}
            return faults + self._value_faults(parse_qs(urlsplit(str(request.url)).query, keep_blank_values=True), known)
        content = operation["requestBody"]["content"]
        content_type = str(request.headers["Content-Type"])
        if content_type.partition(";")[0] not in content:
            return [*faults, f"content type {content_type}"]
        schema = content["application/x-www-form-urlencoded"]["schema"]
        given = parse_qs(str(request.body), keep_blank_values=True)
        self.taken.append(given)
        missing = [f"{name} is missing" for name in schema["required"] if name not in given]
        return [*faults, *missing, *self._value_faults(given, schema["properties"])]

    def _path_faults(self, request: PreparedRequest, operation: dict[str, Any]) -> list[str]:
        asked = urlsplit(str(request.url))
        if f"{asked.scheme}://{asked.netloc}" != self.spec["servers"][0]["url"]:
            return [f"server {asked.netloc!s}"]
        parts = dict(zip(operation["template"].split("/"), asked.path.split("/"), strict=True))
        schemas = {f"{{{p['name']}}}": p["schema"] for p in operation["parameters"] if p["in"] == "path"}
        account = parts.get("{AccountSid}", "")
        wanted = schemas.get("{AccountSid}", {}).get("pattern", "")
        return [] if re.fullmatch(wanted, account) else [f"account {account}"]

    def _auth_faults(self, request: PreparedRequest) -> list[str]:
        assert self.spec["components"]["securitySchemes"] == {"accountSid_authToken": {"scheme": "basic", "type": "http"}}
        kind, _, value = str(request.headers.get("Authorization", "")).partition(" ")
        user, _, password = base64.b64decode(value).decode().partition(":")
        return [] if kind == "Basic" and re.fullmatch("(AC|SK)[0-9a-f]{32}", user) and password else ["not authorised"]

    def _value_faults(self, given: dict[str, list[str]], known: dict[str, dict[str, Any]]) -> list[str]:
        unknown = [f"{name} is not a parameter" for name in given if name not in known]
        return unknown + [f"{name}: {fault}" for name in given if name in known for fault in self._wrong(given[name], known[name])]

    def _wrong(self, values: list[str], schema: dict[str, Any]) -> list[str]:
        if "$ref" in schema:
            schema = self.spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if schema["type"] == "array":
            return []
        if len(values) != 1:
            return ["given twice"]
        checks = {
            "pattern": re.search(schema.get("pattern", ""), values[0]) is not None,
            "enum": values[0] in schema.get("enum", [values[0]]),
            "uri": schema.get("format") != "uri" or re.match(r"https://[^/]+/", values[0]) is not None,
            "type": {"integer": values[0].isdigit(), "boolean": values[0] in ("true", "false")}.get(schema["type"], True),
        }
        return [name for name, holds in checks.items() if not holds]


@pytest.fixture
def api() -> Any:
    twilio = Api()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as door:
        for method in (responses.GET, responses.POST):
            door.add_callback(method, re.compile(r"https://api\.twilio\.com/.*"), callback=twilio, content_type="application/json")
        yield twilio


def account(**secrets: str) -> Account:
    settings = {"account_sid": SID, **SENDERS}
    return Account(1, 1, "twilio", "sms", settings, {"auth_token": "secret-token", **secrets}, "https://p.example/callbacks/twilio/acc/")


def outgoing(sender: str = "+4930123456", text: str = "Acme: it is on its way.") -> Outgoing:
    return Outgoing(7, "t" * 22, "sms", "+4915123456789", sender=sender, text=text)


@pytest.mark.parametrize("sender", [*SENDERS.values(), "Acme"])
@pytest.mark.parametrize("text", ["Acme: it is on its way.", "Größe 38 – 退订 🧥 & more=1", "x" * 1600])
def test_what_we_send_is_what_twilio_describes(api: Api, sender: str, text: str) -> None:
    [outcome] = Twilio().send(account=account(), messages=[outgoing(sender, text)])
    assert outcome == Accepted("SM" + "a" * 32)
    [taken] = api.taken
    assert (taken["To"], taken["Body"]) == (["+4915123456789"], [text])
    assert taken["StatusCallback"] == [f"https://p.example/callbacks/twilio/acc/{'t' * 22}/"]
    assert set(taken) == {"To", "Body", "StatusCallback", "MessagingServiceSid" if sender.startswith("MG") else "From"}


def test_a_key_of_the_account_signs_in_too(api: Api) -> None:
    [outcome] = Twilio().send(account=account(api_key_sid=KEY, api_key_secret="key-secret"), messages=[outgoing()])
    assert outcome == Accepted("SM" + "a" * 32)


def test_looking_a_message_up_is_a_list_twilio_describes(api: Api) -> None:
    assert Twilio().lookup(account=account(), message=outgoing(), since=NOW) is None


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"callback_url": "ftp://p.example/"}, "StatusCallback: uri"),
        ({"settings": {"account_sid": "AC1"}}, "account AC1"),
        ({"settings": {"account_sid": SID}, "secrets": {"auth_token": ""}}, ""),
    ],
)
def test_the_stand_in_refuses_what_the_description_does_not_allow(api: Api, changed: dict[str, Any], fault: str) -> None:
    values = {"settings": {"account_sid": SID}, "secrets": {"auth_token": "x"}, "callback_url": "https://p.example/", **changed}
    [outcome] = Twilio().send(account=Account(1, 1, "twilio", "sms", **values), messages=[outgoing()])
    assert not isinstance(outcome, Accepted)
    if fault:
        assert isinstance(outcome, Refused)
        assert fault in outcome.detail


def test_the_stand_in_refuses_unknown_missing_and_wrong_parameters(api: Api) -> None:
    def faults(body: str, content_type: str = "application/x-www-form-urlencoded") -> list[str]:
        request = PreparedRequest()
        request.prepare(  # type: ignore[no-untyped-call]
            "POST",
            f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json",
            data=body,
            headers={"Content-Type": content_type, "Authorization": "Basic " + base64.b64encode(f"{SID}:x".encode()).decode()},
        )
        return api.faults(request)

    assert faults("To=%2B49&Body=x") == []
    assert faults("Body=x&Colour=red") == ["To is missing", "Colour is not a parameter"]
    assert faults("To=%2B49&MessagingServiceSid=MG1") == ["MessagingServiceSid: pattern"]
    assert faults("To=%2B49&To=%2B50") == ["To: given twice"]
    assert faults("To=%2B49&ContentRetention=forever&Attempt=two&SmartEncoded=1") == [
        "ContentRetention: enum", "Attempt: type", "SmartEncoded: type",
    ]  # fmt: skip
    assert faults("{}", "application/json") == ["content type application/json"]
