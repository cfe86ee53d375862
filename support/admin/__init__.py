"""Help articles in the admin."""

from support.admin import articles

__all__ = ["articles"]
