"""How often: per network, per person, per merchant. 429 with the time to wait, alike for what there is and what there is not."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from connectors.models import InboxItem
from connectors.services import connect
from core.signing import hmac_base64
from customers.models import EmailChange, PrivacyRequest, SignInRequest
from customers.services import count_attempt, keyed, sign_in_secrets
from customers.types import Attempted
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Role
from orders.models import Order
from returns.models import CasePhoto, Withdrawal
from tests.admin.world import person
from tests.conftest import NOW
from tests.factories import EMAIL, customer, place_order
from tests.portal.conftest import ACME, signed_in

PASSWORD = "a long enough password"
HERE, NEXT_DOOR, ELSEWHERE = "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"
OWNER = "owner@acme.example"


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def at(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=False)


def browser(ip: str = HERE, host: str = ACME) -> Client:
    return Client(HTTP_HOST=host, HTTP_ACCEPT_LANGUAGE="en", REMOTE_ADDR=ip)


def said(response: Any) -> tuple[int, str, str]:
    """What a refusal says: status, time to wait, and the page without what is drawn anew for each."""
    page = re.sub(r"nonce=\"[^\"]*\"|value=\"[A-Za-z0-9]{64}\"", "", response.content.decode())
    return response.status_code, response["Retry-After"], page


# Codes asked for


def ask(email: str, ip: str = HERE) -> Any:
    return browser(ip).post("/sign-in/", {"email": email})


def test_codes_per_network_and_an_ipv6_network_is_one(acme: Merchant) -> None:
    codes = [ask(f"{number}@example.com", HERE if number % 2 else NEXT_DOOR).status_code for number in range(6)]
    assert codes == [302] * 5 + [429]
    assert ask("other@example.com", ELSEWHERE).status_code == 302
    with at(NOW + timedelta(minutes=10, seconds=1)):
        assert ask("other@example.com").status_code == 302


def test_codes_per_address_and_the_answer_tells_nobody_who_is_a_customer(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        customer()
    answers: list[tuple[int, str, str]] = []
    for email in (EMAIL, "nobody@example.com"):
        tries = [ask(email, f"2001:db8:{len(answers)}:{number}::1") for number in range(4)]
        assert [answer.status_code for answer in tries] == [302, 302, 302, 429]
        answers.append(said(tries[-1]))
    assert answers[0] == answers[1]
    assert answers[0][1] == "600"
    with merchant_scope(acme.pk):
        assert SignInRequest.objects.count() == 6


# Codes tried


def test_codes_tried_per_network_whosever_they_are(acme: Merchant) -> None:
    """Five tries of one code, and no more than twenty of any from one place."""
    with merchant_scope(acme.pk):
        customer()
    codes = []
    for number in range(5):
        client = browser()
        with at(NOW + timedelta(minutes=11) * number):
            client.post("/sign-in/", {"email": EMAIL})
            codes += [client.post("/sign-in/code/", {"code": "000000"}).status_code for _ in range(5)]
    assert codes == [422] * 20 + [429] * 5
    with at(NOW + timedelta(minutes=45)):
        client = browser()
        client.post("/sign-in/", {"email": EMAIL})
        with merchant_scope(acme.pk):
            right = sign_in_secrets(SignInRequest.objects.latest("created_at"))[0]
        refused = client.post("/sign-in/code/", {"code": right})
        assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
        client.defaults["REMOTE_ADDR"] = ELSEWHERE
        assert client.post("/sign-in/code/", {"code": right}).status_code == 302


@pytest.mark.parametrize("path", ["/confirm/code/", "/profile/email/code/"])
def test_other_codes_count_alike(acme: Merchant, path: str) -> None:
    with merchant_scope(acme.pk):
        sam = customer()
        count_attempt(what=Attempted.CODE, keys=[keyed("network", "2001:db8:0:1::")] * 19, at=NOW)
        values = {"email": "new@example.com", "email_normalised": "new@example.com", "nonce": "n", "created_at": NOW}
        EmailChange.objects.create(customer=sam, expires_at=NOW + timedelta(minutes=10), **values)
    client = signed_in(acme, sam)
    client.defaults["REMOTE_ADDR"] = HERE
    client.post("/confirm/", {"way": "code"})
    answers = [client.post(path, {"code": "000000"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 429]
    assert (answers[1]["Retry-After"], "very often" in answers[1].content.decode()) == ("3600", True)


# Passwords of staff


def staff(name: str, password: str = "wrong", ip: str = HERE) -> Any:
    return browser(ip, "platform.test").post("/admin/login/", {"username": name, "password": password})


def places(count: int) -> Iterator[str]:
    return (f"2001:db8:a:{number:x}::1" for number in range(count))


@pytest.fixture
def owner(acme: Merchant, settings: Settings) -> Merchant:
    settings.AXES_ENABLED = True
    person(OWNER, acme, Role.OWNER)
    return acme


def test_a_password_of_staff_per_person_from_one_place(owner: Merchant) -> None:
    codes = [staff(OWNER, ip=HERE if number % 2 else NEXT_DOOR).status_code for number in range(10)]
    assert (codes[:9], codes[9]) == ([200] * 9, 429)
    assert staff(OWNER, PASSWORD, NEXT_DOOR).status_code == 429


def test_a_password_of_staff_per_network_whoever_is_tried(owner: Merchant) -> None:
    codes = [staff(f"{number}@acme.example").status_code for number in range(21)]
    assert (codes[:19], codes[20]) == ([200] * 19, 429)
    assert staff(OWNER, PASSWORD).status_code == 429
    assert staff(OWNER, PASSWORD, ELSEWHERE).status_code == 302
    with at(NOW + timedelta(minutes=11)):
        assert staff(OWNER, PASSWORD).status_code == 302


def test_strangers_from_many_places_shut_a_person_out_only_where_they_have_not_been(owner: Merchant) -> None:
    assert staff(OWNER, PASSWORD, ELSEWHERE).status_code == 302
    codes = [staff(OWNER.upper() if number % 2 else f" {OWNER}", ip=place).status_code for number, place in enumerate(places(11))]
    assert (codes[:9], codes[10]) == ([200] * 9, 429)
    assert staff(OWNER, PASSWORD, "2001:db8:b::1").status_code == 429
    assert staff(OWNER, PASSWORD, ELSEWHERE).status_code == 302
    with at(NOW + timedelta(hours=1, seconds=1)):
        assert staff(OWNER, PASSWORD, "2001:db8:b::1").status_code == 302


def test_staff_there_are_and_staff_there_are_not_get_the_same_answer(owner: Merchant) -> None:
    answers = []
    for number, name in enumerate((OWNER, "nobody@acme.example")):
        for _ in range(11):
            answer = staff(name, ip=f"2001:db8:{number}::1")
        answers.append(said(answer))
    assert answers[0] == answers[1]
    assert answers[0][:2] == (429, "3600")


# Orders looked up


def test_look_ups_of_a_merchant(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        place_order()
        count_attempt(what=Attempted.LOOK_UP, keys=[keyed("merchant", "all")] * 299, at=NOW)
    find = {"contact": EMAIL, "number": "1001"}
    answers = [browser(ip).post("/find-order/", find) for ip in places(3)]
    miss = browser("2001:db8:c::1").post("/find-order/", {"contact": "no@example.com", "number": "999"})
    assert [answer.status_code for answer in answers] == [302, 429, 429]
    assert said(answers[1]) == said(miss)
    with at(NOW + timedelta(minutes=1, seconds=1)):
        assert browser().post("/find-order/", find).status_code == 302


# Forms anybody may send


def test_withdrawals_per_network(acme: Merchant) -> None:
    def declare(number: int, ip: str) -> int:
        client = browser(ip)
        first = client.post("/withdraw/", {"name": "S", "number": str(number), "email": "s@example.com"}).content.decode()
        state = re.findall(r'name="state" value="([^"]+)"', first)[0]
        return client.post("/withdraw/confirm/", {"state": state}).status_code

    codes = [declare(number, HERE if number % 2 else NEXT_DOOR) for number in range(11)]
    assert (codes, declare(11, ELSEWHERE)) == ([302] * 10 + [429], 302)
    with merchant_scope(acme.pk):
        assert Withdrawal.objects.count() == 11


def test_pictures_per_network(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        orders: list[Order] = [place_order(number=str(number)) for number in (1, 2)]
        sam = orders[0].customer
    assert sam is not None
    client = signed_in(acme, sam)
    answers = []
    for number in range(31):
        client.defaults["REMOTE_ADDR"] = HERE if number % 2 else NEXT_DOOR
        answers.append(client.post(f"/orders/{orders[number % 2].public_id}/photos/", {"size": "10"}))
    assert [answer.status_code for answer in answers] == [201] * 30 + [429]
    assert (answers[30].json(), int(answers[30]["Retry-After"]) in range(1, 3601)) == ({"code": "too_many"}, True)
    client.defaults["REMOTE_ADDR"] = ELSEWHERE
    assert client.post(f"/orders/{orders[0].public_id}/photos/", {"size": "10"}).status_code == 201
    with merchant_scope(acme.pk):
        assert CasePhoto.objects.count() == 31


# Copies and erasures


@pytest.mark.parametrize(("path", "form"), [("/privacy/export/", {}), ("/privacy/erase/", {"sure": "1"})])
def test_copies_and_erasures_of_a_merchant(acme: Merchant, path: str, form: dict[str, str]) -> None:
    with merchant_scope(acme.pk):
        sam = customer()
        row = {"kind": "export", "requested_at": NOW, "due_by": NOW.date(), "state": "done"}
        PrivacyRequest.objects.bulk_create([PrivacyRequest(customer=sam, source="staff", **row) for _ in range(100)])
        eve = customer(email="eve@example.com", phone="")
        PrivacyRequest.objects.bulk_create([PrivacyRequest(customer=eve, source="profile", **row) for _ in range(99)])
        kim = customer(email="kim@example.com", phone="")
    assert signed_in(acme, kim).post(path, form).status_code == 302
    zoe_asks = signed_in(acme, _customer(acme, "zoe@example.com")).post(path, form)
    assert (zoe_asks.status_code, zoe_asks["Retry-After"]) == (429, "86400")
    with merchant_scope(acme.pk):
        assert PrivacyRequest.objects.filter(source="profile").count() == 100
    assert signed_in(acme, kim).post(path, form).status_code == 302  # known already: nothing new is asked for
    with at(NOW + timedelta(days=1, seconds=1)):
        assert signed_in(acme, _customer(acme, "zoe@example.com"), at=NOW + timedelta(days=1)).post(path, form).status_code == 302


def _customer(merchant: Merchant, email: str) -> Any:
    with merchant_scope(merchant.pk):
        return customer(email=email, phone="")


# Programs


def test_signed_webhooks_are_never_turned_away_for_their_number(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        connection, _ = connect(connector="shopify", at=NOW, secret="shared-secret")
    client, codes = Client(), []
    for number in range(250):
        raw = json.dumps({"id": number}).encode()
        headers = {
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Hmac-SHA256": hmac_base64("shared-secret", raw),
            "X-Shopify-Webhook-Id": str(number),
            "Host": "platform.test",
        }
        codes.append(client.post(f"/hooks/{connection.public_id}/", raw, content_type="application/json", headers=headers).status_code)
    assert codes == [200] * 250
    with merchant_scope(acme.pk):
        assert InboxItem.objects.count() == 250


def test_each_address_of_a_network_is_one_only_for_ipv6(acme: Merchant) -> None:
    codes = [ask(f"{number}@example.com", f"198.51.100.{number}").status_code for number in range(7)]
    assert codes == [302] * 7


def test_a_forged_forwarded_address_is_not_believed(acme: Merchant) -> None:
    codes = []
    for number in range(6):
        client = Client(HTTP_HOST=ACME, REMOTE_ADDR=HERE, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
        codes.append(client.post("/sign-in/", {"email": f"{number}@example.com"}).status_code)
    assert codes == [302] * 5 + [429]


def test_another_merchant_counts_for_itself(acme: Merchant, borealis: Merchant) -> None:
    for number in range(6):
        ask(f"{number}@example.com")
    assert browser(HERE, "borealis.platform.test").post("/sign-in/", {"email": EMAIL}).status_code == 302
