"""What staff change through /admin/, what is refused, and what never comes out of it."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.test import Client

from connectors.models import Connection, InboxItem
from customers.models import Suppression
from events.models import Event, Work
from merchants.models import ApiKey, Branding, Membership, Merchant, User, unseal
from merchants.scope import merchant_scope
from merchants.staff import invite
from merchants.types import Role
from notifications.automations import plans_in_force
from notifications.models import AutomationVersion, ProviderAccount, TemplateVersion
from orders.models import FulfilmentPolicy, Order
from orders.services import request_cancel
from returns.models import ReturnPolicy
from rewards.models import Coupon, CouponRule
from tests.admin.test_access import MATRIX, url
from tests.admin.world import CANARY, World, person, signed_in
from tests.conftest import NOW
from tests.factories import place_order


@pytest.fixture
def owner(here: World) -> Client:
    return signed_in(here.owner)


def test_an_order_is_cancelled_through_the_service_and_logged(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        order = Order.objects.create(
            source="api",
            external_id="x",
            number="2002",
            currency="EUR",
            placed_at=NOW,
            source_updated_at=NOW,
            recorded_at=NOW,
            state="confirmed",
        )
    response = owner.post(url("orders.order", "cancel", order.pk), {"reason": "asked by telephone"})
    assert response["Location"] == url("orders.order", "change", order.pk)
    with merchant_scope(here.merchant.pk):
        order.refresh_from_db()
        assert (order.state, order.cancel_reason) == ("cancelled", "asked by telephone")
        assert Event.objects.filter(type="orders.order.cancelled", payload__order=order.pk).count() == 1
    assert LogEntry.objects.get().user == here.owner


def test_an_order_that_cannot_be_cancelled_says_why_and_stays(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        Order.objects.filter(pk=here.rows["orders.order"]).update(state="cancelled")
    assert owner.post(url("orders.order", "cancel", here.rows["orders.order"]), {"reason": "x"}).status_code == 403
    assert LogEntry.objects.count() == 0


def test_sending_to_a_person_is_stopped_and_resumed_but_a_stop_of_theirs_stays(here: World, owner: Client) -> None:
    pk = here.rows["customers.customer"]
    owner.post(url("customers.customer", "stop_sending", pk))
    with merchant_scope(here.merchant.pk):
        assert sorted(Suppression.objects.values_list("channel", "reason")) == [("email", "manual"), ("sms", "manual")]
        Suppression.objects.filter(channel="sms").update(reason="stop")
    owner.post(url("customers.customer", "resume_sending", pk))
    with merchant_scope(here.merchant.pk):
        assert list(Suppression.objects.values_list("channel", "reason")) == [("sms", "stop")]


def test_an_api_key_is_shown_once(here: World, owner: Client) -> None:
    body = owner.post(url("merchants.apikey", "add"), {"name": "erp", "scopes": ["orders:read"]}).content.decode()
    with merchant_scope(here.merchant.pk):
        key = ApiKey.objects.get(name="erp")
    token = body[body.index("pp_") :].split("<")[0]
    assert key.prefix == token[:9]
    for address in (url("merchants.apikey", "changelist"), url("merchants.apikey", "change", key.pk), "/admin/"):
        assert token not in owner.get(address).content.decode()


def test_an_api_key_without_scopes_is_refused(here: World, owner: Client) -> None:
    assert owner.post(url("merchants.apikey", "add"), {"name": "erp", "scopes": []}).status_code == 200
    with merchant_scope(here.merchant.pk):
        assert ApiKey.objects.filter(name="erp").count() == 0


def test_a_revoked_key_is_revoked(here: World, owner: Client) -> None:
    owner.post(url("merchants.apikey", "revoke", here.rows["merchants.apikey"]))
    with merchant_scope(here.merchant.pk):
        assert ApiKey.objects.get().revoked_at is not None


def test_a_connection_shows_its_address_and_secret_once(here: World, owner: Client) -> None:
    body = owner.post(url("connectors.connection", "add"), {"connector": "woocommerce", "account": "shop.example"}).content.decode()
    with merchant_scope(here.merchant.pk):
        row = Connection.objects.get(slug="woocommerce")
        secret = unseal(row, "secret")
    assert f"https://platform.test/hooks/{row.public_id}/" in body
    assert secret in body
    detail = owner.get(url("connectors.connection", "change", row.pk)).content.decode()
    assert f"/hooks/{row.public_id}/" in detail
    assert secret not in detail


def test_a_short_secret_is_refused_beside_the_form(here: World, owner: Client) -> None:
    response = owner.post(url("connectors.connection", "add"), {"connector": "shopify", "account": "", "secret": "short"})
    assert response.status_code == 200
    assert "a secret has" in response.content.decode()
    with merchant_scope(here.merchant.pk):
        assert Connection.objects.count() == 1


def test_a_rotated_secret_is_new_and_the_old_one_is_kept_for_a_day(here: World, owner: Client) -> None:
    owner.post(url("connectors.connection", "rotate", here.rows["connectors.connection"]))
    with merchant_scope(here.merchant.pk):
        row = Connection.objects.get()
        assert unseal(row, "previous_secret") == CANARY
        assert unseal(row, "secret") != CANARY


def test_a_connection_is_turned_off_and_on(here: World, owner: Client) -> None:
    for expected in (False, True):
        owner.post(url("connectors.connection", "deactivate", here.rows["connectors.connection"]))
        with merchant_scope(here.merchant.pk):
            assert Connection.objects.get().is_active is expected


def test_a_dead_webhook_runs_again(here: World, owner: Client) -> None:
    owner.post(url("connectors.inboxitem", "again", here.rows["connectors.inboxitem"]))
    with merchant_scope(here.merchant.pk):
        assert InboxItem.objects.get().state == Work.READY


def test_the_body_of_a_webhook_is_not_for_viewers(here: World) -> None:
    address = url("connectors.inboxitem", "change", here.rows["connectors.inboxitem"])
    for role, shown in ((Role.SUPPORT, True), (Role.VIEWER, False)):
        body = signed_in(person(f"{role}@staff.example", here.merchant, role)).get(address).content.decode()
        assert ("private" in body) is shown


def test_a_provider_account_is_saved_sealed_and_only_its_end_is_shown(here: World, owner: Client) -> None:
    address = url("notifications.provideraccount", "add") + "?channel=email&provider=mailgun"
    data = {"from_email": "", "domain": "mg.shop.example", "region": "eu", "api_key": f"{CANARY}-wxyz", "webhook_signing_key": ""}
    assert owner.post(address, data).status_code == 302
    with merchant_scope(here.merchant.pk):
        row = ProviderAccount.objects.get(provider="mailgun")
        assert json.loads(unseal(row, "secret")) == {"api_key": f"{CANARY}-wxyz"}
    body = owner.get(url("notifications.provideraccount", "change", row.pk)).content.decode()
    assert "set, ends in …wxyz" in body
    assert "Webhook signing key: not set" in body
    form = owner.get(address).content.decode()
    assert CANARY not in body + form
    assert "mg.shop.example" in form


def test_an_empty_secret_keeps_the_one_saved(here: World, owner: Client) -> None:
    address = url("notifications.provideraccount", "add") + "?channel=sms&provider=twilio"
    data = {"account_sid": "AC" + "1" * 32, "from_number": "+4915123456789", "auth_token": ""}
    assert owner.post(address, data).status_code == 302
    with merchant_scope(here.merchant.pk):
        row = ProviderAccount.objects.get(provider="twilio")
        assert json.loads(unseal(row, "secret")) == {"auth_token": CANARY}
        assert row.settings == {"account_sid": "AC" + "1" * 32, "from_number": "+4915123456789"}


def test_wrong_settings_are_refused_at_their_fields(here: World, owner: Client) -> None:
    address = url("notifications.provideraccount", "add") + "?channel=email&provider=mailgun"
    response = owner.post(address, {"domain": "localhost", "region": "eu", "api_key": "k" * 20})
    assert response.status_code == 200
    assert "Not a valid value." in response.content.decode()
    with merchant_scope(here.merchant.pk):
        assert ProviderAccount.objects.filter(provider="mailgun").count() == 0


@pytest.mark.parametrize("query", ["?channel=sms&provider=smtp", "?channel=email&provider=nosuch", "?channel=x&provider=twilio"])
def test_a_provider_that_does_not_fit_the_channel_is_not_found(owner: Client, query: str) -> None:
    assert owner.get(url("notifications.provideraccount", "add") + query).status_code == 404


def test_a_message_is_switched_off_and_on(here: World, owner: Client) -> None:
    address = url("notifications.automationversion", "changelist")
    for value, expected in (("0", False), ("1", True)):
        assert owner.post(address, {"kind": "dispatch", "channel": "sms", "is_on": value}).status_code == 302
        with merchant_scope(here.merchant.pk):
            assert ("sms" in plans_in_force()["dispatch"].plan.channels) is expected


@pytest.mark.parametrize(("kind", "channel"), [("sign_in", "email"), ("thanks", "email"), ("nosuch", "sms"), ("", "")])
def test_what_cannot_be_switched_is_not_found(here: World, owner: Client, kind: str, channel: str) -> None:
    address = url("notifications.automationversion", "changelist")
    assert owner.post(address, {"kind": kind, "channel": channel, "is_on": "0"}).status_code == 404
    with merchant_scope(here.merchant.pk):
        assert AutomationVersion.objects.count() == 1


def test_support_may_not_switch_messages(here: World) -> None:
    client = signed_in(person("support@staff.example", here.merchant, Role.SUPPORT))
    address = url("notifications.automationversion", "changelist")
    assert client.post(address, {"kind": "dispatch", "channel": "sms", "is_on": "0"}).status_code == 403
    with merchant_scope(here.merchant.pk):
        assert AutomationVersion.objects.count() == 1


def test_a_draft_is_published_and_only_a_draft(here: World, owner: Client) -> None:
    pk = here.rows["notifications.templateversion"]
    assert owner.post(url("notifications.templateversion", "roll_back", pk)).status_code == 200
    with merchant_scope(here.merchant.pk):
        assert TemplateVersion.objects.get().state == "draft"
    assert owner.post(url("notifications.templateversion", "publish", pk)).status_code == 302
    with merchant_scope(here.merchant.pk):
        assert TemplateVersion.objects.get().state == "published"
    assert owner.post(url("notifications.templateversion", "publish", pk)).status_code == 200
    assert owner.post(url("notifications.templateversion", "use_shipped", pk)).status_code == 302
    with merchant_scope(here.merchant.pk):
        assert TemplateVersion.objects.get().state == "archived"


def test_staff_grant_and_refuse_what_shoppers_ask(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        wish = request_cancel(order=place_order(number="1009"), at=NOW)
        other = request_cancel(order=place_order(number="1010"), at=NOW)
    assert "Cancellation requested" in owner.get(url("orders.order", "changelist")).content.decode()
    assert owner.post(url("orders.orderrequest", "accept", wish.pk)).status_code == 302
    assert owner.post(url("orders.orderrequest", "refuse", other.pk), {"reason": "Packed already"}).status_code == 302
    with merchant_scope(here.merchant.pk):
        wish.refresh_from_db()
        other.refresh_from_db()
        assert (wish.state, wish.order.state, other.state, other.reason) == ("accepted", "cancelled", "refused", "Packed already")
    # Decided, neither is offered any more; nor what left undecided.
    assert owner.post(url("orders.orderrequest", "refuse", wish.pk), {"reason": "no"}).status_code == 403
    sent = url("orders.orderrequest", "accept", here.rows["orders.orderrequest"])
    answer = owner.post(sent)
    assert answer.status_code == 200 and "fulfilled" in answer.content.decode()


BRAND = {"color": "#5b2a4e", "neutral_hue": "70", "font": "serif", "display_weight": "400", "radius": "4", "email_from_name": "Acme"}


def test_branding_is_saved_with_its_mail_colours(here: World, owner: Client) -> None:
    assert owner.post(url("merchants.branding", "change", here.rows["merchants.branding"]), BRAND).status_code == 302
    with merchant_scope(here.merchant.pk):
        row = Branding.objects.get()
        assert (row.color, row.email_colors["accent"]) == ("#5b2a4e", "#5b2a4e")


def test_a_colour_that_is_none_is_refused(here: World, owner: Client) -> None:
    response = owner.post(url("merchants.branding", "change", here.rows["merchants.branding"]), {**BRAND, "color": "red;}"})
    assert response.status_code == 200
    with merchant_scope(here.merchant.pk):
        assert Branding.objects.get().color == "#2f2a26"


def test_policies_lead_straight_to_their_form_and_the_first_one_can_be_made(here: World, owner: Client) -> None:
    label = "orders.fulfilmentpolicy"
    assert owner.get(url(label, "changelist"))["Location"] == url(label, "change", here.rows[label])
    with merchant_scope(here.merchant.pk):
        FulfilmentPolicy.objects.all().delete()
    assert owner.get(url(label, "changelist"))["Location"] == url(label, "add")


def test_the_first_return_policy_is_written_as_a_draft_and_published(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        ReturnPolicy.objects.all().delete()
    assert owner.get(url("returns.returnpolicy", "changelist")).status_code == 200
    saved = owner.post(url("returns.returnpolicy", "draft"), {"op": "save", "seen": "", "window_days": "14", "refund_days": "7"})
    assert saved.status_code == 302
    with merchant_scope(here.merchant.pk):
        draft = ReturnPolicy.objects.get()
        assert (draft.window_days, draft.state) == (14, "draft")
    assert owner.post(url("returns.returnpolicy", "publish", draft.pk)).status_code == 302
    with merchant_scope(here.merchant.pk):
        assert ReturnPolicy.objects.get().state == "published"
    assert owner.get(url("returns.returnpolicy", "add")).status_code == 403


def test_a_new_member_of_staff_gets_a_user_without_a_usable_password(here: World, owner: Client) -> None:
    owner.post(url("merchants.membership", "add"), {"email": "New@Staff.example", "name": "New", "role": "editor"})
    user = User.objects.get(email="new@staff.example")
    assert (user.has_usable_password(), user.is_superuser) == (False, False)
    with merchant_scope(here.merchant.pk):
        assert Membership.objects.get(user=user).role == Role.EDITOR


def test_nobody_is_added_twice(here: World, owner: Client) -> None:
    response = owner.post(url("merchants.membership", "add"), {"email": here.owner.email, "name": "", "role": "viewer"})
    assert "works here already" in response.content.decode()
    with merchant_scope(here.merchant.pk):
        assert Membership.objects.get(user=here.owner).role == Role.OWNER


def test_the_last_owner_stays_owner_and_stays(here: World, owner: Client) -> None:
    pk = here.rows["merchants.membership"]
    assert "Make somebody else an owner first" in owner.post(url("merchants.membership", "change", pk), {"role": "viewer"}).content.decode()
    assert owner.post(url("merchants.membership", "delete", pk), {"post": "yes"}).status_code == 403
    with merchant_scope(here.merchant.pk):
        assert Membership.objects.get(pk=pk).role == Role.OWNER
        invite(email="second@staff.example", name="", role=Role.OWNER, at=NOW)
    assert owner.post(url("merchants.membership", "delete", pk), {"post": "yes"}).status_code == 302
    with merchant_scope(here.merchant.pk):
        assert list(Membership.objects.values_list("user__email", flat=True)) == ["second@staff.example"]


def test_an_address_that_is_none_is_refused(in_acme: Merchant) -> None:
    with pytest.raises(ValidationError):
        invite(email="not an address", name="", role=Role.VIEWER, at=NOW)
    assert User.objects.count() == 0


def test_platform_staff_make_a_password_link_that_works_once(here: World) -> None:
    root = signed_in(person("root@platform.example", is_superuser=True))
    body = root.post(url("merchants.user", "password_link", here.owner.pk)).content.decode()
    path = "/admin/new-password/" + body.split("/admin/new-password/")[1].split("<")[0]
    anybody = Client(HTTP_HOST="platform.test")
    form = anybody.get(path, follow=True)
    new = "correct horse battery staple"
    set_at = form.redirect_chain[-1][0]
    assert anybody.post(set_at, {"new_password1": new, "new_password2": new}).status_code == 302
    here.owner.refresh_from_db()
    assert here.owner.check_password(new)
    again = Client(HTTP_HOST="platform.test").get(path, follow=True)
    assert again.redirect_chain == []


def test_secrets_never_appear_on_any_page(here: World, owner: Client) -> None:
    for label in MATRIX:
        if label in ("merchants.merchant", "merchants.user"):
            continue
        for address in (url(label, "changelist"), url(label, "change", here.rows[label]), url(label, "history", here.rows[label])):
            body = owner.get(address, follow=True).content.decode()
            assert [canary for canary in here.canaries if canary in body] == [], address


RULE = {"is_on": "on", "worth": "percent", "value": "15", "currency": "eur", "minimum": "40", "valid_days": "14", "referral_value": "5"}


def test_the_coupon_rule_is_changed_in_one_form(here: World, owner: Client) -> None:
    assert owner.post(url("rewards.couponrule", "change", here.rows["rewards.couponrule"]), RULE).status_code == 302
    with merchant_scope(here.merchant.pk):
        row = CouponRule.objects.get()
        assert (row.worth, row.value, row.currency, row.minimum, row.valid_days, row.referral_value) == ("percent", 15, "EUR", 40, 14, 5)


@pytest.mark.parametrize(
    ("over", "field", "message"),
    [
        ({"value": "0"}, "value", "must be more than nothing"),
        ({"value": "101"}, "value", "no more than 100 percent"),
        ({"minimum": "-1"}, "minimum", "must not be negative"),
        ({"currency": ""}, "currency", "needed for an amount and for a minimum"),
        ({"currency": "", "minimum": "0", "worth": "amount"}, "currency", "needed for an amount and for a minimum"),
        ({"currency": "XXY"}, "currency", "unknown currency &#x27;XXY&#x27;"),
        ({"valid_days": "0"}, "valid_days", "at least one day"),
        ({"referral_value": "101"}, "referral_value", "from 0 to 100 percent"),
    ],
)
def test_a_coupon_rule_that_makes_no_sense_is_refused_at_its_field(
    here: World, owner: Client, over: dict[str, str], field: str, message: str
) -> None:
    response = owner.post(url("rewards.couponrule", "change", here.rows["rewards.couponrule"]), {**RULE, **over})
    assert (response.status_code, list(response.context["adminform"].form.errors)) == (200, [field])
    assert message in response.content.decode()
    with merchant_scope(here.merchant.pk):
        assert CouponRule.objects.get().value == 10


def test_a_coupon_shows_where_it_stands_and_offers_no_form(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        code = Coupon.objects.get().code
    listed = owner.get(f"{url('rewards.coupon', 'changelist')}?q={code}").content.decode()
    page = owner.get(url("rewards.coupon", "change", here.rows["rewards.coupon"])).content.decode()
    for shown in (listed, page):
        assert code in shown
    assert "10 %" in page
    assert "€50.00" in page
    assert 'name="code"' not in page
