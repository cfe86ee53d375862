"""All the policy has to know of one order, so that any number of questions about it need no further look."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from returns.rules.policy import Rules, better, decide_all, is_exempt
from returns.types import Article, Decision, ReasonKind, Situation


@dataclass(frozen=True, slots=True)
class Dossier:
    """`bought` are the rules of the day of purchase, `current` those of today; they may be the same."""

    articles: Mapping[int, Article]
    situation: Situation
    bought: Rules
    current: Rules

    def decisions(self, *, reason: str = "", kind: ReasonKind = ReasonKind.WISH) -> dict[int, Decision]:
        """What holds for every line: of both versions the better, outcome by outcome."""
        return self._decide(list(self.articles.values()), reason, kind)

    def decision(self, line_id: int, *, quantity: int | None = None, reason: str = "", kind: ReasonKind = ReasonKind.WISH) -> Decision:
        """What holds for some pieces of one line. More than can go back are none."""
        article = self.articles[line_id]
        if quantity is not None:
            article = replace(article, quantity=quantity if 0 < quantity <= article.quantity else 0)
        return self._decide([article], reason, kind)[line_id]

    def exempt(self) -> set[int]:
        """Lines the right of withdrawal does not cover: only where both versions say so."""
        return {
            id
            for id, one in self.articles.items()
            if all(is_exempt(rules=rules, article=one, situation=self.situation) for rules in (self.bought, self.current))
        }

    def _decide(self, articles: list[Article], reason: str, kind: ReasonKind) -> dict[int, Decision]:
        mine = decide_all(rules=self.bought, articles=articles, situation=self.situation, reason=reason, kind=kind)
        if self.bought is self.current:
            return {one.line_id: one for one in mine}
        now = decide_all(rules=self.current, articles=articles, situation=self.situation, reason=reason, kind=kind)
        return {one.line_id: better(one, other) for one, other in zip(mine, now, strict=True)}
