"""What the demo's shops tell of their goods beside price and stock: guides, sizes, care, manuals, warranty. In each shop's language."""

from catalog.types import Column, Manual, Picture, Sizes, Step, Written
from demo.orders import picture
from demo.shelf import shelf_of
from demo.world import Goods, Shop
from merchants.selectors import base_url

DAMEN = Sizes(
    "Damen, Oberteile und Hosen",
    (Column("Größe"), Column("Brust", "cm"), Column("Taille", "cm"), Column("Hüfte", "cm")),
    (("S / 36", "84–87", "68–71", "92–95"), ("M / 38", "88–91", "72–75", "96–99"), ("L / 40", "92–96", "76–80", "100–104")),
    "Am Körper gemessen. Zwischen zwei Größen: die größere, wenn darunter ein Pullover passen soll.",
)
SCHUHE = Sizes(
    "Schuhe",
    (Column("EU"), Column("UK"), Column("Fußlänge", "cm")),
    (("37", "4", "23,5"), ("38", "5", "24,2"), ("39", "6", "24,9"), ("40", "6½", "25,5"), ("41", "7", "26,2")),
    "Den Fuß abends messen, von der Ferse bis zur längsten Zehe.",
)
WOOL: Written = {
    "care": "Über Nacht auslüften, mit der Strichrichtung bürsten, Flecken mit lauwarmem Wasser abtupfen.",
    "steps": [
        Step("Auslüften", "Nach dem Tragen über Nacht ans offene Fenster hängen, nicht in die Sonne."),
        Step("Bürsten", "Von oben nach unten, mit der Strichrichtung."),
        Step("Weglegen", "Sauber und gefaltet, mit einem Stück Zedernholz."),
    ],
    "warranty_months": 24,
    "warranty_text": "Nähte, Futter und Knöpfe. Wir reparieren, ehe wir ersetzen.",
}
AURORA: dict[str, Written] = {
    "AU-COAT-38": {
        **WOOL,
        "description": "Ein gerader Mantel aus gewalkter Wolle, bis zum Saum gefüttert.",
        "size_table": DAMEN,
        "care_symbols": ["wash_not", "bleach_not", "tumble_not", "iron_low", "clean_dry"],
        "video_url": "https://aurora.example/film/mantel",
        "video_title": "Einen Wollmantel bürsten",
    },
    "AU-BOOT-39": {
        "description": "Stiefeletten aus Kalbsleder mit einer Sohle, die sich erneuern lässt.",
        "size_table": SCHUHE,
        "care": "Mit Bürste und Wachs, ohne Heizung trocknen.",
        "care_symbols": ["wipe"],
        "steps": [
            Step("Einlaufen", "Die ersten drei Tage nicht länger als zwei Stunden tragen."),
            Step("Wachsen", "Alle vier Wochen dünn auftragen, nach zehn Minuten polieren."),
            Step("Neu besohlen", "Wenn das Profil flach ist. Jeder Schuhmacher kann es."),
        ],
        "warranty_months": 24,
    },
    "AU-SCRF-01": {
        **WOOL,
        "description": "Breit gewebt, weich gewaschen.",
        "care_symbols": ["wash_hand", "bleach_not", "tumble_not", "dry_flat"],
    },
    "AU-SOCK-02": {"care_symbols": ["wash_40", "tumble_low"], "care": "Auf links waschen."},
    "AU-SHRT-M": {
        "description": "Ein Hemd aus gewaschenem Leinen, das mit jeder Wäsche weicher wird.",
        "size_table": DAMEN,
        "care_symbols": ["wash_40", "bleach_not", "dry_line", "iron_high"],
        "care": "Feucht bügeln oder gar nicht.",
        "warranty_months": 24,
    },
    "AU-KNIT-S": {
        **WOOL,
        "description": "Glatt gestrickt aus Lammwolle.",
        "size_table": DAMEN,
        "care_symbols": ["wash_hand", "tumble_not", "dry_flat"],
    },
    "AU-TRSR-38": {"description": "Weit geschnitten, mit hohem Bund.", "size_table": DAMEN, "care_symbols": ["wash_30", "iron_medium"]},
}
VOLTLINE: dict[str, Written] = {
    "VL-HALO-G": {
        "description": "Over-ear headphones with noise cancelling and 38 hours of battery.",
        "steps": [
            Step("Charge them", "One hour with the cable in the box. The light turns green."),
            Step("Pair them", "Hold the power button for five seconds until the light blinks, then choose Halo on your phone."),
            Step("Reset them", "Hold power and volume down together for ten seconds."),
        ],
        "care": "Wipe the cushions with a damp cloth. They come off with a quarter turn.",
        "care_symbols": ["wipe", "wash_not"],
        "video_url": "https://voltline.example/film/halo",
        "video_title": "Halo in two minutes",
        "warranty_months": 24,
        "warranty_text": "Covers the electronics, the hinge and a battery below 70 percent. Not the cushions.",
    },
    "VL-SPRK-65": {
        "description": "Charges a laptop and a phone at once.",
        "guide": "One device gets 65 W. Two get 45 W and 20 W; the upper port comes first.",
        "warranty_months": 36,
    },
    "VL-CBL-6": {"description": "Braided, for 100 W and USB 2 data.", "warranty_months": 12},
}
GUIDES = {"aurora": AURORA, "voltline": VOLTLINE}
WORDS = {
    "aurora": ("Gewebe aus der Nähe", "Pflegeetikett", "So wird gemessen", "Pflegeheft", "de"),
    "voltline": ("In its box", "The ports", "", "Manual", "en"),
}


def guide_of(shop: Shop, goods: Goods) -> Written:
    """All the shop tells of one of its goods that is no price and no stock."""
    told: Written = {**GUIDES[shop.slug].get(goods.sku, {}), **shelf_of(goods), "specs": goods.specs}
    told["pictures"] = _pictures(shop, goods, has_sizes=bool(told.get("size_table")))
    if told.get("steps") or told.get("guide"):
        title, language = WORDS[shop.slug][3:]
        told["manuals"] = [
            Manual(f"{title}: {goods.title}", f"{shop.branding['shop_url']}/manuals/{goods.sku.lower()}.pdf", language, 1_400_000)
        ]
    return told


def _pictures(shop: Shop, goods: Goods, *, has_sizes: bool) -> list[Picture]:
    first, second, measure = WORDS[shop.slug][:3]
    names = {"aurora": ("weave", "label"), "voltline": ("box", "ports")}[shop.slug]
    found = [Picture(picture(goods), goods.title), *(_drawn(name, alt) for name, alt in zip(names, (first, second), strict=True))]
    return [*found, _drawn("measure", measure)] if has_sizes and measure else found


def _drawn(name: str, alt: str) -> Picture:
    return Picture(f"{base_url()}/static/demo/{name}.svg", alt)
