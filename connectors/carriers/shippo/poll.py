"""Shippo asked: one number a call, under the carrier's name as Shippo writes it."""

from collections.abc import Sequence
from urllib.parse import quote

from django.conf import settings

from connectors.carriers.asking import matched, news_in, object_of, refused
from connectors.carriers.shippo.parse import guess, parse
from connectors.types import Said, Watched
from core.http import Request, Response, json_request
from tracking.types import IncomingTracking

PER_REGISTER, PER_CALL = 1, 1

# Our code -> Shippo's. It finds no carrier by itself, so parcels of others are not asked for.
CARRIERS = {
    "australia-post": "australia_post",
    "canada-post": "canada_post",
    "chronopost": "chronopost",
    "deutsche-post": "deutsche_post",
    "dhl": "dhl_germany",
    "dhl-ecommerce": "dhl_ecommerce",
    "dhl-express": "dhl_express",
    "dpd": "dpd_de",
    "dpd-uk": "dpd_uk",
    "evri": "hermes_uk",
    "fedex": "fedex",
    "la-poste": "colissimo",
    "ontrac": "ontrac",
    "royal-mail": "royal_mail",
    "ups": "ups",
    "usps": "usps",
}
COVERED = frozenset(CARRIERS)


def _tracks() -> str:
    return f"{settings.SHIPPO_API_URL}/tracks"


def _key(key: str) -> dict[str, str]:
    return {"Authorization": f"ShippoToken {key}"}


def register(key: str, parcels: Sequence[Watched]) -> Request:
    """Have Shippo call our webhook about the number. Registered twice it would call twice: so once."""
    (parcel,) = parcels
    return json_request("POST", f"{_tracks()}/", _key(key), {"carrier": CARRIERS[parcel.carrier_code], "tracking_number": parcel.number})


def ask(key: str, parcels: Sequence[Watched]) -> Request:
    (parcel,) = parcels
    return json_request("GET", f"{_tracks()}/{CARRIERS[parcel.carrier_code]}/{quote(parcel.number, safe='')}", _key(key))


def read(answer: Response, parcels: Sequence[Watched], source: str) -> dict[int, Said]:
    """Both calls answer with the track as it is now."""
    (parcel,) = parcels
    if answer.status == 404:
        unknown = IncomingTracking(source=source, scans=(), tracking_number=parcel.number, is_unknown_to_carrier=True)
        return {parcel.poll: Said(unknown)}
    if answer.status == 400:
        return {parcel.poll: Said(is_registered=False, refusal="Shippo does not take the number for this carrier")}
    if answer.status not in (200, 201):
        raise refused(answer)
    body = object_of(answer)
    return matched(news_in(parse, guess(body), body, source), parcels)
