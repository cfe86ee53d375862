"""What this room does: plan, deliver and observe messages; accounts; upkeep."""

from notifications.accounts import check_account, open_account, save_account
from notifications.services.checkup import drain_checks
from notifications.services.deliver import drain_messages
from notifications.services.hold import release_held
from notifications.services.inbound import take_text
from notifications.services.note import NoteRefused, check_note, note_to_customers, preview_note
from notifications.services.observe import Observed, observe
from notifications.services.plan import plan, plan_many
from notifications.services.upkeep import cancel_message, purge_contents, rerun_message

__all__ = [
    "NoteRefused",
    "Observed",
    "cancel_message",
    "check_account",
    "check_note",
    "drain_checks",
    "drain_messages",
    "note_to_customers",
    "observe",
    "open_account",
    "plan",
    "plan_many",
    "preview_note",
    "purge_contents",
    "release_held",
    "rerun_message",
    "save_account",
    "take_text",
]
