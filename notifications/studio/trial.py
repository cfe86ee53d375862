"""One source rendered with many orders: what comes out, and which of its variables come out empty."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TextIO

from liquid import RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string

from notifications.liquid import compile_template, counted, walk

WORK = 200_000  # of all renders together, nodes and loops counted: about half a second
_empty: ContextVar[set[int] | None] = ContextVar("trial_empty", default=None)


class Watched(OutputNode):
    """An output that says when it wrote nothing."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        text = to_liquid_string(self.expression.evaluate(context), False)
        if not text and (found := _empty.get()) is not None:
            found.add(id(self))
        return buffer.write(text)


@dataclass(slots=True)
class Use:
    """One variable where it is written out, and for how many orders it was empty."""

    path: str
    index: int
    empty: int = 0


@dataclass(slots=True)
class Trial:
    """What came of it. `texts` are as many as could be rendered within the work allowed."""

    texts: list[str] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)  # error -> for how many orders

    @property
    def tried(self) -> int:
        return len(self.texts) + sum(self.failed.values())

    @property
    def longest(self) -> str:
        return max(self.texts, key=len, default="")


def try_out(source: str, contexts: Sequence[Mapping[str, Any]]) -> Trial:
    """Render the source with each context, as long as the work allowed lasts. Raises LiquidError for what does not parse."""
    template = compile_template(source, html=False)
    template.written = None  # the nodes are watched, so they are walked
    nodes = list(walk(template.nodes))
    watched = {id(node): _use_of(node) for node in nodes if isinstance(node, OutputNode)}
    for node in nodes:
        if isinstance(node, OutputNode):
            node.__class__ = Watched  # no fields of its own, so the object stays as it is
    uses = {key: use for key, use in watched.items() if use is not None}
    trial, done = Trial(uses=list(uses.values())), 0
    with counted() as spent:
        for facts in contexts:
            if spent[0] + done * len(nodes) > WORK:
                break
            done += 1
            _one(template, facts, uses, trial)
    return trial


def _one(template: Any, facts: Mapping[str, Any], uses: Mapping[int, Use], trial: Trial) -> None:
    empty: set[int] = set()
    token = _empty.set(empty)
    try:
        trial.texts.append(template.render(facts))
    except LiquidError as error:
        reason = str(error.args[0]).splitlines()[0] if error.args else error.__class__.__name__
        trial.failed[reason] = trial.failed.get(reason, 0) + 1
    finally:
        _empty.reset(token)
    for key in empty & uses.keys():
        uses[key].empty += 1


def outputs(source: str) -> list[Use]:
    """The variables a source writes out. Raises LiquidError for what does not parse."""
    nodes = walk(compile_template(source, html=False).nodes)
    return [use for node in nodes if isinstance(node, OutputNode) and (use := _use_of(node)) is not None]


def _use_of(node: Node) -> Use | None:
    expression: Expression = node.expression  # type: ignore[attr-defined]
    if isinstance(expression, FilteredExpression):
        expression = expression.left
    if not isinstance(expression, Path):
        return None
    return Use(str(expression), max(0, expression.token.start_index))
