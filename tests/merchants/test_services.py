"""Opening a merchant, its keys, its staff, its look."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from core.encryption import fingerprint
from merchants.models import ApiKey, Branding, Domain, Membership, Merchant, User
from merchants.rules import contrast, email_colors, hex_to_oklch, may, oklch_to_hex
from merchants.scope import merchant_scope
from merchants.selectors import base_url, key_of_token, memberships_of, merchant_of_host
from merchants.services import MerchantExists, add_staff, create_api_key, create_merchant, revoke_api_key, save_branding
from merchants.types import Area, Role
from tests.conftest import NOW


def test_a_merchant_is_opened_with_its_host_and_branding(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        assert list(Domain.objects.values_list("host", "is_primary")) == [("acme.platform.test", True)]
        assert Branding.objects.get().email_colors["ink"].startswith("#")
        assert base_url() == "https://acme.platform.test"
    found = merchant_of_host("ACME.platform.test")
    assert found == acme


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Über shop"),
        ("slug", "1a"),
        ("slug", "a/../b"),
        ("language", "xx"),
        ("country", "Germany"),
        ("currency", "EURO"),
        ("timezone", "Etc/../../passwd"),
    ],
)
def test_a_merchant_with_a_wrong_field_is_refused_by_name(db: None, field: str, value: str) -> None:
    fields = {"slug": "shop", "name": "Shop", field: value}
    with pytest.raises(ValidationError) as refused:
        create_merchant(at=NOW, **fields)
    assert list(refused.value.message_dict) == [field]
    assert Merchant.objects.count() == 0


def test_a_slug_is_taken_once(acme: Merchant) -> None:
    with pytest.raises(MerchantExists):
        create_merchant(slug="acme", name="Other", at=NOW)
    assert Merchant.objects.get().name == "Acme"


def test_a_key_opens_until_it_ends(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        key, token = create_api_key(name="till", scopes=["orders:read"], at=NOW, expires_at=NOW + timedelta(days=1))
    assert token.startswith("pp_")
    assert len(token) >= 46
    opened = key_of_token(token, now=NOW)
    assert opened is not None
    assert (opened.merchant_id, opened.scopes) == (acme.pk, frozenset({"orders:read"}))
    assert key_of_token(token + "x", now=NOW) is None
    assert key_of_token(token, now=NOW + timedelta(days=1)) is None
    with merchant_scope(acme.pk):
        assert ApiKey.objects.get().fingerprint == fingerprint(token)
        assert revoke_api_key(key_id=key.pk, at=NOW)
        assert not revoke_api_key(key_id=key.pk, at=NOW)
    assert key_of_token(token, now=NOW) is None


def test_a_key_of_a_closed_merchant_opens_nothing(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        _, token = create_api_key(name="till", scopes=["orders:read"], at=NOW)
    Merchant.objects.update(is_active=False)
    assert key_of_token(token, now=NOW) is None
    assert merchant_of_host("acme.platform.test") is None


@pytest.mark.parametrize("scopes", [[], ["orders:read", "everything"]])
def test_unknown_scopes_are_refused(in_acme: Merchant, scopes: list[str]) -> None:
    with pytest.raises(ValidationError):
        create_api_key(name="x", scopes=scopes, at=NOW)
    assert ApiKey.objects.count() == 0


def test_staff_work_where_they_are_members(acme: Merchant, borealis: Merchant) -> None:
    anna = User.objects.create_user("anna@acme.example", "x" * 12)
    with merchant_scope(acme.pk):
        add_staff(user=anna, role=Role.SUPPORT, at=NOW)
        add_staff(user=anna, role=Role.EDITOR, at=NOW)
        assert Membership.objects.count() == 1
    assert memberships_of(anna) == {acme.pk: Role.EDITOR}
    ops = User.objects.create_superuser("ops@platform.example", "x" * 12)
    assert memberships_of(ops) == {acme.pk: Role.OWNER, borealis.pk: Role.OWNER}


@pytest.mark.parametrize(
    ("role", "area", "action", "allowed"),
    [
        (Role.OWNER, Area.STAFF, "change", True),
        (Role.EDITOR, Area.STAFF, "view", False),
        (Role.EDITOR, Area.BRANDING, "change", True),
        (Role.EDITOR, Area.CONNECTIONS, "view", False),
        (Role.SUPPORT, Area.ORDERS, "change", True),
        (Role.SUPPORT, Area.BRANDING, "view", False),
        (Role.VIEWER, Area.ORDERS, "view", True),
        (Role.VIEWER, Area.ORDERS, "change", False),
        ("emperor", Area.ORDERS, "view", False),
    ],
)
def test_roles_grant_what_the_table_says(role: str, area: Area, action: str, allowed: bool) -> None:
    assert may(role, area, action) is allowed


def test_branding_derives_its_mail_colours(in_acme: Merchant) -> None:
    branding = Branding.objects.get()
    branding.color, branding.neutral_hue = "#5b2149", 70
    save_branding(branding)
    assert Branding.objects.get().email_colors == email_colors("#5b2149", 70)
    branding.color = "red; background: url(//evil)"
    with pytest.raises(ValidationError) as refused:
        save_branding(branding)
    assert list(refused.value.message_dict) == ["color"]
    assert Branding.objects.get().color == "#5b2149"


@pytest.mark.parametrize("hue", range(0, 360, 9))
@pytest.mark.parametrize("lightness", [0.3, 0.5, 0.58, 0.6, 0.75, 0.9])
def test_text_is_legible_on_every_brand_colour(hue: int, lightness: float) -> None:
    colors = email_colors(oklch_to_hex(lightness, 0.17, hue), hue)
    pairs = [
        ("on_accent", "accent"),
        ("ink", "sheet"),
        ("soft", "sheet"),
        ("soft", "canvas"),
        ("dark_ink", "dark_sheet"),
        ("dark_soft", "dark_sheet"),
    ]
    assert [(one, other) for one, other in pairs if contrast(colors[one], colors[other]) < 4.5] == []


def test_colours_survive_the_way_there_and_back() -> None:
    for value in ("#5b2149", "#c3ea34", "#000000", "#ffffff", "#2f63d6"):
        assert oklch_to_hex(*hex_to_oklch(value)) == value


def test_commands_open_merchants_and_keys(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_merchant", "nord", name="Nord", locale="de-AT", timezone="Europe/Vienna", currency="EUR")
    assert capsys.readouterr().out == "https://nord.platform.test\n"
    nord = Merchant.objects.get()
    assert (nord.language, nord.country, nord.timezone) == ("de", "AT", "Europe/Vienna")
    call_command("create_merchant", "sol", name="Sol", locale="pt_BR", timezone="America/Sao_Paulo", currency="BRL")
    assert capsys.readouterr().out == "https://sol.platform.test\n"
    sol = Merchant.objects.get(slug="sol")
    assert (sol.language, sol.country) == ("pt-br", "BR")
    call_command("create_api_key", merchant="nord", scopes="orders:read,orders:write")
    token = capsys.readouterr().out.strip()
    opened = key_of_token(token, now=NOW)
    assert opened is not None
    assert opened.scopes == {"orders:read", "orders:write"}
    with pytest.raises(CommandError, match="unknown: orders:fly"):
        call_command("create_api_key", merchant="nord", scopes="orders:fly")
    with pytest.raises(CommandError, match="no merchant 'sud'"):
        call_command("create_api_key", merchant="sud")
    with pytest.raises(CommandError, match="exists already"):
        call_command("create_merchant", "nord", name="Nord")
