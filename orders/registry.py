"""Who knows better than the merchant's own times when an order will arrive. Filled by a room above."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of an order on the day its dates are promised; `counted_from` is when the warehouse may begin."""

    source: str
    method: str
    shipping_total: Decimal
    address: Mapping[str, Any]
    counted_from: datetime
    country: str
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Learned:
    """First and last day of arrival of orders like it."""

    start: date
    end: date


Estimator = Callable[[Asked], Learned | None]
_estimators: list[Estimator] = []


def register_estimator(estimator: Estimator) -> Estimator:
    """Ask this function for the days of each order that is promised any; None means that it does not know enough."""
    if estimator not in _estimators:
        _estimators.append(estimator)
    return estimator


def learned_days(asked: Asked) -> Learned | None:
    """The first answer anybody has; None when nobody does."""
    return next((days for estimator in _estimators if (days := estimator(asked)) is not None), None)
