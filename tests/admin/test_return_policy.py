"""The return policy's editor: written as fields, tried in the calculator, kept as cases, published only when they hold."""

import pytest
from django.test import Client

from merchants.scope import merchant_scope
from merchants.types import Role
from returns.models import ReturnPlace, ReturnPolicy
from tests.admin.test_access import url
from tests.admin.world import World, person, signed_in

POLICY = "returns.returnpolicy"
ASKED = {"price": "50", "quantity": "1", "country": "DE", "bought": "2026-11-01", "delivered": "2026-11-04", "today": "2026-11-20",
         "earlier_returns": "0", "kind": "wish", "tags": "sale"}  # fmt: skip


@pytest.fixture
def owner(here: World) -> Client:
    return signed_in(here.owner)


def seen(here: World) -> str:
    with merchant_scope(here.merchant.pk):
        row = ReturnPolicy.objects.filter(state="draft").first()
    return row.created_at.isoformat() if row else ""


def test_a_rule_is_written_tried_kept_as_a_case_and_published(here: World, owner: Client) -> None:
    rule = {"seen": "", "name": "Sale", "when_tags": "sale\nlast chance", "then_final_sale": "yes", "credit_open": "yes"}
    assert owner.post(url(POLICY, "add_rule"), rule).status_code == 302
    with merchant_scope(here.merchant.pk):
        draft = ReturnPolicy.objects.get(state="draft")
        assert draft.rules == [
            {
                "id": "r1",
                "name": "Sale",
                "when": {"tags": ["sale", "last chance"]},
                "then": {"final_sale": True, "outcomes": {"credit": {"open": True}}},
            }
        ]
    page = owner.get(url(POLICY, "draft")).content.decode()
    assert "is marked “sale” or “last chance”" in page
    german = owner.get(url(POLICY, "draft"), {"language": "de"})
    assert german.context["language"] == "de"
    asked = owner.get(url(POLICY, "what_if"), ASKED).content.decode()
    assert "In force" in asked and "Rules that applied: Sale" in asked
    kept = owner.post(url(POLICY, "what_if"), {**ASKED, "name": "Sale stays", "outcome": "refund", "seen": seen(here)})
    assert kept.status_code == 302
    changed = owner.post(url(POLICY, "draft"), {"op": "remove:r1", "seen": seen(here)})
    assert changed.status_code == 302
    refused = owner.post(url(POLICY, "publish", draft.pk)).content.decode()
    assert "Sale stays: expected not possible" in refused
    with merchant_scope(here.merchant.pk):
        assert ReturnPolicy.objects.get(state="published").number == 1
    assert owner.post(url(POLICY, "draft"), {"op": "remove_case:0", "seen": seen(here)}).status_code == 302
    assert owner.post(url(POLICY, "publish", draft.pk)).status_code == 302
    with merchant_scope(here.merchant.pk):
        assert list(ReturnPolicy.objects.order_by("number").values_list("state", flat=True)) == ["archived", "published"]
    assert owner.post(url(POLICY, "restore", here.rows[POLICY])).status_code == 302
    with merchant_scope(here.merchant.pk):
        third = ReturnPolicy.objects.get(state="draft")
    assert owner.post(url(POLICY, "throw_away", third.pk)).status_code == 302
    with merchant_scope(here.merchant.pk):
        assert ReturnPolicy.objects.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [{"when_countries": "XX"}, {"then_fee": "abc"}, {"then_no_end": "yes", "then_window_days": "3"}, {"when_min_price": "-1"}, {}],
    ids=str,
)
def test_a_rule_that_cannot_be_followed_is_not_stored(here: World, owner: Client, wrong: dict[str, str]) -> None:
    effect = {"then_photo": "yes"} if wrong else {}
    answer = owner.post(url(POLICY, "add_rule"), {"seen": "", "name": "Odd", **effect, **wrong})
    assert (answer.status_code, bool(answer.context["form"].errors)) == (422, True)
    with merchant_scope(here.merchant.pk):
        assert ReturnPolicy.objects.count() == 1


def test_two_who_write_at_once_do_not_write_over_each_other(here: World, owner: Client) -> None:
    base = {"op": "save", "window_days": "20", "refund_days": "7"}
    assert owner.post(url(POLICY, "draft"), {**base, "seen": ""}).status_code == 302
    late = owner.post(url(POLICY, "draft"), {**base, "window_days": "5", "seen": ""})
    assert (late.status_code, "Somebody else saved" in late.content.decode()) == (422, True)
    with merchant_scope(here.merchant.pk):
        assert ReturnPolicy.objects.get(state="draft").window_days == 20


@pytest.mark.parametrize("role", ["support", "viewer"])
@pytest.mark.parametrize("page", ["draft", "add_rule", "what_if"])
def test_only_who_sees_policies_opens_the_editor(here: World, role: str, page: str) -> None:
    client = signed_in(person(f"{role}@staff.example", here.merchant, Role(role)))
    assert (client.get(url(POLICY, page)).status_code, client.post(url(POLICY, page), ASKED).status_code) == (403, 403)


def test_a_real_order_is_asked_about_and_another_shop_s_is_not_there(here: World, owner: Client) -> None:
    assert "Can go back" in owner.get(url(POLICY, "what_if"), {"order": "1001"}).content.decode()
    assert "There is no such order" in owner.get(url(POLICY, "what_if"), {"order": "nobody's"}).content.decode()


def test_a_place_is_written_field_by_field(here: World, owner: Client) -> None:
    page = url("returns.returnplace", "add")
    good = {"key": "swiss", "name": "Zürich", "countries": "CH", "address_street": "Gasse 1", "address_city": "Zürich",
            "address_country": "ch", "ways_label": "4.90", "ways_own": "0", "is_active": "on"}  # fmt: skip
    assert owner.post(page, {**good, "address_country": "XX"}).status_code == 200
    assert owner.post(page, {**good, "ways_label": "free"}).status_code == 200
    assert owner.post(page, good).status_code == 302
    with merchant_scope(here.merchant.pk):
        row = ReturnPlace.objects.get(key="swiss")
        assert (row.ways, row.address["country"], row.countries) == ({"label": "4.90", "own": "0.00"}, "CH", ["CH"])
