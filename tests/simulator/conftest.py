"""Acme with sandbox accounts."""

from tests.flows.conftest import shop as shop
