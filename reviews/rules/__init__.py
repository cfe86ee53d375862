"""Decisions of this room: pure, tested by tables."""
