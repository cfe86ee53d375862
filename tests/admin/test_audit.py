"""What staff do is told in the audit log of their merchant, denials and failures too; and who reads it there."""

import csv
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from customers.models import Customer, PrivacyRequest
from customers.services import carry_out, lift_suppression, request_erasure, suppress
from merchants.audit import record
from merchants.models import AuditEntry, Merchant, PlatformEntry
from merchants.scope import merchant_scope
from merchants.services import create_api_key
from merchants.trail import verify, verify_platform
from merchants.types import Deed, Role, Scope
from orders.models import Order
from tests.admin.test_access import url
from tests.admin.world import CANARY, HOST, PASSWORD, World, person, signed_in
from tests.conftest import NOW
from tracking.models import Shipment

GOOD = "a long enough password"


def told(merchant: Merchant, since: int = 0) -> list[tuple[str, str, str, str]]:
    """(who, what, about what, how it ended), in the order of the chain, which has to hold."""
    with merchant_scope(merchant.pk):
        assert verify(now=NOW).is_whole
        rows = AuditEntry.objects.filter(position__gt=since).order_by("position")
        return [(f"{row.actor_kind} {row.actor_id}".strip(), row.deed, row.object_id, row.result) for row in rows]


def last(merchant: Merchant) -> int:
    with merchant_scope(merchant.pk):
        return AuditEntry.objects.latest("position").position


def changes(merchant: Merchant) -> Any:
    with merchant_scope(merchant.pk):
        return AuditEntry.objects.latest("position").changes


def platform() -> list[tuple[str, str, str]]:
    assert verify_platform(now=NOW).is_whole
    rows = PlatformEntry.objects.order_by("position")
    return [(row.deed, row.object_id, row.result) for row in rows]


# Signing in


def test_signing_in_failing_and_out_is_told_to_the_merchant_and_the_installation(here: World, borealis: Merchant) -> None:
    owner, since = here.owner, last(here.merchant)
    platform_before = platform()
    visitor = Client(HTTP_HOST=HOST, REMOTE_ADDR="192.0.2.9")
    visitor.post("/admin/login/", {"username": owner.email.upper(), "password": "wrong"})
    visitor.post("/admin/login/", {"username": owner.email, "password": GOOD})
    visitor.post("/admin/logout/")
    me, pk = f"user {owner.pk}", str(owner.pk)
    assert told(here.merchant, since) == [
        ("visitor", "staff.sign_in_failed", pk, "refused"),
        (me, "staff.signed_in", pk, "done"),
        (me, "staff.signed_out", pk, "done"),
    ]
    assert platform()[len(platform_before) :] == [
        ("staff.sign_in_failed", pk, "refused"), ("staff.signed_in", pk, "done"), ("staff.signed_out", pk, "done"),
    ]  # fmt: skip
    assert told(borealis)[2:] == []
    with merchant_scope(here.merchant.pk):
        assert set(AuditEntry.objects.filter(position__gt=since).values_list("network", flat=True)) == {"192.0.2.0/24"}


def test_what_nobody_is_called_is_not_kept(here: World) -> None:
    """It may be the password, typed into the wrong field."""
    since = last(here.merchant)
    Client(HTTP_HOST=HOST).post("/admin/login/", {"username": PASSWORD, "password": "x"})
    assert told(here.merchant, since) == []
    assert platform()[-1] == ("staff.sign_in_failed", "", "refused")
    assert PASSWORD not in str(list(PlatformEntry.objects.values()))


def test_a_password_chosen_over_a_link_is_told_and_so_is_the_link(here: World) -> None:
    root = signed_in(person("root@platform.example", is_superuser=True))
    shown = root.post(url("merchants.user", "password_link", here.owner.pk))
    assert platform()[-1] == ("staff.password_link", str(here.owner.pk), "done")
    link = next(part for part in shown.content.decode().split() if "/admin/new-password/" in part)
    path = "/admin/" + link.split("/admin/")[1].split("<")[0]
    browser = Client(HTTP_HOST=HOST)
    form = browser.get(path, follow=True)
    password = {"new_password1": "violet-harbour-11-lamps", "new_password2": "violet-harbour-11-lamps"}
    since = last(here.merchant)
    assert browser.post(form.redirect_chain[-1][0], password).status_code == 302
    assert platform()[-1] == ("staff.password_set", str(here.owner.pk), "done")
    assert told(here.merchant, since) == [("visitor", "staff.password_set", str(here.owner.pk), "done")]


def test_platform_staff_who_look_into_a_merchant_stand_in_its_log_once_and_again_when_they_leave(here: World, borealis: Merchant) -> None:
    root = person("root@platform.example", is_superuser=True)
    since, since_there = last(here.merchant), last(borealis)
    client, who = signed_in(root), f"platform {root.pk}"
    for _ in range(3):
        client.get("/admin/")  # the first merchant by name, without having asked for it
    assert told(here.merchant, since) == [(who, "platform.entered", "acme", "done")]
    client.post("/admin/merchant/", {"merchant": borealis.pk})
    client.get("/ops/messages/")
    assert told(here.merchant, since)[1:] == [(who, "platform.left", "acme", "done")]
    assert told(borealis, since_there) == [(who, "platform.entered", "borealis", "done")]
    client.post("/admin/logout/")
    assert told(borealis, since_there)[1:] == [(who, "platform.left", "borealis", "done")]


def test_a_person_shut_out_by_platform_staff_is_told(here: World) -> None:
    root = signed_in(person("root@platform.example", is_superuser=True))
    root.post(url("merchants.user", "change", here.owner.pk), {"name": "Olive"})  # an empty box: no longer active
    assert platform()[-1] == ("staff.person_changed", str(here.owner.pk), "done")
    assert PlatformEntry.objects.latest("position").changes == {"fields": ["is_active", "name"], "is_active": False}


# Rights and secrets

OWNERS = [
    ("merchants.membership", "change", {"role": "editor"}, "staff.role_changed", {"role": ["viewer", "editor"]}),
    ("merchants.membership", "delete", {"post": "yes"}, "staff.removed", {"role": ["viewer", ""]}),
]


@pytest.mark.parametrize(("label", "page", "data", "deed", "said"), OWNERS)
def test_a_change_of_role_is_told(here: World, label: str, page: str, data: dict[str, str], deed: str, said: dict[str, Any]) -> None:
    with merchant_scope(here.merchant.pk):
        other = person("kim@staff.example", here.merchant, Role.VIEWER)
        pk = other.memberships(manager="all_merchants").get().pk  # type: ignore[operator]
    since = last(here.merchant)
    assert signed_in(here.owner).post(url(label, page, pk), data).status_code == 302
    assert told(here.merchant, since) == [(f"user {here.owner.pk}", deed, str(other.pk), "done")]
    assert changes(here.merchant) == said


ACTS: list[tuple[str, str, dict[str, str], str, dict[str, Any]]] = [
    ("merchants.apikey", "revoke", {}, "key.revoked", {}),
    ("connectors.connection", "enter_key", {"api_key": CANARY}, "connection.key_written", {"slug": "shopify", "api_key": "written"}),
    ("connectors.connection", "enter_key", {}, "connection.key_written", {"slug": "shopify", "api_key": "taken away"}),
    ("connectors.connection", "deactivate", {}, "connection.changed", {"slug": "shopify", "is_active": False}),
    ("customers.customer", "stop_sending", {}, "suppression.added", {"channels": ["email", "sms"]}),
    ("customers.customer", "erase", {}, "privacy.erasure_asked", {"source": "staff"}),
    ("customers.privacyrequest", "refuse", {"reason": "not theirs"}, "privacy.refused", {"kind": "export"}),
    ("customers.privacyrequest", "do_now", {}, "privacy.copy_made", {"source": "staff"}),
    ("connectors.inboxitem", "again", {}, "rows.run_again", {}),
    ("connectors.poll", "again", {}, "rows.run_again", {}),
]


@pytest.mark.parametrize(("label", "name", "data", "deed", "said"), ACTS, ids=[f"{row[3]} {row[2]}" for row in ACTS])
def test_an_act_is_told_with_names_and_without_secrets(
    here: World, label: str, name: str, data: dict[str, str], deed: str, said: dict[str, Any]
) -> None:
    since = last(here.merchant)
    assert signed_in(here.owner).post(url(label, name, here.rows[label]), data).status_code == 302
    rows = told(here.merchant, since)
    assert [(who, what, result) for who, what, _thing, result in rows] == [(f"user {here.owner.pk}", deed, "done")]
    assert changes(here.merchant) == said
    with merchant_scope(here.merchant.pk):
        lines = str(list(AuditEntry.objects.values()))
    for secret in (*here.canaries, "sam@example.com", "Sam", "+49", "not theirs"):
        assert secret not in lines, secret


def test_a_provider_s_account_tells_which_secrets_were_written_and_none_of_them(here: World) -> None:
    since = last(here.merchant)
    address = reverse("admin:notifications_provideraccount_add") + "?provider=postmark&channel=email"
    fields = {"provider": "postmark", "channel": "email", "server_token": CANARY, "from_email": "shop@acme.example"}
    assert signed_in(here.owner).post(address, fields).status_code == 302
    assert [row[1] for row in told(here.merchant, since)] == ["account.written"]
    said = changes(here.merchant)
    assert (said["provider"], said["secrets"], said["settings"]) == ("postmark", ["server_token"], ["from_email"])
    assert CANARY not in str(said)


def test_the_command_line_is_told_as_such(acme: Merchant) -> None:
    since = last(acme)
    call_command("create_api_key", merchant="acme", scopes="orders:read", stdout=StringIO())
    assert [row[:2] for row in told(acme, since)] == [("command create_api_key", "key.made")]
    assert changes(acme) == {"scopes": ["orders:read"], "expires_at": None}


# Shoppers


def test_an_erasure_leaves_the_chain_whole_and_nothing_of_the_person_in_it(here: World) -> None:
    merchant = here.merchant
    with merchant_scope(merchant.pk):
        sam = Customer.objects.get(pk=here.rows["customers.customer"])
        PrivacyRequest.objects.all().delete()
    since = last(merchant)
    signed_in(here.owner).post(url("customers.customer", "copy_data", sam.pk))
    with merchant_scope(merchant.pk):
        request = PrivacyRequest.objects.get(customer=sam)
        carry_out(request_id=request.pk, at=NOW)
    assert told(merchant, since) == [
        (f"user {here.owner.pk}", "privacy.copy_asked", request.public_id, "done"),
        ("system", "privacy.copy_made", request.public_id, "done"),
    ]
    with merchant_scope(merchant.pk):
        assert AuditEntry.objects.latest("position").on_behalf_of == sam.public_id
        request_erasure(customer=sam, source="staff", at=NOW)
        forget(sam, NOW)
        lines = str(list(AuditEntry.objects.values())).replace(sam.public_id, "")
    assert [row[1] for row in told(merchant, since)][2:] == ["privacy.erasure_asked", "privacy.erasure_begun", "privacy.erased"]
    for word in ("sam@", "Sam", "Torstra", "4915"):
        assert word not in lines, word


def forget(person: Customer, at: datetime) -> None:
    """Both rounds of an erasure; the order is old enough that nothing stands against it."""
    Order.objects.update(state="delivered", placed_at=at - timedelta(days=400))
    Shipment.objects.update(status="delivered", delivered_at=at - timedelta(days=390))
    for moment in (at, at + timedelta(hours=2)):
        request = PrivacyRequest.objects.get(customer=person, kind="erasure")
        carry_out(request_id=request.pk, at=moment, is_urgent=True)


def test_a_block_that_is_lifted_is_told_without_the_number(in_acme: Merchant) -> None:
    suppress(channel="sms", recipient="+4915123456789", reason="stop", at=NOW)
    since = AuditEntry.objects.latest("position").position
    assert lift_suppression(channel="sms", recipient="+4915123456789")
    assert not lift_suppression(channel="sms", recipient="+4915123456789")
    assert [row[1] for row in told(in_acme, since)] == ["suppression.lifted"]
    assert "23456789" not in str(list(AuditEntry.objects.values()))


# Denials


def test_a_denial_is_told_once_a_minute_and_changes_nothing_else(here: World) -> None:
    kim = person("kim@staff.example", here.merchant, Role.VIEWER)
    since, client = last(here.merchant), signed_in(kim)
    for _ in range(3):
        assert client.post(url("merchants.apikey", "revoke", here.rows["merchants.apikey"])).status_code == 403
    assert client.post("/ops/dead/rerun/", {"key": "inbox:1"}).status_code == 403
    who = f"user {kim.pk}"
    assert told(here.merchant, since) == [
        (who, "access.denied", "admin:merchants_apikey_revoke", "refused"),
        (who, "access.denied", "dashboard:rerun", "refused"),
    ]
    assert changes(here.merchant) == {"method": "POST"}


def test_a_key_that_lacks_a_scope_is_told(acme: Merchant) -> None:
    with merchant_scope(acme.pk):
        key, token = create_api_key(name="till", scopes=[Scope.CATALOG_READ], at=NOW)
    since, client = last(acme), Client(HTTP_HOST=HOST, headers={"Authorization": f"Bearer {token}"})
    for _ in range(2):
        assert client.get("/api/v1/orders").status_code == 403
    assert told(acme, since) == [(f"key {key.pk}", "access.denied", "orders:read", "refused")]


# Read


def test_the_list_names_staff_narrows_and_finds(here: World) -> None:
    client = signed_in(here.owner)
    client.post(url("merchants.apikey", "revoke", here.rows["merchants.apikey"]))
    listed = url("merchants.auditentry", "changelist")
    body = client.get(listed).content.decode()
    assert "API key revoked" in body and f"Staff: {here.owner.email}" in body
    for query in (f"?q={here.owner.email}", "?deed__exact=key.revoked", f"?q={here.owner.pk}"):
        found = client.get(listed + query).content.decode()
        assert "merchants.apikey" in found and "connectors.connection" not in found, query
    assert "merchants.apikey" not in client.get(f"{listed}?q=nobody@else.example").content.decode()


def test_nobody_changes_a_line_in_the_admin(here: World) -> None:
    client, label = signed_in(here.owner), "merchants.auditentry"
    line = here.rows[label]
    before = told(here.merchant)
    assert client.get(url(label, "add")).status_code == 403
    assert client.post(url(label, "delete", line), {"post": "yes"}).status_code == 403
    assert client.post(url(label, "change", line), {"deed": "key.made"}).status_code == 403
    assert told(here.merchant)[: len(before)] == before


def test_the_lines_leave_as_csv_through_the_guard_and_that_is_told_too(here: World) -> None:
    with merchant_scope(here.merchant.pk):
        record(Deed.BULK, changes={})
        AuditEntry.objects.latest("position")
    client = signed_in(here.owner, headers={"User-Agent": "=cmd|' /C calc'!A0"})
    since = last(here.merchant)
    address = reverse("admin:merchants_auditentry_export")
    response = client.get(f"{address}?deed__exact=connection.made")
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("text/csv; charset=utf-8", "nosniff")
    rows = list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["deed"], row["object_kind"], row["result"]) for row in rows] == [("connection.made", "connectors.connection", "done")]
    assert told(here.merchant, since) == [(f"user {here.owner.pk}", "data.exported", "", "done")]
    assert changes(here.merchant) == {"rows": 1}


def test_a_cell_that_looks_like_a_formula_is_disarmed(here: World) -> None:
    with merchant_scope(here.merchant.pk):
        record(Deed.BULK, on_behalf_of="=1+1")
    response = signed_in(here.owner).get(reverse("admin:merchants_auditentry_export"))
    rows = list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0]["on_behalf_of"] == "'=1+1"


@pytest.mark.parametrize("role", ["editor", "support", "viewer"])
@pytest.mark.parametrize("label", ["merchants.auditentry", "merchants.platformentry"])
def test_others_do_not_take_the_lines_out(here: World, role: str, label: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    response = client.get(reverse(f"admin:{label.replace('.', '_')}_export"))
    assert (response.status_code, b"domain.added" in response.content) == (403, False)


def test_owners_do_not_read_the_installation_s_log(here: World) -> None:
    client = signed_in(here.owner)
    for address in (url("merchants.platformentry", "changelist"), reverse("admin:merchants_platformentry_export")):
        assert client.get(address).status_code == 403


def test_platform_staff_read_and_take_out_the_installation_s_log(here: World) -> None:
    client = signed_in(person("root@platform.example", is_superuser=True))
    body = client.get(url("merchants.platformentry", "changelist")).content.decode()
    assert "Platform staff: root@platform.example" in body
    assert client.get(reverse("admin:merchants_platformentry_export")).status_code == 200
    assert platform()[-1] == ("data.exported", "", "done")
    shown = client.get(url("merchants.auditentry", "changelist")).content.decode()
    assert "Platform staff entered" in shown and "Platform staff: root@platform.example" not in shown
