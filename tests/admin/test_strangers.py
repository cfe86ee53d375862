"""Nobody sees or changes another merchant's rows through /admin/, whatever they post."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from merchants.admin import site
from merchants.models import Branding, Membership, MerchantModel, SecretField, User
from merchants.scope import merchant_scope
from merchants.types import Role
from returns.models import ReturnPolicy
from tests.admin.addresses import patterns, row_addresses
from tests.admin.test_access import MATRIX, url
from tests.admin.test_acts import BRAND
from tests.admin.world import World, person, signed_in

POSTED = {"post": "yes", "reason": "x", "role": "viewer", "name": "changed", "color": "#000000", "window_days": "1", "secret": "s" * 20}


def everything(world: World) -> dict[str, Any]:
    """All columns of the world's rows."""
    with merchant_scope(world.merchant.pk):
        return {
            label: {k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()}
            for label, pk in world.rows.items()
            for row in apps.get_model(label)._base_manager.filter(pk=pk).values()
        }


def test_every_address_with_a_row_is_covered(here: World) -> None:
    named = {name for name, pattern in patterns("admin") if "object_id" in pattern.pattern.converters}
    assert named - {"admin:view_on_site"} == set(row_addresses(here))


def test_no_row_has_a_page_on_another_site(here: World) -> None:
    kind = ContentType.objects.get_by_natural_key("orders", "order")
    assert signed_in(here.owner).get(reverse("admin:view_on_site", args=[kind.pk, here.rows["orders.order"]])).status_code == 404


def test_the_other_merchants_owner_finds_nothing_and_changes_nothing(here: World, there: World) -> None:
    client = signed_in(there.owner)
    before = everything(here)
    for name, address in row_addresses(here).items():
        for response in (client.get(address), client.post(address, POSTED)):
            assert response.status_code in (302, 403, 404), name
            if response.status_code == 302:
                assert response["Location"] == "/admin/", name
            assert here.owner.email not in response.content.decode(), name
    assert everything(here) == before


def test_lists_and_searches_show_one_merchants_rows(here: World, there: World) -> None:
    client = signed_in(there.owner)
    for label in MATRIX:
        for query in ("", "?q=1001", "?q=sam@example.com", f"?q={here.owner.email}"):
            response = client.get(url(label, "changelist") + query)
            if response.status_code == 200 and label in here.rows and "cl" in (response.context or {}):
                shown = {row.pk for row in response.context["cl"].result_list}
                assert here.rows[label] not in shown, (label, query)


def test_the_switcher_takes_only_merchants_the_person_works_for(here: World, there: World) -> None:
    client = signed_in(here.owner)
    assert client.post("/admin/merchant/", {"merchant": there.merchant.pk}).status_code == 404
    assert client.get("/admin/").context["actor"].merchant == here.merchant


@pytest.mark.parametrize("value", ["", "x", "-1", "99999999999999999999", "1 or 1=1"])
def test_the_switcher_refuses_nonsense(here: World, value: str) -> None:
    assert signed_in(here.owner).post("/admin/merchant/", {"merchant": value}).status_code == 404


def test_the_switcher_changes_the_merchant_and_the_role_by_post_only(here: World, there: World) -> None:
    both = person("both@staff.example", here.merchant, Role.OWNER)
    with merchant_scope(there.merchant.pk):
        Membership.objects.create(user=both, role=Role.VIEWER, created_at=here.merchant.created_at)
    client = signed_in(both)
    assert client.get("/admin/merchant/").status_code == 405
    for world, role in ((here, "owner"), (there, "viewer"), (here, "owner")):
        assert client.post("/admin/merchant/", {"merchant": world.merchant.pk, "to": "ops"})["Location"] == "/ops/"
        actor = client.get("/admin/").context["actor"]
        assert (actor.merchant, actor.role) == (world.merchant, role)


def test_a_forged_session_gives_no_other_merchant(here: World, there: World) -> None:
    client = signed_in(here.owner)
    session = client.session
    session["merchant"] = there.merchant.pk
    session.save()
    assert client.get("/admin/").context["actor"].merchant == here.merchant


EXTRA = {
    "is_superuser": "on", "is_staff": "on", "merchant": "", "merchant_id": "", "user": "", "id": "1", "created_at": "2020-01-01",
    "email_colors": '{"accent": "evil"}', "fingerprint": "0" * 64, "is_active": "on", "groups": "1", "user_permissions": "1",
}  # fmt: skip


def test_extra_fields_in_a_form_change_nothing(here: World, there: World) -> None:
    """Mass assignment: merchant, user, rights and derived columns are not taken from a form."""
    client = signed_in(here.owner)
    other = {**EXTRA, "merchant": there.merchant.pk, "merchant_id": there.merchant.pk, "user": there.owner.pk}
    before = everything(here)
    client.post(url("merchants.branding", "change", here.rows["merchants.branding"]), {**other, **BRAND})
    client.post(url("returns.returnpolicy", "draft"), {**other, "op": "save", "seen": "", "window_days": "9", "refund_days": "9"})
    client.post(url("merchants.membership", "change", here.rows["merchants.membership"]), {**other, "role": "owner"})
    after = everything(here)
    assert after["merchants.branding"]["email_colors"]["accent"] == "#5b2a4e"
    assert after["returns.returnpolicy"] == before["returns.returnpolicy"]
    with merchant_scope(here.merchant.pk):
        draft = ReturnPolicy.objects.get(state="draft")
        assert (draft.window_days, draft.number, draft.merchant_id) == (9, 2, here.merchant.pk)
    for label in before:
        assert after[label].get("merchant_id") == before[label].get("merchant_id"), label
    assert after["merchants.membership"] == before["merchants.membership"]
    assert after["merchants.user"] == before["merchants.user"] | {"last_login": after["merchants.user"]["last_login"]}
    with merchant_scope(there.merchant.pk):
        assert (Branding.objects.count(), ReturnPolicy.objects.get().window_days) == (1, 30)


def test_an_invitation_carries_no_rights(here: World) -> None:
    signed_in(here.owner).post(url("merchants.membership", "add"), {**EXTRA, "email": "new@staff.example", "name": "n", "role": "viewer"})
    user = User.objects.get(email="new@staff.example")
    assert (user.is_superuser, user.groups.count(), user.user_permissions.count()) == (False, 0, 0)


def test_platform_staff_cannot_make_platform_staff_through_a_form(here: World) -> None:
    root = signed_in(person("root@platform.example", is_superuser=True))
    root.post(url("merchants.user", "change", here.owner.pk), {**EXTRA, "name": "Ann", "email": "evil@x.example"})
    here.owner.refresh_from_db()
    assert (here.owner.name, here.owner.is_superuser, here.owner.email) == ("Ann", False, "owner@acme.example")


def test_changes_need_the_csrf_token(here: World) -> None:
    client = signed_in(here.owner, enforce_csrf_checks=True)
    before = everything(here)
    for name, address in row_addresses(here).items():
        assert client.post(address, POSTED).status_code == 403, name
    assert client.post("/admin/merchant/", {"merchant": here.merchant.pk}).status_code == 403
    assert everything(here) == before


def test_no_form_of_the_admin_holds_a_secret_column_or_the_merchant(here: World, rf: Any) -> None:
    request = rf.get("/admin/", HTTP_HOST="platform.test")
    request.user, request.merchant, request.role, request.merchant_ids = here.owner, here.merchant, "owner", [here.merchant.pk]
    with merchant_scope(here.merchant.pk):
        for model, row in site._registry.items():
            if not issubclass(model, MerchantModel):
                continue
            secret = {f.name for f in model._meta.fields if isinstance(f, SecretField)} | {"merchant"}
            shown = {name for _, options in row.get_fieldsets(request, None) for name in options["fields"]}
            assert not secret & (shown | set(row.get_form(request).base_fields)), model


def test_the_search_over_everything_is_closed(here: World) -> None:
    assert signed_in(here.owner).get("/admin/search/?s=order").status_code == 404


def test_every_fixed_address_answers_a_signed_out_person_with_the_sign_in(db: None) -> None:
    client = Client(HTTP_HOST="platform.test")
    opened = {"admin:login", "admin:new_password", "admin:jsi18n"}
    for name, pattern in patterns("admin"):
        if name not in opened and not pattern.pattern.regex.groups and not pattern.pattern.converters:
            response = client.get(reverse(name))
            assert response.status_code == 302, name
            assert response["Location"].startswith(("/admin/login/", "/admin/")), name
