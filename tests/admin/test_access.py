"""Who gets into /admin/, and what each role finds there."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from merchants.admin import site
from merchants.models import Merchant
from merchants.scope import merchant_scope
from merchants.types import Role
from tests.admin.world import World, person, signed_in
from tests.conftest import NOW

# What each role may open: a list and a row of it. `change` means that a form or an act is offered.
ORDERS: dict[str, str | None] = {"owner": "change", "editor": "change", "support": "change", "viewer": "view"}
ORDERS_READ: dict[str, str | None] = dict.fromkeys(("owner", "editor", "support", "viewer"), "view")
MESSAGES: dict[str, str | None] = {"owner": "change", "editor": "change", "support": "view", "viewer": "view"}
BRANDING: dict[str, str | None] = {"owner": "change", "editor": "change", "support": None, "viewer": None}
OWNERS: dict[str, str | None] = {"owner": "change", "editor": None, "support": None, "viewer": None}
PLATFORM: dict[str, str | None] = {"owner": None, "editor": None, "support": None, "viewer": None}
MATRIX: dict[str, dict[str, str | None]] = {
    "orders.order": ORDERS,
    "orders.addition": ORDERS,
    "orders.orderrequest": ORDERS,
    "customers.customer": ORDERS,
    "customers.privacyrequest": ORDERS_READ,
    "tracking.shipment": ORDERS,
    "tracking.incident": ORDERS,
    "catalog.product": ORDERS,
    "catalog.sizetable": ORDERS,
    "rewards.coupon": ORDERS_READ,
    "rewards.referral": ORDERS_READ,
    "rewards.couponrule": BRANDING,
    "rewards.thanksrule": BRANDING,
    "reviews.review": ORDERS_READ,
    "reviews.reviewplan": BRANDING,
    "reviews.reviewrule": BRANDING,
    "reviews.reviewimport": BRANDING,
    "reviews.survey": MESSAGES,
    "reviews.theme": MESSAGES,
    "connectors.inboxitem": ORDERS,
    "connectors.poll": ORDERS,
    "connectors.command": ORDERS,
    "notifications.message": MESSAGES,
    "notifications.inboundtext": MESSAGES,
    "notifications.templateversion": MESSAGES,
    "notifications.automationversion": MESSAGES,
    "support.article": MESSAGES,
    "merchants.branding": BRANDING,
    "orders.fulfilmentpolicy": BRANDING,
    "returns.returnpolicy": BRANDING,
    "returns.returnreason": BRANDING,
    "returns.returnplace": BRANDING,
    "tracking.incidentrule": BRANDING,
    "connectors.connection": OWNERS,
    "notifications.provideraccount": OWNERS,
    "merchants.domain": OWNERS,
    "merchants.membership": OWNERS,
    "merchants.apikey": OWNERS,
    "merchants.auditentry": OWNERS,
    "merchants.merchant": PLATFORM,
    "merchants.user": PLATFORM,
    "merchants.platformentry": PLATFORM,
}
SINGLETONS = {"merchants.branding", "orders.fulfilmentpolicy", "reviews.reviewplan", "rewards.couponrule", "rewards.thanksrule"}


def url(label: str, page: str, *args: object) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


def test_every_registered_table_is_in_the_matrix() -> None:
    assert {model._meta.label_lower for model in site._registry} == set(MATRIX)


@pytest.mark.parametrize("role", Role.values)
def test_each_role_opens_what_the_matrix_grants_and_nothing_else(here: World, role: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    for label, grants in MATRIX.items():
        listed = client.get(url(label, "changelist"))
        detail = client.get(url(label, "change", here.rows[label]))
        if grants[role] is None:
            assert (listed.status_code, detail.status_code) == (403, 403), label
        else:
            assert detail.status_code == 200, label
            assert listed.status_code == (302 if label in SINGLETONS else 200), label


@pytest.mark.parametrize("role", Role.values)
def test_the_sidebar_shows_what_the_role_may_open(here: World, role: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    body = client.get("/admin/").content.decode()
    for label, grants in MATRIX.items():
        assert (f'href="{url(label, "changelist")}"' in body) == (grants[role] is not None), label


EDITORS: dict[str, str | None] = MESSAGES
ACTS = [
    ("orders.order", "cancel", {"reason": "asked"}, ORDERS),
    ("orders.addition", "confirm", {}, ORDERS),
    ("orders.addition", "refuse", {"reason": "sold out"}, ORDERS),
    ("orders.orderrequest", "accept", {}, ORDERS),
    ("orders.orderrequest", "refuse", {"reason": "packed"}, ORDERS),
    ("customers.customer", "stop_sending", {}, ORDERS),
    ("customers.customer", "resume_sending", {}, ORDERS),
    ("customers.customer", "copy_data", {}, OWNERS),
    ("customers.customer", "erase", {}, OWNERS),
    ("customers.privacyrequest", "do_now", {}, OWNERS),
    ("customers.privacyrequest", "refuse", {"reason": "not theirs"}, OWNERS),
    ("catalog.product", "hand_back", {}, ORDERS),
    ("connectors.inboxitem", "again", {}, ORDERS),
    ("connectors.poll", "again", {}, ORDERS),
    ("connectors.command", "again", {}, ORDERS),
    ("notifications.templateversion", "publish", {}, EDITORS),
    ("notifications.templateversion", "roll_back", {}, EDITORS),
    ("notifications.templateversion", "use_shipped", {}, EDITORS),
    ("notifications.automationversion", "publish", {}, EDITORS),
    ("notifications.automationversion", "roll_back", {}, EDITORS),
    ("returns.returnpolicy", "publish", {}, BRANDING),
    ("returns.returnpolicy", "throw_away", {}, BRANDING),
    ("returns.returnpolicy", "restore", {}, BRANDING),
    ("tracking.incidentrule", "back_test", {"days": "30"}, BRANDING),
    ("connectors.connection", "rotate", {}, OWNERS),
    ("connectors.connection", "ask_for_news", {}, OWNERS),
    ("connectors.connection", "enter_key", {"api_key": "k" * 20}, OWNERS),
    ("connectors.connection", "set_labels", {"weight_oz": "16", "service": ""}, OWNERS),
    ("connectors.connection", "deactivate", {}, OWNERS),
    ("notifications.provideraccount", "check_account", {}, OWNERS),
    ("notifications.provideraccount", "limits", {}, OWNERS),
    ("notifications.provideraccount", "close", {}, OWNERS),
    ("merchants.apikey", "revoke", {}, OWNERS),
    ("merchants.user", "password_link", {}, PLATFORM),
]

# Read at once, without asking back: only where there is something to read.
FETCHED = [("customers.privacyrequest", "fetch", OWNERS)]


def test_every_act_of_the_admin_is_in_the_table() -> None:
    offered = {(model._meta.label_lower, name) for model, row in site._registry.items() for name in row.actions_detail}
    assert offered == {(label, name) for label, name, _, _ in ACTS} | {(label, name) for label, name, _ in FETCHED}


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize(("label", "name", "grants"), FETCHED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_fetched_needs_the_role_and_changes_nothing(
    here: World, role: str, label: str, name: str, grants: dict[str, str | None]
) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    address = url(label, name, here.rows[label])
    before = snapshot(here, label)
    assert client.get(address).status_code == (404 if grants[role] == "change" else 403)  # nothing is ready yet
    with merchant_scope(here.merchant.pk):
        ready = {"state": "done", "file": b"PK", "expires_at": NOW + timedelta(days=36_500)}
        apps.get_model(label)._base_manager.filter(pk=here.rows[label]).update(**ready)
    response = client.get(address)
    assert (response.status_code, response.content == b"PK") == ((200, True) if grants[role] == "change" else (403, False))
    after = snapshot(here, label)
    assert {**after, "file": bytes(after["file"])} == {**before, **ready}


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize(("label", "name", "data", "grants"), ACTS, ids=lambda value: value if isinstance(value, str) else "")
def test_acts_need_the_role_and_looking_never_acts(
    here: World, role: str, label: str, name: str, data: dict[str, str], grants: dict[str, str | None]
) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    address = url(label, name, here.rows[label])
    before = snapshot(here, label)
    granted = grants[role] == "change"
    assert client.get(address).status_code == (200 if granted else 403)
    assert snapshot(here, label) == before
    assert (client.post(address, data).status_code != 403) == granted
    if not granted:
        assert snapshot(here, label) == before


def snapshot(world: World, label: str) -> dict[str, Any]:
    with merchant_scope(world.merchant.pk):
        manager = apps.get_model(label)._base_manager
        return dict(manager.filter(pk=world.rows[label]).values()[0])


# Pages of the automations: what everybody who sees messages may look at, and what only editors may post to.
AUTOMATIONS = [("plan", True), ("past", False), ("compare", False)]


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize(("page", "takes_posts"), AUTOMATIONS)
def test_automations_are_read_by_all_and_written_by_editors(here: World, role: str, page: str, takes_posts: bool) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    address = url("notifications.automationversion", page, "thanks")
    before = snapshot(here, "notifications.automationversion")
    assert client.get(address).status_code == 200
    assert snapshot(here, "notifications.automationversion") == before
    if takes_posts:
        granted = EDITORS[role] == "change"
        assert client.post(address, {"op": "default"}).status_code == (302 if granted else 403)
        assert (snapshot(here, "notifications.automationversion") != before) == granted


@pytest.mark.parametrize("role", Role.values)
def test_the_simulator_is_open_to_all_who_see_messages(here: World, role: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    assert client.get(url("notifications.automationversion", "simulator")).status_code == 200


ADDS = ["merchants.membership", "merchants.apikey", "connectors.connection", "notifications.provideraccount"]
EDITORS_ADD = [
    "tracking.incidentrule", "support.article", "returns.returnreason", "returns.returnplace", "reviews.reviewrule", "reviews.reviewimport",
    "reviews.survey", "reviews.theme",
]  # fmt: skip
SUPPORT_ADDS = ["catalog.product", "catalog.sizetable"]


def test_only_these_tables_can_be_added_to() -> None:
    assert {m._meta.label_lower for m, row in site._registry.items() if getattr(row, "adds", False)} == {*ADDS, *EDITORS_ADD, *SUPPORT_ADDS}


@pytest.mark.parametrize("role", ["editor", "support", "viewer"])
@pytest.mark.parametrize("label", ADDS)
def test_only_owners_add(here: World, role: str, label: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    assert client.get(url(label, "add")).status_code == 403
    assert client.post(url(label, "add"), {"email": "x@y.example", "role": "owner", "name": "x"}).status_code == 403


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("label", EDITORS_ADD)
def test_owners_and_editors_add_what_branding_covers(here: World, role: str, label: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    assert client.get(url(label, "add")).status_code == (200 if role in ("owner", "editor") else 403)


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("label", SUPPORT_ADDS)
def test_whoever_works_with_orders_adds_products_and_size_tables(here: World, role: str, label: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    assert client.get(url(label, "add")).status_code == (403 if role == "viewer" else 200)


def test_a_stranger_to_all_shops_gets_a_clear_page_and_no_data(here: World) -> None:
    client = signed_in(person("nobody@staff.example"))
    for address in ("/admin/", url("orders.order", "changelist")):
        response = client.get(address, follow=True)
        assert response.status_code == 403
        assert "no shop has added you" in response.content.decode()
        assert "1001" not in response.content.decode()


def test_signed_out_people_are_sent_to_the_sign_in(here: World) -> None:
    response = Client(HTTP_HOST="platform.test").get(url("orders.order", "changelist"))
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_inactive_people_are_out_at_once(here: World) -> None:
    user = person("gone@staff.example", here.merchant, Role.OWNER)
    client = signed_in(user)
    user.is_active = False
    user.save()
    assert client.get("/admin/").status_code == 302


def test_platform_staff_open_every_table_of_the_merchant_they_picked(here: World, borealis: Merchant) -> None:
    client = signed_in(person("root@platform.example", is_superuser=True))
    assert client.post("/admin/merchant/", {"merchant": here.merchant.pk}).status_code == 302
    for label in MATRIX:
        assert client.get(url(label, "change", here.rows[label])).status_code == 200, label


def test_platform_staff_without_any_merchant_see_where_to_begin(db: None) -> None:
    body = signed_in(person("root@platform.example", is_superuser=True)).get("/admin/").content.decode()
    assert "There is no shop yet" in body


@pytest.mark.parametrize("role", ["support", "viewer"])
def test_a_webhook_s_page_leads_nowhere_its_reader_may_not_go(here: World, role: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    page = client.get(url("connectors.inboxitem", "change", here.rows["connectors.inboxitem"])).content.decode()
    assert url("connectors.connection", "change", here.rows["connectors.connection"]) not in page
    assert "shopify" in page
