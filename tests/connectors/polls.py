"""A merchant whose parcels are asked for, and a vendor that is only played."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database

from connectors.models import Connection, Poll
from connectors.services import connect, drain_polls, poll_with, watch_parcels
from core.http import Request, Response
from merchants.models import Merchant
from merchants.scope import merchant_scope
from tests.conftest import NOW
from tests.connectors import vendors
from tests.factories import place_order, ship
from tracking.models import Shipment

KEY = "acme-api-key"
LATER = NOW + timedelta(days=2)
Play = Callable[[Request], Response]


def numbers_in(request: Request) -> list[str]:
    """The numbers a 17TRACK call names."""
    return [item["number"] for item in json.loads(request.body or b"[]")]


def in_transit(request: Request) -> Response:
    """17TRACK takes every number and has one scan of each."""
    return vendors.answer(vendors.seventeentrack(*(vendors.seventeentrack_track(number) for number in numbers_in(request))))


class Vendor:
    """Answers as told, and remembers what it was asked."""

    def __init__(self, play: Play | Exception) -> None:
        self.asked: list[Request] = []
        self.play = play

    def send(self, request: Request, *, limits: Any = None) -> Response:
        self.asked.append(request)
        if isinstance(self.play, Exception):
            raise self.play
        return self.play(request)

    @property
    def paths(self) -> list[str]:
        return [request.url.rpartition("/")[2] for request in self.asked]


def polling(merchant: Merchant, connector: str = "17track", key: str = KEY) -> Connection:
    with merchant_scope(merchant.pk):
        row, _ = connect(connector=connector, at=NOW, secret="webhook-secret")
        poll_with(connection=row, polls=True, api_key=key, at=NOW)
        row.refresh_from_db()
    return row


def parcel(merchant: Merchant, number: str = vendors.NUMBER, **over: Any) -> Shipment:
    """A parcel of an order of its own, and what follows from it."""
    with merchant_scope(merchant.pk):
        row = ship(place_order(number=f"for-{number}"), tracking_number=number, **over)
        watch_parcels(shipment_ids=[row.pk], now=NOW)
    return row


def change(merchant: Merchant, *polls: Poll, **values: Any) -> None:
    with merchant_scope(merchant.pk):
        rows = Poll.objects.filter(pk__in=[row.pk for row in polls]) if polls else Poll.objects.all()
        rows.update(**values)


def make_due(merchant: Merchant) -> None:
    """As if the time had come for all of them."""
    with merchant_scope(merchant.pk), database.cursor() as cursor:
        cursor.execute(
            "update connectors_poll set due_at = statement_timestamp() - interval '1 second' where state in ('ready', 'running')"
        )


def lift_pause(row: Connection) -> None:
    with merchant_scope(row.merchant.pk):
        Connection.objects.filter(pk=row.pk).update(paused_until=None)


def drain(now: datetime = LATER) -> int:
    """One look at what is due."""
    return drain_polls(lambda: now)


def poll_of(merchant: Merchant, shipment: Shipment | None = None) -> Poll:
    with merchant_scope(merchant.pk):
        rows = Poll.objects.select_related("connection", "shipment")
        return rows.get(shipment=shipment) if shipment is not None else rows.get()


def waits(merchant: Merchant, row: Poll) -> timedelta:
    """How long until it is asked for again, by the database's clock."""
    with merchant_scope(merchant.pk), database.cursor() as cursor:
        cursor.execute("select due_at - statement_timestamp() from connectors_poll where id = %s", [row.pk])
        found: timedelta = cursor.fetchone()[0]
    return found
