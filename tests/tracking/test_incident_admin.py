"""Rules in the admin: their thresholds within bounds, tried on the past before they count; incidents to read."""

import pytest
from django.test import Client

from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.admin.test_access import url
from tests.admin.world import World, build, signed_in
from tracking.models import IncidentRule

RULE = "tracking.incidentrule"


@pytest.fixture
def here(acme: Merchant) -> World:
    return build(acme)


@pytest.fixture
def owner(here: World) -> Client:
    return signed_in(here.owner)


def stored(world: World) -> IncidentRule:
    with merchant_scope(world.merchant.pk):
        row: IncidentRule = IncidentRule.objects.get(pk=world.rows[RULE])
    return row


def test_the_form_shows_each_threshold_with_default_bounds_and_reason(here: World, owner: Client) -> None:
    body = owner.get(url(RULE, "change", here.rows[RULE])).content.decode()
    assert "default 3, from 1 to 30 working days: used until a lane has taught how long its parcels are silent" in body
    assert 'name="international_days" value="7' in body


def test_thresholds_are_stored_where_they_differ_from_the_default(here: World, owner: Client) -> None:
    form = {"tells_shopper": "on", "carriers": "dhl, UPS", "domestic_days": "4", "international_days": "7", "news_days": ""}
    response = owner.post(url(RULE, "change", here.rows[RULE]), form)
    assert response.status_code == 302
    row = stored(here)
    assert (row.is_on, row.tells_shopper, row.thresholds, row.carriers) == (False, True, {"domestic_days": 4.0}, ["dhl", "ups"])


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"domestic_days": "0"}, "must be 1 to 30 working days"),
        ({"domestic_days": "x"}, "Enter a number"),
        ({"carriers": "nobody"}, "There is no carrier nobody."),
    ],
)
def test_what_is_out_of_bounds_is_refused_at_its_field(here: World, owner: Client, form: dict[str, str], message: str) -> None:
    response = owner.post(url(RULE, "change", here.rows[RULE]), {"is_on": "on", **form})
    assert response.status_code == 200
    assert message in response.content.decode()
    assert (stored(here).thresholds, stored(here).carriers) == ({}, [])


def test_a_rule_is_set_up_once_with_its_safe_defaults(here: World, owner: Client) -> None:
    for _ in range(2):
        assert owner.post(url(RULE, "add"), {"type": "predicted_late"}).status_code == 302
    with merchant_scope(here.merchant.pk):
        assert list(IncidentRule.objects.filter(type="predicted_late").values_list("is_on", "tells_shopper")) == [(True, False)]
    assert owner.post(url(RULE, "add"), {"type": "nonsense"}).status_code == 200


def test_a_rule_is_tried_on_the_past_and_nothing_changes(here: World, owner: Client) -> None:
    before = stored(here)
    response = owner.post(url(RULE, "back_test", here.rows[RULE]), {"days": "30", "domestic_days": "2"})
    assert response.context["result"]["thresholds"]["domestic_days"] == 2
    assert response.context["result"]["parcels"] == 1
    assert stored(here).thresholds == before.thresholds
    refused = owner.post(url(RULE, "back_test", here.rows[RULE]), {"days": "30", "domestic_days": "99"})
    assert refused.context["result"] is None
    assert "must be 1 to 30 working days" in refused.content.decode()


def test_what_the_past_cannot_tell_is_said_instead_of_a_form(here: World, owner: Client) -> None:
    with merchant_scope(here.merchant.pk):
        row = IncidentRule.objects.create(type="feed_stale", updated_at=here.merchant.created_at)
    body = owner.get(url(RULE, "back_test", row.pk)).content.decode()
    assert "The stored past cannot tell about this type" in body


def test_an_incident_is_shown_with_its_history_and_cannot_be_changed(here: World, owner: Client) -> None:
    address = url("tracking.incident", "change", here.rows["tracking.incident"])
    body = owner.get(address).content.decode()
    assert "No scan for too long" in body
    assert owner.post(address, {"state": "resolved"}).status_code == 403
