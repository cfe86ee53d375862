"""Tables of this room: the policy, and the cases it decides."""

from returns.models.cases import (
    CaseChange,
    CasePhoto,
    Claim,
    ClaimLine,
    Exchange,
    MoneyBack,
    ParcelAnswer,
    Return,
    ReturnLine,
    Withdrawal,
)
from returns.models.policy import ReturnPlace, ReturnPolicy, ReturnReason

__all__ = [
    "CaseChange",
    "CasePhoto",
    "Claim",
    "ClaimLine",
    "Exchange",
    "MoneyBack",
    "ParcelAnswer",
    "Return",
    "ReturnLine",
    "ReturnPlace",
    "ReturnPolicy",
    "ReturnReason",
    "Withdrawal",
]
