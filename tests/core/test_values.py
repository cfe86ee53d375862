"""Money, normal forms, encryption, signing: tables of what is taken and what is refused."""

from decimal import Decimal

import pytest

from core.encryption import BadSecret, decrypt, encrypt, random_id
from core.money import BadAmount, UnknownCurrency, check_currency, exponent, format_money, parse_amount, round_amount
from core.signing import derive_digits, derive_token, hmac_base64, same
from core.text import BadEmail, BadPhone, mask_email, normalise_email, normalise_phone


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("19.90", "EUR", "19.90"),
        ("19.9000", "EUR", "19.90"),
        (5, "EUR", "5.00"),
        ("-0", "EUR", "0.00"),
        ("599", "JPY", "599"),
        ("599.0", "JPY", "599"),
        ("1.234", "BHD", "1.234"),
    ],
)
def test_amounts_are_exact(value: str | int, currency: str, expected: str) -> None:
    assert str(parse_amount(value, currency)) == expected


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        ("19.999", "EUR"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("1e400", "EUR"),
        ("1e9999999", "EUR"),
        ("-1e9999999", "EUR"),
        ("1e-9999999", "EUR"),
        ("-1", "EUR"),
        ("1.5", "JPY"),
        ("", "EUR"),
        ("1,50", "EUR"),
    ],
)
def test_what_is_no_amount_is_refused(value: str, currency: str) -> None:
    with pytest.raises(BadAmount):
        parse_amount(value, currency)


@pytest.mark.parametrize("code", ["XXZ", "EURO", "", "€", "12€"])
def test_unknown_currencies_are_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        check_currency(code)


def test_the_currency_knows_its_decimals() -> None:
    assert [exponent(code) for code in ("EUR", "JPY", "BHD")] == [2, 0, 3]
    assert round_amount(Decimal("2.675"), "EUR") == Decimal("2.68")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("en-US", "€599.00"), ("de-DE", "599,00\xa0€"), ("zh-hans", "€599.00"), ("id", "€599,00"), ("pt-br", "€\xa0599,00")],
)
def test_money_reads_as_people_write_it(locale: str, expected: str) -> None:
    assert format_money(Decimal(599), "EUR", locale) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Lena.H@Posteo.Example ", "lena.h@posteo.example"),
        ("sam+shop@mail.example", "sam+shop@mail.example"),
        ("käthe@müller.example", "käthe@xn--mller-kva.example"),
    ],
)
def test_emails_have_one_normal_form(value: str, expected: str) -> None:
    assert normalise_email(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a@b",
        "a.example",
        '"a b"@x.com',
        "a@[127.0.0.1]",
        "a@x.com,b@y.com",
        "a@x.com\r\nBcc: v@w.com",
        "a b@x.com",
        "a@-x.com",
        "a@x..com",
        "a@" + "x" * 250 + ".com",
        "\u202ea@x.com",
    ],
)
def test_what_is_not_one_address_is_refused(value: str) -> None:
    with pytest.raises(BadEmail):
        normalise_email(value)


@pytest.mark.parametrize(
    ("value", "region", "expected"),
    [
        ("0151 23456789", "DE", "+4915123456789"),
        ("+1 (415) 555-2671", None, "+14155552671"),
        ("tel:+14155552671", None, "+14155552671"),
        ("٠١٥١٢٣٤٥٦٧٨٩", "DE", "+4915123456789"),
    ],
)
def test_phones_become_e164(value: str, region: str | None, expected: str) -> None:
    assert normalise_phone(value, region) == expected


@pytest.mark.parametrize("value", ["555-555-SHIP", "12", "+1900 555 0100", "+88213123456", "1" * 41, "", "+49 151\n2345678"])
def test_what_cannot_get_a_text_message_is_refused(value: str) -> None:
    with pytest.raises(BadPhone):
        normalise_phone(value, "US")


def test_a_masked_address_can_be_recognised_and_not_written_to() -> None:
    assert mask_email("lena@posteo.example") == "l•••@posteo.example"


def test_a_secret_opens_for_its_merchant_and_field_only() -> None:
    sealed = encrypt("s3cret", merchant_id=1, field="a.b")
    assert "s3cret" not in sealed
    assert decrypt(sealed, merchant_id=1, field="a.b") == "s3cret"
    assert encrypt("s3cret", merchant_id=1, field="a.b") != sealed
    for merchant_id, field in ((2, "a.b"), (1, "a.c")):
        with pytest.raises(BadSecret):
            decrypt(sealed, merchant_id=merchant_id, field=field)
    with pytest.raises(BadSecret):
        decrypt("v9.abc", merchant_id=1, field="a.b")


def test_a_changed_secret_does_not_open() -> None:
    sealed = encrypt("s3cret", merchant_id=1, field="a.b")
    flipped = sealed[:-2] + ("A" if sealed[-2] != "A" else "B") + sealed[-1]
    with pytest.raises(BadSecret):
        decrypt(flipped, merchant_id=1, field="a.b")


def test_public_ids_are_128_random_bits() -> None:
    ids = {random_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(value) for value in ids} == {22}


def test_derived_codes_depend_on_purpose_and_nonce() -> None:
    assert derive_digits("a", "n", length=6) == derive_digits("a", "n", length=6)
    assert len({derive_token("a", "n"), derive_token("b", "n"), derive_token("a", "m")}) == 3
    assert len(derive_digits("a", "n", length=6)) == 6


def test_signatures_compare_whatever_is_given() -> None:
    good = hmac_base64("key", b"body")
    assert good == "UVquEztDXUAAlWcx9orlz164XU8NxqVG0r/NNZXsGuE="
    assert same(good, good)
    assert not any(same(bad, good) for bad in ("", "x", good[:-1], good + "=", "ünïcode", "\ud800"))
