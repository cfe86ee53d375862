"""What was said about the demo's goods and parcels, in every state there is, and what came of it."""

import random
from collections.abc import Iterator

from demo import says as do
from demo.steps import Act, Words, complains
from demo.stories import Later, Sent, Story
from demo.world import Shop
from returns.types import Outcome


def _both(de: str, en: str) -> Words:
    return {"de": de, "en": en}


# Ordinary voices: stars, text, pros, cons, fit
USUAL: tuple[tuple[int, Words, Words, Words, str], ...] = (
    (5, _both("Sitzt genau und fühlt sich gut an. Würde ich wieder nehmen.", "Sounds great and sits well. I would buy it again."),
     _both("Material, Farbe", "Sound, comfort"), _both("", ""), "true"),
    (5, _both("Schöner als auf dem Bild, und schnell da.", "Better than in the picture, and quickly here."),
     _both("Farbe", "Colour"), _both("", ""), "true"),
    (4, _both("Gute Qualität, fällt aber etwas klein aus.", "Good quality, though the band is a little tight."),
     _both("Qualität", "Quality"), _both("Größe", "Size"), "small"),
    (4, _both("Trage es fast jeden Tag. Die Knöpfe könnten fester sein.", "I use it nearly every day. The battery could last longer."),
     _both("Bequem", "Easy to use"), _both("Knöpfe", "Battery"), "true"),
    (3, _both("In Ordnung für den Preis, die Farbe ist dunkler als gezeigt.", "Fine for the price, the colour is darker than shown."),
     _both("", ""), _both("Farbe", "Colour"), "true"),
    (5, _both("Alles bestens, auch die Verpackung war sparsam.", "All good, and hardly any packaging."), _both("", ""), _both("", ""), ""),
    (4, _both("Weich und warm, nach zwei Wäschen noch wie neu.", "Solid and light, still like new after a month."),
     _both("", ""), _both("", ""), "large"),
    (2, _both("Nach drei Wochen hat sich eine Naht gelöst.", "It stopped working on one side after three weeks."),
     _both("", ""), _both("Verarbeitung", "Quality"), "true"),
    (1, _both("Das Paket kam eine Woche zu spät, der Karton war aufgerissen.", "The parcel came a week late and the box was torn."),
     _both("", ""), _both("Lieferung", "Delivery"), ""),
)  # fmt: skip
WEIGHTS = (26, 20, 14, 10, 8, 10, 6, 4, 2)

LOOSE = _both(
    "Ich trage es fast jeden Tag. Nur die Knöpfe sitzen etwas lose.", "I use it nearly every day. Only the battery could last longer."
)
GLAD = _both("Ich bin begeistert, auf dem Foto bei Tageslicht.", "I am delighted; the photo shows it by daylight.")
TORE = _both(
    "Nach zwei Wochen ist die Naht an der Schulter aufgegangen. Für den Preis enttäuschend.",
    "The left side went silent after two weeks. Disappointing for the price.",
)
SORRY = _both(
    "Das tut uns leid, so soll es nicht sein. Wir haben Ihnen geschrieben und machen es wieder gut.",
    "We are sorry, this is not how it should be. We have written to you and will put it right.",
)
ASK = _both("Das tut uns leid. Mögen Sie uns ein Bild der Naht schicken?", "We are sorry. Does it happen with the cable as well?")
BACK = _both("Mache ich heute Abend, danke.", "Yes, with both. Thank you for asking.")
AGAIN = _both("Ersatz ist unterwegs, sie ist zufrieden.", "A replacement is on its way, and she is happy with that.")
BETTER = _both(
    "Nachtrag: Der Ersatz kam nach drei Tagen und sitzt tadellos. So wünscht man sich das.",
    "Update: the replacement came after three days and works perfectly. As it should be.",
)
CALL_ME = _both(
    "Rufen Sie mich bitte an unter 0151 23456789, ich habe eine Frage zur Größe.",
    "Please call me at (512) 555-0143, I have a question about the fit.",
)
NO_NUMBER = _both(
    "Bitte ohne Telefonnummer: Andere würden sie lesen. Bei Fragen schreiben Sie uns gern direkt.",
    "Please leave the phone number out: others would read it. Write to us directly any time.",
)
LINK = _both("Gibt es billiger bei www.ganz-guenstig.example, schaut mal nach!", "Cheaper at www.so-very-cheap.example, have a look!")
WAITED = _both("Eine Woche später als versprochen, und niemand wusste warum.", "A week later than promised, and nobody knew why.")
LATE = _both("Der Bote hat nicht geklingelt.", "The driver did not ring.")
EXPLAINED = _both("Mit dem Zusteller geklärt und uns entschuldigt.", "Cleared up with the carrier, and said sorry.")
JOKE = _both("Sternchen verwechselt, schreibt sie selbst.", "Mixed up the scale, she says herself.")
MIXED = _both("Super, volle Punktzahl!", "Great, full marks!")
THANKS = _both("Danke für die lieben Worte, das freut uns sehr.", "Thank you for your kind words, they made our day.")
NEVERMIND = _both("Doch nicht so wichtig.", "Never mind.")
DONE = {
    "de": (
        "buttons",
        {"de": "Die Knöpfe werden jetzt mit doppeltem Faden angenäht.", "en": "Buttons are now sewn on with a double thread."},
    ),
    "en": (
        "battery",
        {"en": "The new ones last four hours longer: we have changed the battery.", "de": "Die neuen halten vier Stunden länger durch."},
    ),
}
PLANNED = {
    "de": ("size", {"de": "Wir messen gerade jede Größe neu nach.", "en": "We are measuring every size anew."}),
    "en": ("size", {"en": "We are measuring the band anew."}),
}
BROKEN = _both("Eine Naht ist offen.", "One side is silent.")


# What rests on a task comes a whole day after the words it was opened for: a day's doings are told together.


def _bought(days_ago: float, shopper: int, goods: tuple[int, ...], *later: tuple[float, Act]) -> Story:
    """Came within four days, and then what was said."""
    return Story(days_ago, shopper, goods, (Sent("plain", 1.0),), later=tuple(Later(ago, act) for ago, act in later))


FIRST_SHOPPER = (
    _bought(
        33.6, 0, (5,), (22.4, do.writes(2, TORE, title=_both("Naht offen", "Half silent"), has_photo=True)), (22.3, do.rates(5, 4)),
        (21.6, do.looks_at_photo()), (21.4, do.replies(SORRY)), (21.3, do.writes_to_author(ASK)), (20.5, do.writes_back(BACK)),
    ),
    _bought(28.3, 0, (2,), (17.4, do.writes(5, CALL_ME)), (16.8, do.decides("personal_data", NO_NUMBER))),
    _bought(24.7, 0, (1,), (1.4, do.writes(5, GLAD, has_photo=True))),
)  # fmt: skip
SOLVED = (
    _bought(
        46.2, 7, (0,), (35, do.writes(1, TORE)), (33.5, do.takes_task), (33.4, do.replies(SORRY)),
        (33.2, complains("faulty", Outcome.REPLACEMENT, BROKEN, is_warranty=True)), (32.1, do.solves(AGAIN, by_claim=True)),
        (24, do.edits(4, BETTER)),
    ),
    _bought(41.3, 8, (4,), (30, do.writes(5, GLAD, has_photo=True)), (29.2, do.looks_at_photo()), (29.1, do.replies(THANKS))),
    _bought(39.8, 9, (3,), (31, do.rates(1, 3, WAITED)), (29.9, do.takes_task), (28.8, do.solves(EXPLAINED))),
)  # fmt: skip
WAITING = (
    _bought(19.4, 10, (2,), (1.1, do.writes(4, LINK))),
    _bought(20.6, 11, (6,), (0.7, do.writes(5, GLAD, has_photo=True))),
    _bought(22.8, 12, (1,), (3.6, do.writes(1, TORE)), (3.4, do.rates(2, 2, LATE))),
    _bought(18.9, 13, (4,), (0.4, do.writes(2, TORE)), (0.3, do.writes_back(LATE))),
)
OTHERS = (
    _bought(36.4, 14, (2,), (27, do.writes(3, NEVERMIND)), (25, do.takes_back_review)),
    _bought(35.5, 10, (0,), (26, do.writes(1, MIXED)), (24.9, do.dismisses(JOKE)), (23.7, do.edits(5, MIXED))),
    _bought(30.1, 8, (2, 5), (20, do.writes(5, LINK)), (19.6, do.decides("unlawful")), (18, do.writes(4, GLAD))),
)
ASKED = (
    _bought(26.5, 7, (4,), (21, do.answers("csat", {"product": "5", "delivery": "2", "words": LATE})),
        (20, do.answers("nps", {"recommend": "8"}))),
    _bought(27.2, 9, (1,), (22, do.answers("csat", {"product": "4", "delivery": "5"})), (12, do.answers("nps", {"recommend": "9"}))),
    _bought(29.7, 11, (2,), (23, do.answers("csat", {"product": "1", "delivery": "5", "words": TORE})),
        (22, do.answers("nps", {"recommend": "3"}))),
    _bought(31.4, 12, (5,), (24, do.answers("nps", {"recommend": "10"})), (23, do.writes(4, LOOSE)), (5, do.plans(PLANNED))),
    _bought(34.2, 13, (6,), (24.5, do.answers("csat", {"product": "5", "delivery": "4"})), (4, do.has_done(DONE))),
)  # fmt: skip
OPINIONS = (*FIRST_SHOPPER, *SOLVED, *WAITING, *OTHERS, *ASKED)


def usual_opinions(shop: Shop, count: int) -> Iterator[Story]:
    """Bought, came, and said in a few words; some found another's words helpful."""
    dice = random.Random(f"opinions {shop.slug}")
    for _ in range(count):
        stars, text, pros, cons, fit = dice.choices(USUAL, WEIGHTS)[0]
        bought = 16 + 66 * dice.random()
        said = dice.uniform(1, bought - 9)
        acts: list[tuple[float, Act]] = [(said, do.writes(stars, text, pros=pros, cons=cons, fit=fit if shop.slug == "aurora" else ""))]
        if dice.random() < 0.5:
            acts.append((said, do.rates(dice.choice((3, 4, 5, 5, 5)), dice.choice((4, 5, 5)))))
        if dice.random() < 0.4:
            acts.append((max(0.2, said - 0.5), do.finds_helpful(dice.random() < 0.85)))
        shopper = dice.randrange(len(shop.shoppers), len(shop.everybody))
        yield _bought(bought, shopper, (dice.randrange(len(shop.goods)),), *acts)
