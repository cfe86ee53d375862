"""Customers over the REST API."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from customers.api import EXAMPLE
from customers.models import Consent, Customer
from customers.selectors import has_consent
from customers.services import record_consent
from tests.api.conftest import Caller

Look = Callable[[Callable[[], Any]], Any]
STATEMENT: dict[str, Any] = {"channel": "email", "is_granted": True, "source": "checkout"}


def test_a_customer_is_made_with_what_they_said_about_marketing(api: Caller) -> None:
    answer = api.post("/customers", EXAMPLE)
    body = answer.json()
    assert api.get(f"/customers/{body['id']}").json() == body
    assert len(body.pop("id")) == 22
    assert re.fullmatch(r"API key \d+", body["consents"][0].pop("actor"))
    assert (answer.status_code, body) == (
        201,
        {
            "external_id": "C-2087",
            "email": "lena.vogt@posteo.example",
            "phone": "+4915123456789",
            "first_name": "Lena",
            "last_name": "Vogt",
            "language": "de",
            "created_at": "2026-11-20T10:00:00Z",
            "consents": [
                {
                    "topic": "offers",
                    "channel": "email",
                    "is_granted": True,
                    "source": "checkout",
                    "wording": "Send me news about new styles.",
                    "at": "2026-11-20T10:00:00Z",
                }
            ],
        },
    )


def test_the_same_address_is_the_same_customer_and_empty_overwrites_nothing(api: Caller, inside: Look) -> None:
    first = api.post("/customers", EXAMPLE).json()
    answer = api.post("/customers", {"email": "Lena.Vogt@POSTEO.example", "last_name": "Vogt-Berg"})
    body = answer.json()
    assert (answer.status_code, body["id"], body["first_name"], body["last_name"]) == (200, first["id"], "Lena", "Vogt-Berg")
    assert (inside(Customer.objects.count), inside(Consent.objects.count)) == (1, 1)


def test_a_statement_told_again_with_its_time_takes_back_nothing_that_was_said_since(api: Caller, inside: Look) -> None:
    told = {**EXAMPLE, "consents": [{**STATEMENT, "at": "2026-11-01T09:00:00+01:00"}]}
    first = api.post("/customers", told).json()
    assert first["consents"][0]["at"] == "2026-11-01T08:00:00Z"
    sam = inside(Customer.objects.get)
    said = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)
    inside(lambda: record_consent(customer=sam, channel="email", is_granted=False, source="unsubscribe", at=said))
    again = api.post("/customers", told).json()
    assert [row["is_granted"] for row in again["consents"]] == [False, True]
    assert inside(lambda: has_consent(customer_id=sam.pk, channel="email")) is False


def test_a_statement_is_never_from_the_future(api: Caller) -> None:
    answer = api.post("/customers", {**EXAMPLE, "consents": [{**STATEMENT, "at": "2026-11-21T10:00:00Z"}]}).json()
    assert answer["consents"][0]["at"] == "2026-11-20T10:00:00Z"


def test_customers_are_listed_and_found_by_address(api: Caller) -> None:
    for name in ("a", "b", "c"):
        api.post("/customers", {"email": f"{name}@example.com"})
    first = api.get("/customers?limit=2").json()
    rest = api.get(f"/customers?cursor={first['next_cursor']}").json()
    assert [row["email"] for row in first["results"] + rest["results"]] == ["c@example.com", "b@example.com", "a@example.com"]
    assert [row["email"] for row in api.get("/customers?email=B@example.com").json()["results"]] == ["b@example.com"]
    assert api.get("/customers?email=nobody@example.com").json() == {"results": [], "next_cursor": None}


def test_another_merchants_customer_is_not_there(api: Caller, stranger: Caller) -> None:
    made = api.post("/customers", EXAMPLE).json()
    assert stranger.get(f"/customers/{made['id']}").status_code == 404
    assert stranger.get("/customers?email=lena.vogt@posteo.example").json() == {"results": [], "next_cursor": None}
    assert stranger.post("/customers", {**EXAMPLE, "phone": ""}).status_code == 201


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a@x.com,b@y.com"}, "email"),
        ({"phone": "+1 900 555 0123"}, "phone"),
        ({"first_name": "A" * 81}, "first_name"),
        ({"consents": [{"channel": "fax", "is_granted": True, "source": "x"}]}, "consents.0.channel"),
        ({"consents": [{"channel": "sms", "is_granted": "yes", "source": "x"}]}, "consents.0.is_granted"),
        ({"consents": [{"channel": "sms", "is_granted": True}]}, "consents.0.source"),
        ({"consents": [{"channel": "sms", "is_granted": True, "source": "x", "at": "2026-11-20T10:00:00"}]}, "consents.0.at"),
        ({"consents": [{"channel": "sms", "is_granted": True, "source": "x"}] * 21}, "consents"),
        ({"accepts_marketing": True}, "accepts_marketing"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_customer_is_refused_by_field(api: Caller, inside: Look, over: dict[str, Any], field: str) -> None:
    answer = api.post("/customers", {**EXAMPLE, **over})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert (inside(Customer.objects.count), inside(Consent.objects.count)) == (0, 0)
