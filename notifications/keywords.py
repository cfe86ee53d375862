"""Words a shopper may answer a text message with. Pure."""

import unicodedata
from dataclasses import dataclass

STOP, START, HELP = "stop", "start", "help"

# By language; the English ones are understood everywhere and say nothing about the writer's language.
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        STOP: ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
        START: ("start", "yes", "unstop"),
        HELP: ("help", "info"),
    },
    "de": {STOP: ("stopp", "abmelden", "abbestellen"), START: ("starten", "anmelden"), HELP: ("hilfe",)},
    "fr": {STOP: ("arret", "arreter", "desabonner"), START: ("demarrer",), HELP: ("aide",)},
    "id": {STOP: ("berhenti",), START: ("mulai",), HELP: ("bantuan",)},
    "pt-br": {STOP: ("pare", "parar", "sair"), START: ("iniciar", "voltar"), HELP: ("ajuda",)},
    "zh-hans": {STOP: ("退订", "t", "td"), START: ("开始", "恢复"), HELP: ("帮助",)},
    "sv": {STOP: ("avsluta", "avregistrera"), START: ("starta",), HELP: ("hjalp",)},
}
MEANINGS = {word: (keyword, language) for language, table in WORDS.items() for keyword, words in table.items() for word in words}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text asks for (`stop`, `start`, `help` or nothing), and the language its word belongs to, if to one."""

    keyword: str = ""
    language: str = ""


def meaning_of(text: str) -> Meaning:
    """The whole text must be the word: case, accents, width, blanks and punctuation do not count, other words do."""
    plain = unicodedata.normalize("NFKD", text[:100].casefold())
    keyword, language = MEANINGS.get("".join(char for char in plain if char.isalnum()), ("", ""))
    return Meaning(keyword, "" if language == "en" else language)


@dataclass(frozen=True, slots=True)
class IncomingText:
    """A text message from a shopper. `is_answered`: the provider has told the shopper already."""

    provider_id: str
    sender: str
    text: str
    meaning: Meaning = Meaning()
    is_answered: bool = False
