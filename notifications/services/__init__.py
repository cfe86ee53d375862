"""What this room does: plan, deliver and observe messages; accounts; upkeep."""

from notifications.accounts import check_account, open_account, save_account
from notifications.services.checkup import CHECKS_DUE, drain_checks
from notifications.services.deliver import MESSAGES_DUE, drain_messages
from notifications.services.held import Released, Standing, StillLooking, release, standing, wake_put_off
from notifications.services.hold import held_until, release_held
from notifications.services.inbound import take_text
from notifications.services.note import NoteRefused, check_note, note_to_customers, preview_note
from notifications.services.observe import Observed, observe
from notifications.services.plan import plan, plan_many
from notifications.services.stock import count_hour, forget_stock, take_stock
from notifications.services.upkeep import cancel_message, purge_contents, rerun_message

__all__ = [
    "CHECKS_DUE",
    "MESSAGES_DUE",
    "NoteRefused",
    "Observed",
    "Released",
    "Standing",
    "StillLooking",
    "cancel_message",
    "check_account",
    "check_note",
    "count_hour",
    "drain_checks",
    "drain_messages",
    "forget_stock",
    "held_until",
    "note_to_customers",
    "observe",
    "open_account",
    "plan",
    "plan_many",
    "preview_note",
    "purge_contents",
    "release",
    "release_held",
    "rerun_message",
    "save_account",
    "standing",
    "take_stock",
    "take_text",
    "wake_put_off",
]
