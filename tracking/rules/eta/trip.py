"""What a parcel is like: the traits its legs are learned by, from the narrowest to all."""

from dataclasses import dataclass
from math import log2

from tracking.rules.eta.effects import Trait

LONGEST = 150
# Trait: how far its effects lie apart, how fast they move a day, in the logarithm; found by walking forward over public orders.
TRANSIT = {
    "all": (3.0, 0.011),
    "country": (0.3, 0.001),
    "to": (0.4, 0.001),
    "origin": (0.3, 0.0024),
    "carrier": (0.5, 0.005),
    "service": (0.4, 0.003),
    "lane": (0.2, 0.0017),
    "route": (0.2, 0.0025),
    "areas": (0.09, 0.0045),
    "area": (0.094, 0.0021),
    "spot": (0.079, 0.0024),
    "origin_area": (0.091, 0.0003),
    "sender_to": (0.074, 0.0026),
    "method": (0.4, 0.003),
    "size": (0.092, 0.0011),
    "freight": (0.037, 0.0004),
    "promise": (0.068, 0.0003),
}
HANDLING = {
    "all": (3.0, 0.02),
    "origin": (0.3, 0.005),
    "origin_area": (0.15, 0.003),
    "sender": (0.4, 0.02),
    "weekday": (0.2, 0.001),
    "hour": (0.1, 0.001),
    "method": (0.2, 0.003),
    "payment": (0.3, 0.001),
    "product": (0.2, 0.003),
    "size": (0.15, 0.001),
}
LEGS = {"handling": HANDLING, "transit": TRANSIT}
# "Parcels like yours": the narrowest of these that holds enough.
ALIKE = {"transit": ("route", "lane", "carrier", "to", "all"), "handling": ("sender", "origin", "all")}
ENOUGH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One parcel's way, in normal form; what is not known is "" and adds nothing."""

    country: str = ""  # of the destination
    to: str = ""  # its country and region
    area: str = ""  # first three characters of its postcode
    spot: str = ""  # first four
    origin: str = ""  # country and region
    origin_area: str = ""
    sender: str = ""  # whose warehouse: the shop, the seller
    carrier: str = ""
    service: str = ""
    method: str = ""  # the way of shipping, as the shop names it at checkout
    size: str = ""  # how many things in how many parcels
    freight: str = ""  # what the shopper paid for shipping, roughly
    promise: str = ""  # days the shop itself named, roughly
    payment: str = ""
    product: str = ""
    weekday: str = ""
    hour: str = ""

    @property
    def lane(self) -> str:
        return f"{self.origin}>{self.to}" if self.origin and self.to else ""


def lane_of(leg: str, trip: Trip) -> str:
    """Whose drift a leg shares: a warehouse's at home, a lane's on the way."""
    return trip.lane if leg == "transit" else trip.origin


def about(amount: float, steps: int) -> str:
    """An amount on a scale of `steps` per doubling."""
    return str(round(steps * log2(1 + max(amount, 0.0))))


def traits(leg: str, trip: Trip) -> list[Trait]:
    """The traits a leg of this parcel is learned by."""
    values = _values(trip)
    return [Trait(f"{name}:{value}"[:LONGEST], *prior) for name, prior in LEGS[leg].items() if (value := values[name])]


def _values(trip: Trip) -> dict[str, str]:
    return {
        "all": "all",
        "country": trip.country,
        "to": trip.to,
        "area": _join(trip.country, trip.area),
        "spot": _join(trip.country, trip.spot),
        "areas": _join(trip.origin_area[:2], trip.area[:2]),
        "origin": trip.origin,
        "origin_area": trip.origin_area,
        "lane": trip.lane,
        "carrier": trip.carrier,
        "service": _join(trip.carrier, trip.service),
        "route": _join(trip.carrier, trip.service or "-", trip.lane),
        "sender": trip.sender,
        "sender_to": _join(trip.sender, trip.to),
        "method": trip.method,
        "size": trip.size,
        "freight": trip.freight,
        "promise": trip.promise,
        "payment": trip.payment,
        "product": trip.product,
        "weekday": trip.weekday,
        "hour": trip.hour,
    }


def _join(*parts: str) -> str:
    return "|".join(part[:60] for part in parts) if all(parts) else ""
