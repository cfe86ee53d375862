"""What rooms above know better: when an order will arrive, and the address that fills a shop's cart."""

from collections.abc import Callable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class CartItem:
    """Something to be bought again: the shop's own ids of the product and of its variant, as far as they are known."""

    product: str
    variant: str
    quantity: int


Cart = Callable[[Sequence[CartItem]], str]  # the address that puts these items into it; "" when there is none
FindCart = Callable[[str], Cart | None]
_carts: list[FindCart] = []


def register_cart(find: FindCart) -> FindCart:
    """Ask this function for the cart of the shop that orders of a source come from; None means that it does not know it."""
    if find not in _carts:
        _carts.append(find)
    return find


def no_cart(items: Sequence[CartItem]) -> str:
    """Of a shop that cannot be told."""
    return ""


def cart_of(source: str) -> Cart:
    """The cart of the shop that orders of this source come from."""
    return next((cart for find in _carts if (cart := find(source)) is not None), no_cart)
