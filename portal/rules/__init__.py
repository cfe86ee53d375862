"""Pure decisions of the shopper's pages."""

from portal.rules.actions import action_of
from portal.rules.advice import delivered_words, next_step
from portal.rules.arrivals import (
    STILL_COMING,
    answer_by,
    arrival_of,
    is_late,
    is_told_move,
    news_day,
    next_news,
    said_news,
    source_words,
    trouble_of,
    waiting_arrival,
)
from portal.rules.calendars import Entry, calendar_text
from portal.rules.causes import cause_words
from portal.rules.clocks import Clock, clock_of, destination_zone, zone_named
from portal.rules.odds import OddsDay, odds_of
from portal.rules.paths import is_https, is_picture, own_path
from portal.rules.states import cause_of, is_denied, order_state, parcel_state, parcel_words, reason_of, wish_state
from portal.rules.steps import dated, steps_of
from portal.rules.stops import Stop, stops_of

__all__ = [
    "STILL_COMING",
    "Clock",
    "Entry",
    "OddsDay",
    "Stop",
    "action_of",
    "answer_by",
    "arrival_of",
    "calendar_text",
    "cause_of",
    "cause_words",
    "clock_of",
    "dated",
    "delivered_words",
    "destination_zone",
    "is_denied",
    "is_https",
    "is_late",
    "is_picture",
    "is_told_move",
    "news_day",
    "next_news",
    "next_step",
    "odds_of",
    "order_state",
    "own_path",
    "parcel_state",
    "parcel_words",
    "reason_of",
    "said_news",
    "source_words",
    "steps_of",
    "stops_of",
    "trouble_of",
    "waiting_arrival",
    "wish_state",
    "zone_named",
]
