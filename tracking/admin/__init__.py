"""Parcels, what is wrong with them, and the rules that say so."""

from tracking.admin import incidents, parcels

__all__ = ["incidents", "parcels"]
