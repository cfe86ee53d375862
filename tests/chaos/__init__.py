"""Faults on purpose: a stack of its own, a load, a nemesis, and a judge. `make chaos`; docs/chaos.md says how it works."""
