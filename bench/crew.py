"""The shop and the workers of the message benchmark. Imported once Django runs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from os import sysconf
from pathlib import Path
from typing import Any

from django.db import connection, connections

from core.clock import now
from events.models import Delivery, Work
from events.services import run_until_quiet
from merchants.models import Branding
from merchants.scope import merchant_scope
from merchants.services import create_merchant, save_branding
from notifications.automations import switch
from notifications.models import ProviderAccount
from notifications.registry import register_adapter
from notifications.types import Accepted, Account, Outcome, Outgoing
from orders.services import record_order
from orders.types import Address, IncomingLine, IncomingOrder, IncomingPayment, PaymentState

CHUNK = 200
CART = (("Linen shirt", "M", 2, "49.00"), ("Leather belt", "", 1, "29.90"), ("Wool socks", "42", 3, "12.50"))
LANGUAGES = ("en", "de", "id", "zh-hans", "pt-br")
TICK: int = sysconf("SC_CLK_TCK")


def open_shop(channels: Sequence[str] = ("email", "sms")) -> int:
    """A merchant with an account of the stub provider on these channels; what goes out on others is turned off."""
    at = now()
    merchant = create_merchant(slug="bench", name="Bench", at=at, language="de", country="DE", currency="EUR", timezone="Europe/Berlin")
    with merchant_scope(merchant.pk):
        branding = Branding.objects.get()
        branding.email_from, branding.sms_sender, branding.support_email = "shop@bench.example", "Bench", "help@bench.example"
        save_branding(branding)
        for channel in channels:
            ProviderAccount.objects.create(channel=channel, provider="stub", created_at=at)
        if "sms" not in channels:
            switch(kind="thanks", channel="sms", is_on=False, at=at)
    return merchant.pk


def take_orders(merchant_id: int, first: int, count: int) -> None:
    """Record orders of as many shoppers. What other rooms do with an order is not what is measured: it counts as done."""
    for start in range(first, first + count, CHUNK):
        with merchant_scope(merchant_id):
            for number in range(start, min(start + CHUNK, first + count)):
                at = now()
                record_order(incoming=order(number, at), at=at)
            others = Delivery.objects.exclude(handler="notifications.handlers.tell_shopper").filter(state=Work.READY)
            others.update(state=Work.DONE, finished_at=now())
    with connections["owner"].cursor() as cursor:
        cursor.execute("analyze")  # as autovacuum does sooner or later


def order(number: int, at: datetime) -> IncomingOrder:
    """One to three lines, paid, in one of five languages."""
    lines = tuple(
        IncomingLine(
            external_id=f"L{place}",
            title=title,
            variant_title=variant,
            quantity=quantity,
            unit_price=Decimal(price),
            total=quantity * Decimal(price),
        )
        for place, (title, variant, quantity, price) in enumerate(CART[: 1 + number % 3])
    )
    goods, shipping = sum((line.total for line in lines), Decimal(0)), Decimal("4.90")
    return IncomingOrder(
        source="bench",
        external_id=str(number),
        number=f"B-{number}",
        currency="EUR",
        placed_at=at,
        updated_at=at,
        lines=lines,
        subtotal=goods,
        shipping_total=shipping,
        total=goods + shipping,
        email=f"shopper{number}@customers.example",
        phone=f"+49151{10**7 + number:08d}",
        first_name="Sam",
        last_name="Berg",
        language=LANGUAGES[number % len(LANGUAGES)],
        payment_state=PaymentState.PAID,
        payments=(IncomingPayment(external_id="P1", method="Visa", last4="4242", amount=goods + shipping, paid_at=at),),
        shipping_address=Address(name="Sam Berg", street="Torstraße 1", postcode="10119", city="Berlin", country="DE"),
        shipping_method="DHL Paket",
    )


@dataclass(frozen=True, slots=True)
class Share:
    """What one worker did in a round: when it had its last message accepted, and the processor time it took."""

    accepted: int
    last_at: float
    cpu: float
    database_cpu: float


class Worker:
    """The relay's rounds and the stub provider, in one process. `total` is counted by all workers together."""

    uses_network = False

    def __init__(self, total: Any) -> None:
        self.total = total
        self.accepted, self.last_at = 0, 0.0
        register_adapter("stub", self)

    def send(self, *, account: Account, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        self.accepted, self.last_at = self.accepted + len(messages), time.monotonic()
        with self.total.get_lock():
            self.total.value += len(messages)
        return [Accepted(f"stub-{message.token}") for message in messages]

    def serve(self, end: Any) -> None:
        """Told up to which total to go on; answers with its share."""
        while (target := end.recv()) is not None:
            self.accepted = 0
            cpu, database = time.process_time(), database_cpu()
            while self.total.value < target:
                if not run_until_quiet(now):
                    time.sleep(0.005)
            run_until_quiet(now)
            end.send(Share(self.accepted, self.last_at, time.process_time() - cpu, database_cpu() - database))


def database_cpu() -> float:
    """Processor seconds of the server process behind our connection; 0 when it is on another machine."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICK
