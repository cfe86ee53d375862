"""Every entry of `headers.yaml` in every field that becomes a header: where it is saved, and in the finished mail, read again."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from email import message_from_bytes, policy
from typing import Any

import pytest
import time_machine
from django.core.mail.message import BadHeaderError

from notifications.channels.email import compose
from notifications.types import Account, Outgoing
from tests.conftest import NOW
from tests.hostile.corpus import entries, thin
from tests.hostile.rule import COUNTS, Court
from tests.hostile.stage import Street
from tests.hostile.test_pages import forms_shown, sitting_of, staff_paths

Courts = Callable[..., Court]
SENT = ("from", "reply", "sender")  # parts of the names of fields that become headers
ACCOUNT = Account(1, 1, "smtp", "email")
GOOD = Outgoing(
    1, "token", "email", "sam@example.com", "Sam", "shop@acme.example", "Acme", "care@acme.example", "Your order", "Hi", "<p>Hi</p>",
    {"List-Unsubscribe": "<https://acme.example/u/1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
)  # fmt: skip
WRITTEN = [
    one.name for one in fields(Outgoing) if one.name in ("recipient", "recipient_name", "sender", "sender_name", "reply_to", "subject")
]
ALWAYS = {
    "from",
    "to",
    "subject",
    "reply-to",
    "message-id",
    "date",
    "mime-version",
    "content-type",
    "list-unsubscribe",
    "list-unsubscribe-post",
}


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def finished(message: Outgoing) -> bytes | None:
    """The mail as it would go out, None where it is refused."""
    try:
        return compose(ACCOUNT, message).message().as_bytes()
    except (BadHeaderError, ValueError):
        return None


def test_nothing_written_into_a_mail_becomes_a_header_of_its_own() -> None:
    wrong = {}
    for name, (case, value) in itertools.product(
        [*WRITTEN, "header"], (case for one in entries("headers", at="header") for case in one.cases())
    ):
        text = value if name in ("subject", "recipient_name", "sender_name", "header") or "@" in value else f"a@x.example{value}"
        over: dict[str, Any] = {"headers": {**GOOD.headers, "X-Order": text}} if name == "header" else {name: text}
        message = replace(GOOD, **over)
        raw = finished(message)
        COUNTS.count("headers: finished mails", name, 400 if raw is None else 200, 0, case)
        if raw is None:
            continue
        read = message_from_bytes(raw, policy=policy.default)
        extra = {header.lower() for header in read} - ALWAYS - ({"x-order"} if name == "header" else set())
        told = [one.addr_spec for header in ("to", "cc", "bcc") for one in (read[header].addresses if read[header] else ())]
        meant = text if name == "recipient" else "sam@example.com"
        if extra or len(read.get_all("from", [])) != 1 or len(read["from"].addresses) != 1 or told != [meant]:
            wrong[f"{case} in {name}"] = f"headers {sorted(extra)}, goes to {told}"
    assert wrong == {}


def test_what_staff_save_as_names_and_addresses_is_refused_or_harmless(street: Street, court: Courts) -> None:
    pages = sitting_of(court, "headers: saved", street.here.owner())
    with pages.judge.sitting():
        paths = {
            name: path
            for name, path in staff_paths(street).items()
            if "branding" in name or "provideraccount" in name or "merchant_" in name
        }
        forms = [
            (name, form) for name, form in forms_shown(pages, paths, "headers") if any(part in key for key in form.fields for part in SENT)
        ]
        assert forms
        for (name, form), entry in itertools.product(forms, entries("headers")):
            places = [key for key in form.fields if any(part in key for part in SENT)]
            for place, (case, value) in thin(list(itertools.product(places, entry.cases())), 6):
                text = value.encode("utf-8", "replace").decode()
                pages.post(name, f"{case} in {place}", form, {**form.fields, place: [text]}, entry, text)
    pages.judge.verdict()
