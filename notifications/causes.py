"""Why a parcel is late or a request refused, how it was handed over, what to do after a failed delivery: sentences of each language.

Kept beside the templates, in `templates/messages/words/`, so that a template says `{{ incident.why }}` and nothing else.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings

FAMILIES = ("carrier", "retailer", "consignee", "customs", "weather", "unknown")
# What carriers and aggregators call the same thing, after the family's name is taken off.
SAME = {
    "address_not_found": "address", "incorrect_address": "address", "wrong_address": "address", "address_correction": "address",
    "address_incomplete": "address", "address_issue": "address", "bad_address": "address", "insufficient_address": "address",
    "damaged_parcel": "damaged", "parcel_damaged": "damaged", "damage": "damaged",
    "sorting_error": "sorting", "missorted": "sorting", "misrouted": "sorting",
    "parcel_lost": "lost", "missing": "lost",
    "not_enough_time": "capacity", "capacity_exceeded": "capacity", "backlog": "capacity",
    "vehicle_issue": "vehicle", "mechanical_delay": "vehicle", "breakdown": "vehicle", "transport_delay": "vehicle",
    "late_flight": "flight", "missed_connection": "flight",
    "incorrect_data": "data", "incorrect_dimensions": "data", "packaging_issue": "data", "incorrect_parcel": "data",
    "out_of_stock": "stock", "backorder": "stock",
    "business_closed": "closed", "recipient_closed": "closed",
    "not_available": "not_home", "nobody_home": "not_home", "unavailable": "not_home", "recipient_unavailable": "not_home",
    "customer_moved": "moved",
    "access_restricted": "access", "no_access": "access", "safe_place_unavailable": "access",
    "verification_failed": "identity", "id_missing": "identity",
    "held_for_payment": "payment", "payment_required": "payment", "payment_due": "payment", "cod": "payment",
    "asked_later": "later", "customer_asked_later": "later", "rescheduled": "later", "reschedule": "later", "appointment": "later",
    "pickup_missed": "unclaimed", "not_collected": "unclaimed",
    "documentation": "documents", "missing_documents": "documents",
    "duties_unpaid": "duties", "duties": "duties",
    "weather_delay": "weather", "extreme_weather": "weather",
    "natural_disaster": "disaster", "force_majeure": "disaster", "external_factors": "disaster",
    "security_issue": "inspection", "security": "inspection", "regulatory_hold": "inspection", "customs_clearance": "customs", "delay": "",
}  # fmt: skip
ADVICE = {
    "address": "address", "moved": "address",
    "access": "access", "closed": "again", "not_home": "again", "later": "again",
    "refused": "refused",
    "payment": "show", "identity": "show", "duties": "show",
}  # fmt: skip


@cache
def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """The language's sentences by table: `why`, `how`, `todo`, `refused`, `names`."""
    path = Path(settings.MESSAGE_TEMPLATES) / "words" / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def key_of(reason: str) -> str:
    """Our short name for a reason, whatever the family in front of it; what we have no words for stays as it is."""
    plain = reason.strip().lower().replace("-", "_").replace(" ", "_")
    for family in FAMILIES:
        short = plain.removeprefix(f"{family}_")
        if short != plain:
            return SAME.get(plain, SAME.get(short, short))
    return SAME.get(plain, plain)


def why(language: str, *, cause: str, reasons: tuple[str, ...], carrier: str, since: str) -> str:
    """One sentence: the first reason we have words for, else the family's, else that we were not told."""
    table = words(language)["why"]
    keys = [key for key in (*map(key_of, reasons), cause) if key in table and (key != "stalled" or since)]
    return fill(language, table[keys[0] if keys else "unknown"], carrier=carrier, since=since)


def todo(language: str, *, reason: str, carrier: str) -> str:
    """What the shopper can do after a delivery that failed."""
    table = words(language)["todo"]
    return fill(language, table[ADVICE.get(key_of(reason), "other")], carrier=carrier)


def refusal(language: str, reason: str) -> str:
    """Why a request was refused: our own reasons in the reader's language, the shop's as it wrote them."""
    return words(language)["refused"].get(reason, reason)


def how(language: str, *, how: str, by: str) -> str:
    """How a parcel was handed over, as the second half of a sentence; empty when the carrier did not say."""
    table = words(language)["how"]
    return table.get(f"{how}_by" if by and f"{how}_by" in table else how, "").replace("{by}", by)


def carrier_name(language: str, carrier: str) -> str:
    """The carrier as the beginning of a sentence."""
    return carrier or words(language)["names"]["carrier"]


def fill(language: str, sentence: str, *, carrier: str, since: str = "") -> str:
    """The sentence with its two names put in; what they say is never looked at as a sentence again."""
    before, slot, after = sentence.partition("{carrier}")
    named = f"{before.replace('{since}', since)}{carrier_name(language, carrier) if slot else ''}"
    return f"{named}{after.replace('{since}', since)}"
