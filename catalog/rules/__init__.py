"""Pure decisions about products: no database, no clock."""

from catalog.rules.offers import Wish, folded, pick
from catalog.rules.pictures import gallery, shows
from catalog.rules.sizes import BadTable, converted, other_unit, read_table, units_of, written_table
from catalog.rules.warranty import Term, months_later, months_promised

__all__ = [
    "BadTable",
    "Term",
    "Wish",
    "converted",
    "folded",
    "gallery",
    "months_later",
    "months_promised",
    "other_unit",
    "pick",
    "read_table",
    "shows",
    "units_of",
    "written_table",
]
