"""A Liquid template written out as a Python function, for those made of the few nodes nearly all mails consist of.

Walking the tree asks a dozen objects for every word of a mail. The function says the same: where a value is not plain it asks the
library, and when anything goes wrong in it the tree is walked after all, so that errors and limits are the library's own.
`tests/notifications/test_quick.py` renders everything both ways. What a template says comes in as constants, never as code: the names
in the source are ours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from liquid import Markup, escape
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, LoopExpression
from liquid.builtin.expressions import logical as lib
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import Blank, Empty, FalseLiteral, IntegerLiteral, Literal, Nil, StringLiteral, TrueLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.for_tag import ForLoop, ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.undefined import Undefined

MOST_OUTPUTS, MOST_FILTERS, DEEPEST = 400, 20, 3  # of a function; the tree's own limits hold for more
PLAIN = frozenset({str, Markup, int})
TRUE = frozenset({str, Markup, int, list, dict})  # every value of these is true in Liquid, the empty ones too
MISSING = Undefined("")
BUILT_IN = frozenset({"now", "today"})  # names the library gives a value to
CONSTANTS = (Literal, IntegerLiteral, TrueLiteral, FalseLiteral)


class NotPlain(ValueError):
    """Something in the template, or among the values, is left to the library."""


def value(found: Any, *names: str) -> Any:
    """What `found.a.b` says."""
    for name in names:
        if type(found) is not dict:
            if found is MISSING:
                return found
            raise NotPlain(name)
        found = found.get(name, MISSING)
        if found is MISSING and name in ("size", "first", "last"):
            raise NotPlain(name)
    return found


def two(root: Any, first: str, second: str) -> Any:
    try:
        return root[first][second] if type(root[first]) is dict else value(root, first, second)
    except KeyError:
        return value(root, first, second)


def is_true(found: Any) -> bool:
    return found is True or type(found) in TRUE or (found is not False and lib.is_truthy(found))


def is_same(left: Any, right: Any) -> bool:
    return bool(left == right if type(left) in PLAIN and type(right) in PLAIN else lib._eq(left, right))


def has(left: Any, right: Any) -> bool:
    if not isinstance(left, str) or not isinstance(right, str):
        raise NotPlain("contains")
    return right in left


def is_less(left: Any, right: Any) -> bool:
    if type(left) is not int or type(right) is not int:
        raise NotPlain("compared")
    return left < right


def as_html(found: Any) -> str:
    return to_liquid_string(found, True)


def as_text(found: Any) -> str:
    return to_liquid_string(found, False)


def listed(found: Any) -> list[Any]:
    """What is gone through: a list; nothing of what is missing."""
    if type(found) is list:
        return found
    if found is MISSING:
        return []
    raise NotPlain("gone through")


GIVEN: dict[str, Any] = {
    one.__name__: one
    for one in (value, two, is_true, is_same, is_less, has, as_html, as_text, listed, escape, str, type, len, iter, ForLoop)
} | {"MISSING": MISSING}


@dataclass(frozen=True, slots=True)
class Written:
    """`texts` are what the template says between its values, in their order; others may be given in their place.

    `run` takes the values, the texts, and what is told of each loop as it opens: how often its body runs in all, and what it costs.
    """

    run: Callable[[Mapping[str, Any], Sequence[str], Callable[[int, int], None]], str]
    texts: tuple[str, ...]


@dataclass(slots=True)
class Writer:
    """The function's source as it grows, its constants, and the names of the loops around."""

    html: bool
    filters: Mapping[str, Callable[..., Any]]
    lines: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    loops: dict[str, str] = field(default_factory=dict)  # Liquid's name -> ours
    turns: list[str] = field(default_factory=list)  # our names of the `forloop`s around, the innermost last
    outputs: int = 0
    numbers: "count[int]" = field(default_factory=count)

    def written(self) -> Written:
        body = ["def run(root, texts, open_loop):", "    parts = []", "    put = parts.append", *self.lines, "    return ''.join(parts)"]
        space = {**GIVEN, "__builtins__": {}, **self.constants}
        exec(compile("\n".join(body), "<template>", "exec"), space)  # noqa: S102 - every word of the source is ours
        return Written(space["run"], tuple(self.texts))

    def say(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def constant(self, held: Any) -> str:
        name = f"c{next(self.numbers)}"
        self.constants[name] = held
        return name

    def block(self, block: BlockNode, depth: int) -> None:
        if not block.blank:  # else the library says nothing either
            self.nodes(block.nodes, depth)
        self.say(depth, "pass")

    def nodes(self, nodes: Sequence[Node], depth: int) -> None:
        for node in nodes:
            match node:
                case ContentNode():
                    self.say(depth, f"put(texts[{len(self.texts)}])")
                    self.texts.append(node.text)
                case OutputNode():
                    self._output(node, depth)
                case IfNode() | UnlessNode():
                    self._branches(node, depth)
                case ForNode():
                    self._loop(node, depth)
                case _:
                    raise NotPlain(type(node).__name__)

    def _output(self, node: OutputNode, depth: int) -> None:
        self.outputs += 1
        if self.outputs > MOST_OUTPUTS:
            raise NotPlain("output")
        self.say(depth, f"v = {self.filtered(node.expression)}")
        plain, odd = ("escape(v)", "as_html(v)") if self.html else ("v", "as_text(v)")
        self.say(depth, f"put({plain} if type(v) is str else {odd})")

    def _branches(self, node: IfNode | UnlessNode, depth: int) -> None:
        no = "not " if isinstance(node, UnlessNode) else ""
        self.say(depth, f"if {no}{self.test(node.condition)}:")
        self.block(node.consequence, depth + 1)
        for other in node.alternatives:
            self.say(depth, f"elif {self.test(other.expression)}:")
            self.block(other.block, depth + 1)
        if node.default:
            self.say(depth, "else:")
            self.block(node.default, depth + 1)

    def _loop(self, node: ForNode, depth: int) -> None:
        loop = node.expression
        if _is_cut(loop) or not isinstance(loop.iterable, Path) or len(self.turns) >= DEEPEST:
            raise NotPlain("loop")
        number, weight = next(self.numbers), int(getattr(node, "weight", 1))
        items, turn, item = f"list{number}", f"turn{number}", f"item{number}"
        lengths = " * ".join([*(f"{outer}.length" for outer in self.turns), f"len({items})"])
        around = self.turns[-1] if self.turns else "MISSING"
        self.say(depth, f"{items} = listed({self.path(loop.iterable)})")
        self.say(depth, f"if {items}:")
        self.say(depth + 1, f"open_loop({lengths}, len({items}) * {weight})")
        name = self.constant(f"{loop.identifier}-{loop.iterable}")
        self.say(depth + 1, f"{turn} = ForLoop({name}, iter({items}), len({items}), {around})")
        self.say(depth + 1, f"for {item} in {turn}:")
        before = dict(self.loops)
        self.loops |= {"forloop": turn, str(loop.identifier): item}
        self.turns.append(turn)
        self.block(node.block, depth + 2)
        self.turns.pop()
        self.loops = before
        if node.default:
            self.say(depth, "else:")
            self.block(node.default, depth + 1)

    def path(self, path: Path) -> str:
        """A Python expression for the value of a path."""
        if not all(isinstance(name, str) for name in path.path):
            raise NotPlain("path")
        head, *rest = [str(name) for name in path.path]
        names = "".join(f", {self.constant(name)}" for name in rest)
        if head == "forloop" and head in self.loops:
            if len(rest) != 1 or rest[0] not in ("first", "last", "index", "index0", "length"):
                raise NotPlain("forloop")
            return f"{self.loops[head]}.{rest[0]}"
        if head in self.loops:
            return f"value({self.loops[head]}{names})" if rest else self.loops[head]
        if head in BUILT_IN:
            raise NotPlain(head)
        root = self.constant(head)
        return f"two(root, {root}{names})" if len(rest) == 1 else f"value(root, {root}{names})"

    def filtered(self, expression: Expression) -> str:
        """A Python expression for a value that went through its filters, each with its guard."""
        if not isinstance(expression, FilteredExpression):
            return self.operand(expression)
        made, depth = self.operand(expression.left), 0
        for filter_ in expression.filters or ():
            function = self.filters.get(filter_.name)
            is_odd = function is None or hasattr(function, "with_context") or hasattr(function, "with_environment")
            if is_odd or not all(isinstance(given, PositionalArgument) for given in filter_.args):
                raise NotPlain(filter_.name)
            if (depth := depth + 1) > MOST_FILTERS:
                raise NotPlain("filters")
            made = f"{self.constant(function)}({', '.join([made, *(self.operand(given.value) for given in filter_.args)])})"
        return made

    def test(self, expression: Expression) -> str:
        """A Python expression that is true when Liquid's is."""
        match expression:
            case lib.BooleanExpression():
                return self.test(expression.expression)
            case lib.LogicalAndExpression():
                return f"({self.test(expression.left)} and {self.test(expression.right)})"
            case lib.LogicalOrExpression():
                return f"({self.test(expression.left)} or {self.test(expression.right)})"
            case lib.EqExpression():
                return f"is_same({self.operand(expression.left)}, {self.operand(expression.right)})"
            case lib.NeExpression():
                return f"(not is_same({self.operand(expression.left)}, {self.operand(expression.right)}))"
            case lib.GtExpression():
                return f"is_less({self.operand(expression.right)}, {self.operand(expression.left)})"
            case lib.LtExpression():
                return f"is_less({self.operand(expression.left)}, {self.operand(expression.right)})"
            case lib.ContainsExpression():
                return f"has({self.operand(expression.left)}, {self.operand(expression.right)})"
        return f"is_true({self.operand(expression)})"

    def operand(self, expression: Expression) -> str:
        if isinstance(expression, Path):
            return self.path(expression)
        if isinstance(expression, Nil):
            return "None"
        if isinstance(expression, Empty | Blank):
            return self.constant(expression)
        if isinstance(expression, StringLiteral):
            return self.constant(Markup(expression.value) if self.html else expression.value)
        if type(expression) in CONSTANTS:
            return self.constant(expression.value)  # type: ignore[attr-defined]
        raise NotPlain(type(expression).__name__)


def _is_cut(loop: LoopExpression) -> bool:
    return bool(loop.reversed or loop.limit is not None or loop.offset is not None or loop.cols is not None)


def write(nodes: Sequence[Node], *, html: bool, filters: Mapping[str, Callable[..., Any]]) -> Written | None:
    """The function of a parsed template; None for one that has more in it than these."""
    writer = Writer(html, filters)
    try:
        writer.nodes(nodes, 1)
        return writer.written()
    except (NotPlain, SyntaxError, RecursionError, MemoryError):  # Python's own limits of nesting are lower than Liquid's
        return None
