"""Wiring: settings, addresses, Celery, WSGI. No logic."""

from postpurchase.celery import app as celery_app

__all__ = ["celery_app"]
