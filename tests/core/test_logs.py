"""One line per record, with its ids, and nobody's address in it."""

import io
import json
import logging
import logging.config
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from core import logs
from core.logs import bound_contextvars, request_id, scrubbed

logger = logging.getLogger("tests.logs")


class Written(io.StringIO):
    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()

    @property
    def last(self) -> dict[str, Any]:
        return json.loads(self.lines[-1])


def writes(*, is_json: bool) -> Iterator[Written]:
    out = Written()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.formatter(is_json=is_json))
    logger.addHandler(handler)
    logger.setLevel("INFO")
    logger.propagate = False
    yield out
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.fixture
def written() -> Iterator[Written]:
    yield from writes(is_json=True)


@pytest.fixture
def shown() -> Iterator[Written]:
    yield from writes(is_json=False)


def test_a_record_is_one_line_of_json_with_what_was_said_with_it(written: Written) -> None:
    logger.warning("parcel %s differs", 7, extra={"shipment": 3, "order": 4})
    assert len(written.lines) == 1
    line = written.last
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "parcel 7 differs", "level": "warning", "logger": "tests.logs", "shipment": 3, "order": 4}


def test_what_is_bound_stands_in_every_line_until_it_ends(written: Written) -> None:
    with bound_contextvars(request_id="abc", message=5):
        logger.info("one")
        assert (written.last["request_id"], written.last["message"]) == ("abc", 5)
    logger.info("two")
    assert "request_id" not in written.last


def test_nobody_writes_a_line_of_their_own(written: Written, shown: Written) -> None:
    for break_ in ("\n", "\r\n", "\u2028", "\x0b", "\x85", "\x1b[31m"):
        logger.info("agent x%s2026-11-21 INFO login ok", break_, extra={"said": f"a{break_}b"})
    assert len(written.lines) == len(shown.getvalue().split("\n")) - 1 == 6
    assert "\x1b" not in shown.getvalue() and "\x1b" not in written.getvalue()
    assert len([line for line in shown.getvalue().splitlines() if line.startswith("2026-11-21")]) == 0


def test_an_error_is_told_with_its_traceback_in_the_same_line(written: Written) -> None:
    told = ["Key (email)=(lena@posteo.example) exists", "DETAIL:  Failing row contains (1, Lena Berg, Weg 3)."]
    try:
        raise ValueError("\n".join(told))
    except ValueError:
        logger.exception("broke")
    assert len(written.lines) == 1
    assert "ValueError: Key (email)=([e-mail]) exists" in written.last["exception"]
    assert "Traceback" in written.last["exception"]
    assert "Lena" not in written.getvalue() and "posteo" not in written.getvalue()
    assert "DETAIL: [removed]" in written.last["exception"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("to lena.berg+x@mail.posteo.example now", "to [e-mail] now"),
        ("lena%40posteo.example", "[e-mail]"),
        ("<Lena@Posteo.example>", "<[e-mail]>"),
        ("call +49 30 123456-7 today", "call [phone] today"),
        ("To=+4930123456", "To=[phone]"),
        ("0049 30 1234567", "[phone]"),
        ("(415) 555-0134", "[phone]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [removed]"),
        ("key pp_AbCdEf123456", "key [token]"),
        ("/track/k1jh1UIp7jImoWPeGrw12X/", "/track/[token]/"),
        ("GET https://x.example/a?token=abc&email=b HTTP", "GET https://x.example/a?[removed] HTTP"),
        ("redis://:secret@db:6379", "redis://[removed]@db:6379"),
        ("https://user:secret@shop.example/", "https://[removed]@shop.example/"),
        ("from 203.0.113.9 it came", "from [ip] it came"),
    ],
)
def test_what_looks_like_a_person_or_a_key_is_taken_out(text: str, left: str) -> None:
    assert scrubbed(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "order 1234567890 of 2026-11-20 10:00:00",
        "notifications_message_turn is an index with a long name",
        "8f14e45fceea167a5a36dedd4bea2543 is a fingerprint",
        "version 1.2.3 took 12.5ms",
        "1Z999AA10123456784",
        "events.drain[5f0c2f3e-9f0a-4f3e-8f0a-9f0a4f3e8f0a] succeeded in 0.0123s",
    ],
)
def test_what_is_none_of_it_stays(text: str) -> None:
    assert scrubbed(text) == text


def test_values_are_taken_out_by_the_name_they_are_given(written: Written) -> None:
    logger.info("x", extra={"recipient": "Lena", "api_key": "k", "first_name": "L", "told": {"password": "p", "n": 1}, "thing": object()})
    line = written.last
    assert (line["recipient"], line["api_key"], line["first_name"]) == ("[removed]",) * 3
    assert line["told"] == {"password": "[removed]", "n": 1}
    assert line["thing"] == "<object>"


@pytest.mark.parametrize("piece", ["a", "a-", "+1 ", "a.", "1.", "?a=", "https://", "aA1-", "@", "Bearer "])
def test_a_long_text_has_an_end_and_takes_no_longer_than_another(written: Written, piece: str) -> None:
    """The patterns are linear: this text would keep a quadratic one busy for minutes."""
    logger.info(piece * 100_000)
    assert len(written.last["event"]) < 10_000
    assert len(scrubbed(piece * 100_000, longest=400_000)) <= 900_000


@pytest.mark.parametrize(
    "given", ["", "short", "has space in it", "a" * 65, "x\ny-12345678", "lena@posteo.example", "<script>alert</script>", "ünicode-12345"]
)
def test_an_id_that_is_none_is_replaced(given: str) -> None:
    assert request_id(given, is_trusted=True) != given
    assert len(request_id(given, is_trusted=True)) == 16


def test_an_id_is_taken_from_whom_we_trust_only() -> None:
    given = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert request_id(given, is_trusted=True) == given
    assert request_id(given, is_trusted=False) != given


@pytest.mark.parametrize("is_json", [True, False])
def test_the_configuration_django_is_given_works(is_json: bool) -> None:
    code = (
        "import logging, logging.config; from core import logs;"
        f"logging.config.dictConfig(logs.config(is_json={is_json}, level='INFO'));"
        "logging.getLogger('celery.worker').info('ready'); logging.getLogger('twilio.http_client').info('To +49');"
        "logging.getLogger('axes').warning('lena'); logging.getLogger('django.request').warning('Not Found: /x')"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    assert "ready" in told and len(told.splitlines()) == 1
