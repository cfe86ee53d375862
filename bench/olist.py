"""Reads the public Olist data set (gzipped CSV) as a timeline of what a shop would have told us.

The files go into a temporary SQLite file first, so that memory does not grow with the number of orders.
"""

import csv
import gzip
import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.track import Parcel, Word, chaos, dice_of, words_of

ZONE = ZoneInfo("America/Sao_Paulo")
FILES = {
    "orders": "olist_orders_dataset.csv.gz",
    "items": "olist_order_items_dataset.csv.gz",
    "payments": "olist_order_payments_dataset.csv.gz",
    "customers": "olist_customers_dataset.csv.gz",
    "products": "olist_products_dataset.csv.gz",
    "sellers": "olist_sellers_dataset.csv.gz",
}
KEYS = {
    "orders": "order_id",
    "items": "order_id",
    "payments": "order_id",
    "customers": "customer_id",
    "products": "product_id",
    "sellers": "seller_id",
}
METHODS = {"credit_card": "Credit card", "boleto": "Boleto", "voucher": "Voucher", "debit_card": "Debit card"}

# What happened to an order, in the words of its columns. A cancellation has no time of its own: it is told last.
STEPS = (
    ("purchase", "order_purchase_timestamp", 0),
    ("payment", "order_approved_at", 1),
    ("handover", "order_delivered_carrier_date", 2),
    ("delivery", "order_delivered_customer_date", 3),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the shop tells, at its own time."""

    at: datetime
    kind: str
    order_id: str
    word: int = 0  # of a scan: which row of `words`


@dataclass(frozen=True, slots=True)
class Item:
    position: str
    product: str
    seller: str
    price: Decimal
    freight: Decimal
    category: str


@dataclass(frozen=True, slots=True)
class Facts:
    """One order as the files have it."""

    order_id: str
    status: str
    customer: str
    city: str
    state: str
    postcode: str
    items: tuple[Item, ...]
    payments: tuple[tuple[str, str, Decimal], ...]  # sequence, method, amount
    times: dict[str, datetime]


def moment(text: str) -> datetime | None:
    """Olist's naive local time, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE) if text else None


def phone_of(customer: str) -> str:
    """A made-up, well-formed Brazilian mobile number per customer: the files hold none."""
    return f"+55119{int(hashlib.sha256(customer.encode()).hexdigest(), 16) % 10**8:08d}"


class Olist:
    """The data set in a temporary file. Raises FileNotFoundError naming the file that is missing."""

    def __init__(self, folder: Path) -> None:
        self.file = tempfile.NamedTemporaryFile(prefix="olist-", suffix=".sqlite")  # noqa: SIM115  lives as long as the object
        self.db = sqlite3.connect(self.file.name)
        self.db.execute("pragma journal_mode = off")
        self.db.execute("pragma synchronous = off")
        self.db.execute("pragma cache_size = -8000")
        for table, name in FILES.items():
            self._load(table, folder / name)

    def _load(self, table: str, path: Path) -> None:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = next(rows)
            columns = ", ".join(f'"{name}" text' for name in header)
            self.db.execute(f"create table {table} ({columns})")
            self.db.executemany(f"insert into {table} values ({', '.join('?' * len(header))})", rows)
        self.db.execute(f"create index {table}_key on {table} ({KEYS[table]})")
        self.db.commit()

    def prepare(self, orders: int, *, since: str = "", chaos_seed: int | None = None) -> int:
        """Lay out the timeline of the first orders by purchase, from a day on; returns how many there are. With a seed their scans are
        told badly."""
        self.db.execute(
            """create table chosen as select * from orders where order_purchase_timestamp >= ?
               order by order_purchase_timestamp, order_id limit ?""",
            [since, orders],
        )
        self.db.execute("create index chosen_key on chosen (order_id)")
        self.db.execute("create table timeline (at text, rank int, kind text, order_id text, word int default 0)")
        for kind, column, rank in STEPS:
            told = "and order_delivered_carrier_date = ''" if kind == "delivery" else ""  # else a scan tells it
            self.db.execute(f"insert into timeline select {column}, {rank}, '{kind}', order_id, 0 from chosen where {column} <> '' {told}")
        last = "max(order_purchase_timestamp, order_approved_at, order_delivered_carrier_date, order_delivered_customer_date)"
        self.db.execute(f"insert into timeline select {last}, 9, 'cancellation', order_id, 0 from chosen where order_status = 'canceled'")
        self.db.execute("create table words (id integer primary key, seller text, at text, code text, city text, region text)")
        self._tell_scans(chaos_seed)
        self.db.execute("create index timeline_at on timeline (at, rank, order_id, word)")
        self.db.commit()
        (count,) = self.db.execute("select count(*) from chosen").fetchone()
        return int(count)

    def timeline(self) -> Iterator[Step]:
        """Every step in the order of its own time."""
        for at, kind, order_id, word in self.db.execute("select at, kind, order_id, word from timeline order by at, rank, order_id, word"):
            yield Step(datetime.fromisoformat(at).replace(tzinfo=ZONE), kind, order_id, word)

    def _tell_scans(self, chaos_seed: int | None) -> None:
        """The scans of every parcel that was handed over, after its hand-over."""
        parcels = self.db.execute(
            """select distinct order_id, seller_id, seller_city, seller_state, customer_city, customer_state,
                   order_delivered_carrier_date, order_delivered_customer_date
               from chosen join items using (order_id) join customers using (customer_id) left join sellers using (seller_id)
               where order_delivered_carrier_date <> '' order by 1, 2"""
        )
        number = 0
        for order_id, seller, *places, handed_over, delivered in parcels.fetchall():
            times = datetime.fromisoformat(handed_over), datetime.fromisoformat(delivered) if delivered else None
            parcel = Parcel(order_id, seller, (places[0] or "", places[1] or ""), (places[2], places[3]), *times)
            words = words_of(parcel)
            if chaos_seed is not None:
                words = chaos(words, dice_of(str(chaos_seed), order_id, seller))
            for word in words:
                number += 1
                values = [number, seller, word.at.isoformat(" ", "seconds"), word.code, word.city, word.region]
                self.db.execute("insert into words values (?, ?, ?, ?, ?, ?)", values)
                told_at = word.told_at.isoformat(" ", "seconds")
                self.db.execute("insert into timeline values (?, 4, 'scan', ?, ?)", [told_at, order_id, number])

    def word(self, id: int) -> tuple[str, Word]:
        """A told scan and the seller whose parcel it is about."""
        seller, at, code, city, region = self.db.execute("select seller, at, code, city, region from words where id = ?", [id]).fetchone()
        moment = datetime.fromisoformat(at)
        return seller, Word(moment, moment, code, city, region)

    def facts(self, order_id: str) -> Facts:
        """One order with its items, payments and customer."""
        row = self.db.execute("select * from chosen where order_id = ?", [order_id])
        names = [column[0] for column in row.description]
        order = dict(zip(names, row.fetchone(), strict=True))
        person = self.db.execute(
            "select customer_unique_id, customer_city, customer_state, customer_zip_code_prefix from customers where customer_id = ?",
            [order["customer_id"]],
        ).fetchone() or ("", "", "", "")
        items = self.db.execute(
            """select order_item_id, items.product_id, seller_id, price, freight_value, product_category_name
               from items left join products using (product_id) where order_id = ? order by cast(order_item_id as int)""",
            [order_id],
        ).fetchall()
        payments = self.db.execute(
            """select payment_sequential, payment_type, payment_value from payments
               where order_id = ? order by cast(payment_sequential as int)""",
            [order_id],
        ).fetchall()
        return Facts(
            order_id=order_id,
            status=order["order_status"],
            customer=person[0],
            city=person[1],
            state=person[2],
            postcode=person[3],
            items=tuple(Item(i[0], i[1], i[2], Decimal(i[3]), Decimal(i[4]), i[5] or "") for i in items),
            payments=tuple((p[0], METHODS.get(p[1], p[1]), Decimal(p[2])) for p in payments),
            times={kind: at for kind, column, _ in STEPS if (at := moment(order[column]))},
        )

    def close(self) -> None:
        self.db.close()
        self.file.close()
