"""What is done about things sent back. One topic per file."""

from returns.rules.states import CaseClosed
from returns.services.book import ReturnRefused
from returns.services.claims import (
    all_fine,
    answer_claim,
    approve_claim,
    ask_claim,
    claim_repaired,
    decline_claim,
    open_claim,
    resolve_claim,
    withdraw_claim,
)
from returns.services.deciding import (
    answer_return,
    approve_return,
    ask_label,
    ask_return,
    cancel_return,
    decline_return,
    label_failed,
    label_made,
    tell_parcel,
)
from returns.services.exchanges import (
    ask_exchange,
    exchange_delivered,
    exchange_failed,
    exchange_ordered,
    exchange_shipped,
    follow_parcel,
    match_order,
    note_cancelled,
    release_exchange,
)
from returns.services.inspecting import arrive, close_return, hand_over, inspect_return, note_scan, receive_return
from returns.services.money import ask_money, drop_money, match_refund, money_failed, money_sent, pay_by_hand
from returns.services.requesting import request_return
from returns.services.sweep import sweep_returns
from returns.services.withdrawals import accept_withdrawal, declare_withdrawal, match_withdrawal, withdrawal_unfounded

__all__ = [
    "CaseClosed",
    "ReturnRefused",
    "accept_withdrawal",
    "all_fine",
    "answer_claim",
    "answer_return",
    "approve_claim",
    "approve_return",
    "arrive",
    "ask_claim",
    "ask_exchange",
    "ask_label",
    "ask_money",
    "ask_return",
    "cancel_return",
    "claim_repaired",
    "close_return",
    "declare_withdrawal",
    "decline_claim",
    "decline_return",
    "drop_money",
    "exchange_delivered",
    "exchange_failed",
    "exchange_ordered",
    "exchange_shipped",
    "follow_parcel",
    "hand_over",
    "inspect_return",
    "label_failed",
    "label_made",
    "match_order",
    "match_refund",
    "match_withdrawal",
    "money_failed",
    "money_sent",
    "note_cancelled",
    "note_scan",
    "open_claim",
    "pay_by_hand",
    "receive_return",
    "release_exchange",
    "request_return",
    "resolve_claim",
    "sweep_returns",
    "tell_parcel",
    "withdraw_claim",
    "withdrawal_unfounded",
]
