"""News of parcels nobody has told us about yet: they wait for a parcel with their number."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from merchants.scope import required_merchant_id
from tracking.models import Shipment, WaitingScans
from tracking.registry import find_carrier
from tracking.rules.scans import Candidate, as_json, from_json, hash_of, meant, newest_in, squeeze, unknown_in
from tracking.services.hand import Hand
from tracking.services.news import take
from tracking.types import IncomingTracking

KEPT = timedelta(days=30)
MOST = 20  # pieces of news of one number
BATCH = 1000
# News and parcel both take this lock before they look for each other: else they could pass unseen.
LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, %s))"
KEEP = """
    insert into tracking_waitingscans (merchant_id, number, carrier_code, news, source, key, received_at)
    values (%(merchant)s, %(number)s, %(carrier)s, %(news)s, %(source)s, %(key)s, %(at)s) on conflict do nothing"""
# The newest stay: many senders tell the whole history each time.
CROWD_OUT = """
    delete from tracking_waitingscans where merchant_id = %(merchant)s and id in (
        select id from tracking_waitingscans where merchant_id = %(merchant)s and number = %(number)s order by id desc offset %(most)s)"""
FORGET = """
    delete from tracking_waitingscans where merchant_id = %(merchant)s and id in (
        select id from tracking_waitingscans where merchant_id = %(merchant)s and received_at < %(before)s
        order by received_at limit %(batch)s)"""


def meet(*, number: str) -> None:
    """Hold the number until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [number.upper(), required_merchant_id()])


def keep_waiting(*, news: IncomingTracking, at: datetime) -> bool:
    """Keep checked news, the same once, of one number the newest twenty; `meet` was called. False when it waits already."""
    plain, carrier = as_json(news), find_carrier(news.carrier)
    values: dict[str, Any] = {
        "merchant": required_merchant_id(),
        "number": squeeze(news.tracking_number).upper(),
        "carrier": carrier.code if carrier else "",
        "news": json.dumps(plain),
        "source": news.source,
        "key": str(hash_of(plain)),
        "at": at,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP, values)
        is_kept = bool(cursor.rowcount)
        if is_kept:
            cursor.execute(CROWD_OUT, values)
    return is_kept


def unknown_waiting(*, number: str) -> set[UUID]:
    """Keys of the scans that wait for a number with a code nobody knew."""
    found = WaitingScans.objects.filter(number=squeeze(number).upper()).values_list("news", flat=True)
    return {key for news in found for key in unknown_in(news)}


def take_waiting(hand: Hand) -> None:
    """Take in what was said of the parcel's number before we knew it. Other carriers' and other times' news go on waiting."""
    row = hand.shipment
    meet(number=row.tracking_number)
    found = WaitingScans.objects.filter(number=row.tracking_number.upper()).order_by("id")
    told = [(waiting, from_json(waiting.news)) for waiting in found]
    mine = [(waiting, news) for waiting, news in told if _is_meant(hand, row, waiting.carrier_code, news)]
    for _, news in mine:
        take(hand, news)
    if mine:
        WaitingScans.objects.filter(pk__in=[waiting.pk for waiting, _ in mine]).delete()


def _is_meant(hand: Hand, row: Shipment, carrier_code: str, news: IncomingTracking) -> bool:
    one = Candidate(row.pk or 0, hand.order.pk, row.carrier_code, hand.order.placed_at, row.created_at)
    return bool(meant([one], carrier_code=carrier_code, at=newest_in(news, hand.at)))


def forget_waiting(*, now: datetime) -> int:
    """Drop what has waited for thirty days, a thousand pieces at a time; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"merchant": required_merchant_id(), "before": now - KEPT, "batch": BATCH})
        return int(cursor.rowcount)
