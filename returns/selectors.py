"""Reads of this room."""

from returns.models import ReturnPolicy


def policy() -> ReturnPolicy:
    """The current merchant's return policy; unsaved defaults when none is stored."""
    row: ReturnPolicy | None = ReturnPolicy.objects.first()
    return row if row is not None else ReturnPolicy()
