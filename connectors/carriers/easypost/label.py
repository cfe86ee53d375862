"""A return label bought at EasyPost: found by our own reference, else made; the cheapest rate, or the one the merchant named."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.carriers.easypost.poll import api, basic
from connectors.shops.calls import CallRefused, member, members, read
from connectors.types import Access, Done, Parcel, Refused, Steps
from core.http import json_request
from returns.types import Label, Way

QR = "label_qr_code"
NO_WEIGHT = "Enter the usual weight of a return in the connection's settings."
NO_RATE = "No carrier offers a label for this way."


def label(access: Access, parcel: Parcel) -> Steps:
    """With `is_return` EasyPost turns the addresses round: they are told as for the way out."""
    key = basic(access.key)
    answer = yield json_request("GET", f"{api()}/shipments/{parcel.key}", key)
    made = None if answer.status == 404 else read(answer)
    if made is None:
        weight = _number(access.options.get("weight_oz"))
        if weight is None or weight <= 0:
            return Refused(NO_WEIGHT)
        answer = yield json_request("POST", f"{api()}/shipments", key, {"shipment": _shipment(parcel, weight)})
        made = read(answer)
    if not member(made, "postage_label", "label_url"):
        rate = chosen(members(made, "rates"), str(access.options.get("service") or ""))
        if rate is None:
            return Refused(_reason(made) or NO_RATE)
        answer = yield json_request("POST", f"{api()}/shipments/{made['id']}/buy", key, {"rate": {"id": rate["id"]}})
        made = read(answer)
    code = _form(made)
    if parcel.wants_code and not code:
        answer = yield json_request("POST", f"{api()}/shipments/{made['id']}/forms", key, {"form": {"type": QR}})
        code = _form(read(answer)) if 200 <= answer.status < 300 else ""  # not every carrier has one: then it is the label
    return Done(str(made["id"]), label=_label(made, code))


def _shipment(parcel: Parcel, weight: Decimal) -> dict[str, Any]:
    return {
        "reference": parcel.key,
        "is_return": True,
        "to_address": _address(parcel.shopper),
        "from_address": _address(parcel.place),
        "parcel": {"weight": float(weight)},
        "options": {"print_custom_1": parcel.number},
    }


def _address(told: Mapping[str, str]) -> dict[str, str]:
    names = {
        "name": "name", "company": "company", "street1": "street", "street2": "street2", "city": "city", "state": "region",
        "zip": "postcode", "country": "country", "phone": "phone",
    }  # fmt: skip
    return {theirs: told[ours] for theirs, ours in names.items() if told.get(ours)}


def chosen(rates: list[dict[str, Any]], service: str) -> dict[str, Any] | None:
    """The cheapest; of the named service (`USPS/GroundAdvantage`, or a carrier) where one is named."""
    carrier, _, name = service.partition("/")
    fitting = [
        rate
        for rate in rates
        if (not carrier or str(rate.get("carrier")).lower() == carrier.lower())
        and (not name or str(rate.get("service")).lower() == name.lower())
        and _number(rate.get("rate")) is not None
    ]
    return min(fitting, key=lambda rate: (_number(rate["rate"]) or Decimal(0), str(rate.get("id"))), default=None)


def _number(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _reason(made: Any) -> str:
    """Carriers tell in messages why they offer nothing."""
    return "; ".join(str(entry.get("message"))[:80] for entry in members(made, "messages"))[:200]


def _form(made: Any) -> str:
    return next((str(form.get("form_url") or "") for form in members(made, "forms") if form.get("form_type") == QR), "")


def _label(made: Any, code: str) -> Label:
    url, number = str(member(made, "postage_label", "label_url") or ""), str(member(made, "tracking_code") or "")
    if not url:
        raise CallRefused("EasyPost bought no label.")
    return Label(
        way=Way.CODE if code else Way.LABEL,
        carrier=str(member(made, "selected_rate", "carrier") or ""),
        tracking_number=number,
        tracking_url=str(member(made, "tracker", "public_url") or ""),
        file_url=code or url,
        provider="easypost",
        provider_id=str(made["id"]),
        cost=_number(member(made, "selected_rate", "rate")) or Decimal(0),
        currency=str(member(made, "selected_rate", "currency") or ""),
    )
