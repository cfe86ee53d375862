"""The catalogue is whole: every entry of the specification is in its file, and is played, tested elsewhere, or cannot happen here."""

from pathlib import Path

import pytest

from tests.hostile.corpus import CLASSES, all_entries

ROOT = Path(__file__).parents[2]
# The ids of the specification's bad-input catalogue, by class; what stands beyond them is our own.
SPECIFIED = {
    "api": "A01 A02 A03 A05 A06 A07 A09 A10 A11 A13 A14 A15 A17 A18 A19 A21 A22 A23 A25 A26 A27 A29 A30 A31 A33 A34",
    "webhooks": "W01 W03 W04 W05 W07 W08 W09 W11 W12 W13 W15 W16 W17 W19 W20 W21 W23 W24 W25",
    "portal": "P01 P02 P03 P05 P06 P07 P09 P10 P11 P13 P14 P15 P17",
    "templates": "T01 T02 T04 T05 T06 T08 T09 T10 T12 T13 T14 T16 T17",
    "csv": "C01 C03 C04 C05 C07 C08 C09 C11 C12 C13",
    "uploads": "U02 U03 U04 U06 U07 U08 U10",
    "urls": "S01 S02 S03 S04 S05 S06 S10 S11 S12 S20 S21",
    "headers": "H01 H02 H03 H04 H05 H06",
}


@pytest.mark.parametrize("name", CLASSES)
def test_every_entry_of_the_specification_is_here_once(name: str) -> None:
    ids = [one.id for one in all_entries(name)]
    assert len(ids) == len(set(ids))
    assert set(SPECIFIED[name].split()) - set(ids) == set()


@pytest.mark.parametrize("name", CLASSES)
def test_what_is_not_played_says_why_or_where(name: str) -> None:
    for one in all_entries(name):
        assert one.what and (one.values or one.not_here or one.tested), one.id
        assert not (one.values and one.not_here), one.id
        assert bool(one.values) == bool(one.at) or name == "templates", one.id


def test_tests_named_elsewhere_are_there() -> None:
    named = {word for name in CLASSES for one in all_entries(name) for word in one.tested.replace(",", " ").split() if word.endswith(".py")}
    assert named and [path for path in sorted(named) if "/" in path and not (ROOT / path).exists()] == []
