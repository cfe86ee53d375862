"""The merchant's side of returns in the admin."""

from returns.admin.policy import ReturnPolicyAdmin
from returns.admin.reasons import ReturnPlaceAdmin, ReturnReasonAdmin

__all__ = ["ReturnPlaceAdmin", "ReturnPolicyAdmin", "ReturnReasonAdmin"]
