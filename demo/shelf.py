"""What kind of thing each of the demo's goods is, its marks, and the choices it is sold in: what return rules and exchanges go by."""

from catalog.types import Choice, Written
from demo.world import Goods, number_of

# article number -> type, marks, name of the choice, (article number, value, pieces in stock) of each choice in the shop's order
Row = tuple[str, tuple[str, ...], str, tuple[tuple[str, str, int], ...]]
SHELF: dict[str, Row] = {
    "AU-COAT-38": (
        "Kleidung",
        ("wolle",),
        "Größe",
        (
            ("AU-COAT-36", "Anthrazit, 36", 4),
            ("AU-COAT-38", "Anthrazit, 38", 6),
            ("AU-COAT-40", "Anthrazit, 40", 0),
            ("AU-COAT-42", "Anthrazit, 42", 2),
        ),
    ),
    "AU-BOOT-39": (
        "Schuhe",
        (),
        "Größe",
        (
            ("AU-BOOT-38", "Schwarz, 38", 3),
            ("AU-BOOT-39", "Schwarz, 39", 8),
            ("AU-BOOT-40", "Schwarz, 40", 5),
            ("AU-BOOT-41", "Schwarz, 41", 0),
        ),
    ),
    "AU-SCRF-01": (
        "Accessoires",
        ("wolle",),
        "Farbe",
        (("AU-SCRF-01", "Moosgrün", 11), ("AU-SCRF-02", "Rost", 6), ("AU-SCRF-03", "Hafer", 1)),
    ),
    "AU-SOCK-02": ("Accessoires", ("hygiene",), "Größe", (("AU-SOCK-01", "Hafer, 35 bis 38", 20), ("AU-SOCK-02", "Hafer, 39 bis 42", 31))),
    "AU-SHRT-M": (
        "Kleidung",
        (),
        "Größe",
        (("AU-SHRT-S", "Natur, S", 5), ("AU-SHRT-M", "Natur, M", 9), ("AU-SHRT-L", "Natur, L", 7), ("AU-SHRT-XL", "Natur, XL", 3)),
    ),
    "AU-KNIT-S": (
        "Kleidung",
        ("wolle",),
        "Größe",
        (("AU-KNIT-XS", "Sand, XS", 2), ("AU-KNIT-S", "Sand, S", 8), ("AU-KNIT-M", "Sand, M", 6), ("AU-KNIT-L", "Sand, L", 0)),
    ),
    "AU-TRSR-38": (
        "Kleidung",
        (),
        "Größe",
        (("AU-TRSR-36", "Tinte, 36", 3), ("AU-TRSR-38", "Tinte, 38", 7), ("AU-TRSR-40", "Tinte, 40", 4)),
    ),
    "VL-HALO-G": (
        "Audio",
        (),
        "Color",
        (("VL-HALO-G", "Graphite", 18), ("VL-HALO-I", "Ivory", 7), ("VL-HALO-M", "Midnight", 0)),
    ),
    "VL-SPRK-65": ("Power", (), "Color", (("VL-SPRK-65", "White, 2 ports", 25), ("VL-SPRK-65B", "Black, 2 ports", 12))),
    "VL-CBL-6": ("Power", (), "Length", (("VL-CBL-3", "3 ft", 40), ("VL-CBL-6", "6 ft", 33), ("VL-CBL-6B", "6 ft, black", 21))),
}


def shelf_of(goods: Goods) -> Written:
    """Type, marks and choices of one of the goods; all choices cost the same."""
    type, marks, name, rows = SHELF[goods.sku]
    choices = [Choice(str(number_of(sku)), value, {name: value}, sku, goods.price, stock) for sku, value, stock in rows]
    return {"category": type, "tags": marks, "variants": choices}
