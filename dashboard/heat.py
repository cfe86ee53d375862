"""Late parcels by carrier and region, as a map and as a list."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from dashboard.rules.charts import FEW, heat
from dashboard.rules.delays import percent
from dashboard.rules.incidents import carrier_name
from tracking.selectors.rollups import Flow, Lane

ROWS, COLUMNS = 8, 10


def heat_map(found: Sequence[Lane], span: Mapping[str, str]) -> dict[str, Any]:
    """Late parcels by carrier and region: the busiest of each, with the way to the parcels."""
    by_carrier, by_region = _sent(found, "carrier"), _sent(found, "region")
    busiest = _top(by_region, COLUMNS)
    carriers, regions = _top(by_carrier, ROWS), sorted(busiest)
    flows = {(lane.carrier, lane.region): lane.flow for lane in found}
    home = busiest[0].partition("-")[0] if busiest else ""
    return {
        "columns": [(region.removeprefix(f"{home}-") or "?", region) for region in regions],
        "rows": [
            {
                "name": carrier_name(carrier) or _("Other"),
                "all": _cell(carrier, None, _all([flow for (code, _region), flow in flows.items() if code == carrier]), span),
                "cells": [_cell(carrier, region, flows.get((carrier, region), Flow()), span) for region in regions],
            }
            for carrier in carriers
        ],
        "left_out": max(0, len(by_carrier) - ROWS) + max(0, len(by_region) - COLUMNS),
    }


def _sent(found: Sequence[Lane], name: str) -> dict[str, int]:
    sent: dict[str, int] = {}
    for lane in found:
        key = getattr(lane, name)
        sent[key] = sent.get(key, 0) + lane.flow.sent
    return sent


def _all(flows: Sequence[Flow]) -> Flow:
    """What a share of parcels needs, over all regions."""
    return Flow(sent=sum(flow.sent for flow in flows), on_time=sum(flow.on_time for flow in flows), late=sum(flow.late for flow in flows))


def _top(counts: Mapping[str, int], most: int) -> list[str]:
    return [name for name, _count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]]


def _cell(carrier: str, region: str | None, flow: Flow, span: Mapping[str, str]) -> dict[str, Any]:
    """One carrier to one region; None for all of them."""
    place = _("all regions") if region is None else region or _("unknown region")
    names = {"carrier": carrier_name(carrier) or _("Other carriers"), "region": place}
    where = {"carrier": carrier} if region is None else {"carrier": carrier, "region": region}
    share = percent(flow.late_share, 0)
    enough = flow.known >= FEW
    said = (
        _("%(carrier)s, %(region)s: %(share)s percent late of %(n)s parcels") % {**names, "share": share, "n": flow.known}
        if enough
        else _("%(carrier)s, %(region)s: fewer than 10 parcels") % names
    )
    return {
        "is_few": not enough,
        "text": share if enough else f"<{FEW}",
        "label": said,
        "level": heat(flow.late_share),
        "query": urlencode({**span, **where, "mark": "late"}),
        "is_none": not flow.sent,
    }


def lane_rows(found: Sequence[Lane], span: Mapping[str, str]) -> list[dict[str, Any]]:
    """The heat map as a list, the largest share of late parcels first among those with enough of them."""
    ranked = sorted(found, key=lambda lane: (lane.flow.known < FEW, -(lane.flow.late_share or 0), -lane.flow.sent))
    return [
        {
            "carrier": carrier_name(lane.carrier) or _("Other carriers"),
            "region": lane.region or _("unknown"),
            "flow": lane.flow,
            "late_share": percent(lane.flow.late_share) if lane.flow.known >= FEW else f"<{FEW}",
            "kept": percent(lane.flow.kept_share),
            "median_delay": lane.median_delay,
            "query": urlencode({**span, "carrier": lane.carrier, "region": lane.region}),
        }
        for lane in ranked
    ]
