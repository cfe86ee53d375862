"""Surveys a merchant can begin with, in every language the product speaks. Off until somebody turns them on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviews.types import QuestionKind, Trigger

K = QuestionKind


@dataclass(frozen=True, slots=True)
class Shipped:
    """One of them; `definition` is what `rules.surveys.parse_definition` reads."""

    key: str
    name: str
    trigger: Trigger
    days: int
    definition: Mapping[str, Any]


def _said(en: str, de: str, zh: str, id: str, pt: str) -> dict[str, str]:
    return {"en": en, "de": de, "zh-hans": zh, "id": id, "pt-br": pt}


THANKS = _said(
    "Thank you. We read every answer.",
    "Vielen Dank. Wir lesen jede Antwort.",
    "谢谢您。每一条回答我们都会阅读。",
    "Terima kasih. Kami membaca setiap jawaban.",
    "Obrigado. Lemos todas as respostas.",
)
WHAT_WRONG = _said(
    "What went wrong?",
    "Was ist schiefgelaufen?",
    "哪里出了问题？",
    "Apa yang kurang baik?",
    "O que deu errado?",
)
ANYTHING_ELSE = _said(
    "Is there anything else you would like to tell us?",
    "Möchten Sie uns noch etwas sagen?",
    "还有什么想告诉我们的吗？",
    "Apakah ada hal lain yang ingin Anda sampaikan?",
    "Há algo mais que você queira nos contar?",
)

CSAT = Shipped(
    "csat",
    "After delivery: product and delivery",
    Trigger.DELIVERED,
    1,
    {
        "intro": _said(
            "Your parcel has arrived. Two short questions.",
            "Ihr Paket ist angekommen. Zwei kurze Fragen.",
            "您的包裹已送达。请回答两个简短的问题。",
            "Paket Anda sudah tiba. Dua pertanyaan singkat.",
            "Seu pacote chegou. Duas perguntas rápidas.",
        ),
        "thanks": THANKS,
        "questions": [
            {
                "key": "product",
                "kind": K.CSAT.value,
                "text": _said(
                    "How satisfied are you with the product?",
                    "Wie zufrieden sind Sie mit dem Produkt?",
                    "您对商品满意吗？",
                    "Seberapa puas Anda dengan produknya?",
                    "Qual é a sua satisfação com o produto?",
                ),
                "reason_text": WHAT_WRONG,
            },
            {
                "key": "delivery",
                "kind": K.CSAT.value,
                "text": _said(
                    "How satisfied are you with the delivery?",
                    "Wie zufrieden sind Sie mit der Lieferung?",
                    "您对配送满意吗？",
                    "Seberapa puas Anda dengan pengirimannya?",
                    "Qual é a sua satisfação com a entrega?",
                ),
                "reason_text": WHAT_WRONG,
            },
            {"key": "words", "kind": K.OPEN.value, "text": ANYTHING_ELSE},
        ],
    },
)

NPS = Shipped(
    "nps",
    "Would you recommend us?",
    Trigger.DELIVERED,
    14,
    {
        "thanks": THANKS,
        "questions": [
            {
                "key": "recommend",
                "kind": K.NPS.value,
                "is_required": True,
                "text": _said(
                    "How likely are you to recommend us to a friend? (0: not at all, 10: very)",
                    "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen? (0: gar nicht, 10: sehr)",
                    "您有多大可能向朋友推荐我们？（0：完全不可能，10：非常可能）",
                    "Seberapa besar kemungkinan Anda merekomendasikan kami kepada teman? (0: sama sekali tidak, 10: sangat mungkin)",
                    "Qual é a chance de você nos recomendar a um amigo? (0: nenhuma, 10: muito grande)",
                ),
                "reason_text": _said(
                    "What should we do better?",
                    "Was sollten wir besser machen?",
                    "我们应该在哪些方面改进？",
                    "Apa yang perlu kami perbaiki?",
                    "O que devemos melhorar?",
                ),
            }
        ],
    },
)

CES = Shipped(
    "ces",
    "After a return or claim: how easy it was",
    Trigger.CASE,
    0,
    {
        "thanks": THANKS,
        "questions": [
            {
                "key": "ease",
                "kind": K.CES.value,
                "is_required": True,
                "text": _said(
                    "We made it easy for you to get this solved. (1: do not agree at all, 7: fully agree)",
                    "Wir haben es Ihnen leicht gemacht, Ihr Anliegen zu klären. (1: stimme gar nicht zu, 7: stimme voll zu)",
                    "我们让您轻松地解决了问题。（1：完全不同意，7：完全同意）",
                    "Kami memudahkan Anda menyelesaikan masalah ini. (1: sangat tidak setuju, 7: sangat setuju)",
                    "Facilitamos a solução do seu problema. (1: discordo totalmente, 7: concordo totalmente)",
                ),
                "reason_text": _said(
                    "What made it hard?",
                    "Was hat es schwer gemacht?",
                    "是什么造成了困难？",
                    "Apa yang membuatnya sulit?",
                    "O que dificultou?",
                ),
            }
        ],
    },
)

OPEN = Shipped(
    "open",
    "In your own words",
    Trigger.NONE,
    0,
    {
        "thanks": THANKS,
        "questions": [
            {
                "key": "words",
                "kind": K.OPEN.value,
                "is_required": True,
                "text": _said(
                    "What could we do better for you?",
                    "Was könnten wir für Sie besser machen?",
                    "我们可以在哪些方面为您做得更好？",
                    "Apa yang bisa kami lakukan dengan lebih baik untuk Anda?",
                    "O que poderíamos fazer melhor por você?",
                ),
            }
        ],
    },
)

DEFAULTS = {one.key: one for one in (CSAT, NPS, CES, OPEN)}
