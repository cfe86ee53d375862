"""When it comes: learned from parcels alike, drawn to what is known more widely, forgetting fast. See docs/eta.md."""

from tracking.rules.eta.clock import Clock, clock_of, day_of, moment_of
from tracking.rules.eta.drift import SPAN, STILL, Drift, Trace, drift_of, weight_of
from tracking.rules.eta.effects import Effect, Trait, days_from, expect, measure, teach
from tracking.rules.eta.estimate import Estimate, Spell, Way, arrival, door_to_door, spell_of
from tracking.rules.eta.legs import HANDLING, TRANSIT, House, Leg, Record, handling_of, transit_of, trip_of, zone_of
from tracking.rules.eta.trip import ENOUGH, Trip, about, lane_of, traits

__all__ = [
    "ENOUGH",
    "HANDLING",
    "SPAN",
    "STILL",
    "TRANSIT",
    "Clock",
    "Drift",
    "Effect",
    "Estimate",
    "House",
    "Leg",
    "Record",
    "Spell",
    "Trace",
    "Trait",
    "Trip",
    "Way",
    "about",
    "arrival",
    "clock_of",
    "day_of",
    "days_from",
    "door_to_door",
    "drift_of",
    "expect",
    "handling_of",
    "lane_of",
    "measure",
    "moment_of",
    "spell_of",
    "teach",
    "traits",
    "transit_of",
    "trip_of",
    "weight_of",
    "zone_of",
]
