"""The public Olist orders as trips with their moments, read from one or more folders of the same files."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tracking.rules.eta import Trip, about

SECONDS = 86_400
NOBODY: dict[str, str] = defaultdict(str)  # stands in for a row a folder leaves out


@dataclass(frozen=True, slots=True)
class Journey:
    """One order's parcel: its trip and when what happened, as local day numbers with fractions; None is never (or not yet)."""

    trip: Trip
    bought: float
    sent: float | None
    came: float | None
    estimated: date  # what the shop told the shopper


def journeys(folders: Sequence[Path]) -> list[Journey]:
    """Every order with items, by purchase. A later folder's row of an order replaces an earlier one's."""
    orders = {row["order_id"]: row for row in _all(folders, "orders")}
    customers = {row["customer_id"]: row for row in _all(folders, "customers")}
    sellers = {row["seller_id"]: row for row in _all(folders, "sellers")}
    items = _grouped(_all(folders, "order_items"), "order_item_id")
    payments = _grouped(_all(folders, "order_payments"), "payment_sequential")
    found = []
    for id, order in orders.items():
        if id not in items:
            continue
        lines = [items[id][place] for place in sorted(items[id], key=int)]
        paid = max(payments.get(id, {}).values(), key=lambda row: float(row["payment_value"]), default=NOBODY)
        customer, seller = customers.get(order["customer_id"], NOBODY), sellers.get(lines[-1]["seller_id"], NOBODY)
        found.append(_journey(order, trip_of(order, customer, seller, lines, paid["payment_type"])))
    return sorted(found, key=lambda one: one.bought)


def _all(folders: Sequence[Path], name: str) -> Iterator[dict[str, str]]:
    return (row for folder in folders for row in rows(folder, name))


def _grouped(found: Iterator[dict[str, str]], place: str) -> dict[str, dict[str, dict[str, str]]]:
    """Order -> place in it -> row."""
    groups: dict[str, dict[str, dict[str, str]]] = {}
    for row in found:
        groups.setdefault(row["order_id"], {})[row[place]] = row
    return groups


def rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Rows of one file. Raises FileNotFoundError naming the file that is missing."""
    file = f"olist_{name}_dataset.csv.gz"
    with gzip.open(folder / file, "rt", encoding="utf-8-sig", newline="") as opened:
        yield from csv.DictReader(opened)


def trip_of(order: dict[str, str], customer: dict[str, str], seller: dict[str, str], lines: list[dict[str, str]], payment: str) -> Trip:
    """What is known of an order on the day it is bought."""
    bought = datetime.fromisoformat(order["order_purchase_timestamp"])
    estimated = datetime.fromisoformat(order["order_estimated_delivery_date"])
    sellers = {line["seller_id"] for line in lines}
    postcode, start = _postcode(customer["customer_zip_code_prefix"]), _postcode(seller["seller_zip_code_prefix"])
    return Trip(
        country="BR",
        to=_state(customer["customer_state"]),
        area=postcode[:3],
        spot=postcode[:4],
        origin=_state(seller["seller_state"]),
        origin_area=start[:3],
        sender=seller["seller_id"],
        size=f"{min(len(lines), 4)}/{min(len(sellers), 3)}",
        freight=about(sum(float(line["freight_value"]) for line in lines), 4),
        promise=about((estimated.date() - bought.date()).days, 8),
        payment=payment,
        product=lines[0]["product_id"],
        weekday=str(bought.weekday()),
        hour=str(bought.hour // 4),
    )


def _state(code: str) -> str:
    return f"BR-{code}" if code else ""


def _postcode(prefix: str) -> str:
    return prefix.zfill(5) if prefix else ""


def _journey(order: dict[str, str], trip: Trip) -> Journey:
    bought = _moment(order["order_purchase_timestamp"])
    assert bought is not None
    return Journey(
        trip=trip,
        bought=bought,
        sent=_moment(order["order_delivered_carrier_date"]),
        came=_moment(order["order_delivered_customer_date"]),
        estimated=datetime.fromisoformat(order["order_estimated_delivery_date"]).date(),
    )


def _moment(text: str) -> float | None:
    """Olist writes local time; days are counted as the shopper counts them."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at.toordinal() + (at.hour * 3600 + at.minute * 60 + at.second) / SECONDS
