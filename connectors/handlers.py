"""The inbox, the polls and the commands are queues.

An order or a parcel sets free what waited for it, and is asked for at its carrier; what a return needs is asked of the shop.
"""

from collections.abc import Sequence

from connectors.selectors import cart_of_shop
from connectors.services import (
    COMMANDS_DUE,
    INBOX_DUE,
    POLLS_DUE,
    ask_for_exchange,
    ask_for_label,
    ask_for_money,
    ask_for_restock,
    drain_commands,
    drain_inbox,
    drain_polls,
    release_for_parcels,
    release_waiting,
    watch_parcels,
)
from events.registry import register_queue, subscribe, subscribe_many
from events.types import Occurrence
from orders.registry import register_cart

register_queue("inbox", drain_inbox, *INBOX_DUE)
register_queue("polls", drain_polls, POLLS_DUE)
register_queue("commands", drain_commands, COMMANDS_DUE)
register_cart(cart_of_shop)


@subscribe("orders.order.placed", "orders.order.imported")
def release_waiting_items(event: Occurrence) -> None:
    release_waiting(order_id=event.payload["order"])


@subscribe_many("tracking.shipment.changed")
def ask_for_parcels(events: Sequence[Occurrence]) -> None:
    parcels = sorted({event.payload["shipment"] for event in events})
    release_for_parcels(shipment_ids=parcels)
    watch_parcels(shipment_ids=parcels, now=events[-1].now)


@subscribe_many("tracking.return_parcel.changed")
def ask_for_returns(events: Sequence[Occurrence]) -> None:
    watch_parcels(shipment_ids=sorted({event.payload["shipment"] for event in events}), now=events[-1].now)


@subscribe("returns.money.asked")
def ask_shop_for_money(event: Occurrence) -> None:
    ask_for_money(money_id=event.payload["money"], at=event.at)


@subscribe("returns.exchange.asked")
def ask_shop_for_exchange(event: Occurrence) -> None:
    ask_for_exchange(exchange_id=event.payload["exchange"], at=event.at)


@subscribe("returns.label.asked")
def ask_maker_for_label(event: Occurrence) -> None:
    ask_for_label(return_id=event.payload["return"], at=event.at)


@subscribe("returns.return.inspected")
def ask_shop_to_restock(event: Occurrence) -> None:
    ask_for_restock(return_id=event.payload["return"], at=event.at)
