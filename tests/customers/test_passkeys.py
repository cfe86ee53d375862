"""Passkeys against a device in software: forged, replayed, copied, of another host, another shopper, another merchant."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from customers.models import AccountChange, Attempt, Customer, Passkey
from customers.rules import MOST_PASSKEYS
from customers.services import BadPasskey, TooManyRequests, add_passkey, passkey_sign_in, remove_passkey, rename_passkey
from customers.services.passkeys import registration_options, sign_in_options
from customers.types import Site
from events.models import Event
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests import factories as make
from tests.authenticator import CURVE, PRESENT, Device
from tests.conftest import NOW

SITE = Site(host="acme.platform.test", origin="https://acme.platform.test", name="Acme")
OTHER = Site(host="borealis.platform.test", origin="https://borealis.platform.test", name="Borealis")
MOMENTS = iter(range(1, 1_000_000))


def challenge() -> bytes:
    return next(MOMENTS).to_bytes(32, "big")


def add(customer: Customer, device: Device, *, site: Site = SITE, name: str = "My phone", **wrong: Any) -> Passkey:
    asked = challenge()
    options = registration_options(customer=customer, site=site, challenge=asked)
    answer = device.make(options, origin=wrong.pop("origin", site.origin), **wrong)
    return add_passkey(customer=customer, answer=answer, challenge=asked, site=site, name=name, device="Firefox", at=NOW)


def enter(device: Device, *, site: Site = SITE, customer: Customer | None = None, ip: str = "192.0.2.1", **wrong: Any) -> Customer:
    asked = challenge()
    options = sign_in_options(customer=customer, site=site, challenge=asked)
    answer = device.use(options, origin=wrong.pop("origin", site.origin), **wrong)
    return passkey_sign_in(answer=answer, challenge=asked, site=site, ip=ip, customer=customer, at=NOW)


@pytest.fixture
def sam(in_acme: Merchant) -> Customer:
    return make.customer()


@pytest.fixture
def device(sam: Customer) -> Device:
    made = Device()
    add(sam, made)
    return made


def test_a_passkey_signs_its_owner_in(sam: Customer, device: Device) -> None:
    assert enter(device) == sam
    row = Passkey.objects.get()
    assert (row.name, row.used_at, row.transports) == ("My phone", NOW, ["internal", "hybrid"])


def test_adding_one_is_noted_and_told(sam: Customer, device: Device) -> None:
    change = AccountChange.objects.get()
    assert (change.what, change.device, change.at) == ("passkey_added", "Firefox", NOW)
    event = Event.objects.get(type="customers.account.changed")
    assert event.payload == {"account_change": change.pk, "customer": sam.pk}


def test_options_ask_for_a_key_of_this_host_that_checks_its_owner(sam: Customer, device: Device) -> None:
    options = json.loads(registration_options(customer=sam, site=SITE, challenge=challenge()))
    assert options["rp"] == {"id": "acme.platform.test", "name": "Acme"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [one["id"] for one in options["excludeCredentials"]] == [Passkey.objects.get().credential]
    asked = json.loads(sign_in_options(customer=None, site=SITE, challenge=challenge()))
    assert (asked["rpId"], asked["userVerification"], asked["allowCredentials"]) == ("acme.platform.test", "required", [])


WRONG_MAKING: dict[str, dict[str, Any]] = {
    "made on another page": {"origin": "https://evil.example"},
    "made on the host of another merchant": {"origin": OTHER.origin},
    "made for another host": {"host": OTHER.host},
    "the answer to another challenge": {"challenge": "AAAA"},
    "without its owner's check": {"flags": PRESENT},
    "without anybody present": {"flags": 0},
}


@pytest.mark.parametrize("wrong", WRONG_MAKING.values(), ids=WRONG_MAKING)
def test_a_key_that_does_not_fit_is_not_kept(sam: Customer, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadPasskey):
        add(sam, Device(), **wrong)
    assert (Passkey.objects.count(), AccountChange.objects.count(), Event.objects.count()) == (0, 0, 0)


WRONG_USING: dict[str, dict[str, Any]] = {
    "on another page": {"origin": "https://evil.example"},
    "at another merchant's host": {"host": OTHER.host},
    "to another challenge": {"challenge": "AAAA"},
    "signed by another key": {"key": ec.derive_private_key(7, CURVE)},
    "without its owner's check": {"flags": PRESENT},
    "for another account": {"handle": b"x" * 22},
    "without saying for whom": {"handle": b""},
    "meant for making one": {"type": "webauthn.create"},
}


@pytest.mark.parametrize("wrong", WRONG_USING.values(), ids=WRONG_USING)
def test_an_answer_that_does_not_fit_signs_nobody_in(sam: Customer, device: Device, wrong: dict[str, Any]) -> None:
    before = Event.objects.count()
    with pytest.raises(BadPasskey):
        enter(device, **wrong)
    assert (Passkey.objects.get().used_at, Event.objects.count()) == (None, before)
    assert Attempt.objects.filter(what="passkey").count() == 3  # the challenge of making it, of using it, and the network


def test_a_challenge_is_answered_once(sam: Customer, device: Device) -> None:
    asked = challenge()
    answer = device.use(sign_in_options(customer=None, site=SITE, challenge=asked), origin=SITE.origin)
    assert passkey_sign_in(answer=answer, challenge=asked, site=SITE, ip="", at=NOW) == sam
    with pytest.raises(BadPasskey):
        passkey_sign_in(answer=answer, challenge=asked, site=SITE, ip="", at=NOW)


def test_no_challenge_is_answered_by_nobody(sam: Customer, device: Device) -> None:
    answer = device.use(sign_in_options(customer=None, site=SITE, challenge=challenge()), origin=SITE.origin, challenge="")
    with pytest.raises(BadPasskey):
        passkey_sign_in(answer=answer, challenge=b"", site=SITE, ip="", at=NOW)
    assert Passkey.objects.get().used_at is None


def test_a_count_that_went_back_is_a_copied_key(sam: Customer, device: Device) -> None:
    assert enter(device, count=5) == sam
    for count in (5, 4):
        with pytest.raises(BadPasskey):
            enter(device, count=count)
    assert (enter(device, count=6), Passkey.objects.get().sign_count) == (sam, 6)


def test_confirming_takes_only_the_shoppers_own_key(sam: Customer, device: Device) -> None:
    kim, hers = make.customer(email="kim@example.com"), Device()
    add(kim, hers)
    assert enter(device, customer=sam, handle=b"") == sam
    with pytest.raises(BadPasskey):
        enter(hers, customer=sam)


def test_a_passkey_of_one_merchant_is_nothing_at_another(acme: Merchant, borealis: Merchant) -> None:
    device = Device()
    with merchant_scope(acme.pk):
        add(make.customer(), device)
    with merchant_scope(borealis.pk):
        make.customer()
        for wrong in ({"site": OTHER}, {"site": OTHER, "host": SITE.host, "origin": SITE.origin}, {"site": SITE}):
            with pytest.raises(BadPasskey):
                enter(device, **wrong)
        assert Passkey.objects.count() == 0


def test_a_key_is_kept_for_one_shopper_only(sam: Customer, device: Device) -> None:
    with pytest.raises(BadPasskey):
        add(make.customer(email="kim@example.com"), device)
    assert Passkey.objects.get().customer_id == sam.pk


def test_there_is_an_end_to_the_number_of_keys(sam: Customer) -> None:
    for _ in range(MOST_PASSKEYS):
        add(sam, Device())
    with pytest.raises(BadPasskey):
        add(sam, Device())
    assert Passkey.objects.count() == MOST_PASSKEYS


def test_after_twenty_wrong_ones_a_network_waits(sam: Customer, device: Device) -> None:
    for _ in range(20):
        with pytest.raises(BadPasskey):
            enter(device, origin="https://evil.example")
    with pytest.raises(TooManyRequests):
        enter(device)
    assert enter(device, ip="192.0.2.2") == sam


def test_a_removed_key_opens_nothing_and_removing_is_told(sam: Customer, device: Device) -> None:
    remove_passkey(passkey=Passkey.objects.get(), device="Firefox", at=NOW)
    with pytest.raises(BadPasskey):
        enter(device)
    assert list(AccountChange.objects.order_by("pk").values_list("what", flat=True)) == ["passkey_added", "passkey_removed"]


def test_an_erased_shoppers_key_opens_nothing(sam: Customer, device: Device) -> None:
    Customer.objects.update(erased_at=NOW)
    with pytest.raises(BadPasskey):
        enter(device)


def test_a_name_is_cut_and_cleaned(sam: Customer, device: Device) -> None:
    row = Passkey.objects.get()
    rename_passkey(passkey=row, name=" \0" + "x" * 100)
    row.refresh_from_db()
    assert row.name == "x" * 80


WHOLE: dict[str, Callable[[dict[str, Any]], str]] = {
    "nothing": lambda _: "",
    "no JSON": lambda _: "{",
    "a list": lambda _: "[]",
    "a number": lambda _: "1",
    "deep": lambda _: "[" * 9_000 + "]" * 9_000,
    "long": lambda _: "x" * 30_000,
    "no response": lambda a: json.dumps({**a, "response": None}),
    "numbers for texts": lambda a: json.dumps({**a, "id": 1, "rawId": 2}),
    "another type": lambda a: json.dumps({**a, "type": "password"}),
    "ids that differ": lambda a: json.dumps({**a, "id": "AAAA"}),
    "signs that are no base64": lambda a: json.dumps({**a, "rawId": "\N{PILE OF POO}", "id": "\N{PILE OF POO}"}),
}
PARTS = {"use": ("clientDataJSON", "authenticatorData", "signature", "userHandle"), "make": ("clientDataJSON", "attestationObject")}
VALUES = ["", "A", "AAAA", "gICA", "oA", "\u0000", "e30", "ZmFsc2U", "bnVsbA", "W10", 7, None, [], {}, ["x"]]


def answered(act: str, spoil: Callable[[dict[str, Any]], str], sam: Customer, device: Device) -> None:
    """A good answer to the right challenge, spoilt, as the page would post it."""
    asked = challenge()
    if act == "use":
        good = json.loads(device.use(sign_in_options(customer=None, site=SITE, challenge=asked), origin=SITE.origin))
        passkey_sign_in(answer=spoil(good), challenge=asked, site=SITE, ip="", at=NOW)
    else:
        good = json.loads(Device().make(registration_options(customer=sam, site=SITE, challenge=asked), origin=SITE.origin))
        add_passkey(customer=sam, answer=spoil(good), challenge=asked, site=SITE, name="", device="", at=NOW)


@pytest.mark.parametrize("act", PARTS)
@pytest.mark.parametrize("spoil", WHOLE.values(), ids=WHOLE)
def test_an_answer_of_another_shape_is_refused(sam: Customer, device: Device, act: str, spoil: Callable[[dict[str, Any]], str]) -> None:
    with pytest.raises(BadPasskey):
        answered(act, spoil, sam, device)
    assert (Passkey.objects.count(), Passkey.objects.get().used_at) == (1, None)


@pytest.mark.parametrize(("act", "part"), [(act, part) for act, parts in PARTS.items() for part in parts])
def test_a_spoilt_part_is_refused_and_nothing_breaks(sam: Customer, device: Device, act: str, part: str) -> None:
    for value in VALUES:
        with pytest.raises(BadPasskey):
            answered(act, lambda good, value=value: json.dumps({**good, "response": {**good["response"], part: value}}), sam, device)  # type: ignore[misc]
    assert (Passkey.objects.count(), Passkey.objects.get().used_at) == (1, None)


def test_every_cut_of_a_good_answer_is_refused(sam: Customer, device: Device) -> None:
    for act, part in (("use", "authenticatorData"), ("make", "attestationObject")):
        for end in range(0, 200, 4):

            def cut(good: dict[str, Any], part: str = part, end: int = end) -> str:
                return json.dumps({**good, "response": {**good["response"], part: good["response"][part][:end]}})

            if act == "use" and end >= 52:  # the whole of it: 37 bytes
                continue
            with pytest.raises(BadPasskey):
                answered(act, cut, sam, device)
    assert (Passkey.objects.count(), Passkey.objects.get().used_at) == (1, None)


def test_ways_to_reach_a_device_we_do_not_know_are_left_out(sam: Customer) -> None:
    answered(
        "make", lambda good: json.dumps({**good, "response": {**good["response"], "transports": ["usb", "telepathy", 7]}}), sam, Device()
    )
    assert Passkey.objects.get().transports == ["usb"]
