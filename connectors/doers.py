"""Who can be asked to do something for a return: shops, the merchant's own program, label makers. One entry each."""

from collections.abc import Callable, Mapping

from connectors.carriers.easypost.label import label as easypost_label
from connectors.own import doing as own
from connectors.shops.shopify import doing as shopify
from connectors.shops.woocommerce import doing as woocommerce
from connectors.types import Access, CommandKind, Parcel, Steps, Wanted

Do = Callable[[Access, Wanted], Steps]
MakeLabel = Callable[[Access, Parcel], Steps]

K = CommandKind
DOERS: Mapping[str, Mapping[CommandKind, Do]] = {
    "shopify": {K.REFUND: shopify.refund, K.CREDIT: shopify.credit, K.EXCHANGE: shopify.exchange, K.RESTOCK: shopify.restock},
    "woocommerce": {K.REFUND: woocommerce.refund, K.EXCHANGE: woocommerce.exchange, K.RESTOCK: woocommerce.restock},
    "webhook": {K.REFUND: own.do, K.CREDIT: own.do, K.EXCHANGE: own.do, K.RESTOCK: own.do},
}
LABELS: Mapping[str, MakeLabel] = {"easypost": easypost_label}
OWN = "webhook"  # asked where the order's own shop cannot be


def kinds_of(connector: str) -> tuple[CommandKind, ...]:
    """What a connection to it could be asked to do."""
    return (*DOERS.get(connector, {}), *((K.LABEL,) if connector in LABELS else ()))
