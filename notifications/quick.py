"""The few Liquid nodes most of a mail consists of, with a short way for plain strings, numbers and dicts.

The library asks each value at each step whether it is one of its own kinds; ours never are. Whatever is not plain takes the
library's own way, so nothing changes but the time: `tests/notifications/test_quick.py` renders everything both ways.
"""

from io import StringIO
from typing import TextIO

from liquid import Markup, RenderContext, escape
from liquid.ast import BlockNode
from liquid.builtin.expressions import FilteredExpression
from liquid.builtin.expressions.logical import (
    BooleanExpression,
    EqExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    NeExpression,
    is_truthy,
)
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import Literal, StringLiteral
from liquid.builtin.output import OutputNode
from liquid.exceptions import OutputStreamLimitError
from liquid.output import LimitedStringIO
from liquid.stringify import to_liquid_string

TRUE = frozenset({str, Markup, int, list, dict})  # every value of these is true in Liquid, the empty ones too
COMPARABLE = frozenset({str, Markup, int})


def _is_true(value: object) -> bool:
    return value is True or type(value) in TRUE or (value is not False and is_truthy(value))


class Page(LimitedStringIO):
    """What is written, at most so many bytes. Most pieces are ASCII, which need not be encoded to be measured."""

    def write(self, text: str) -> int:
        self.size += len(text) if text.isascii() else len(text.encode())
        if self.size > self.limit:
            raise OutputStreamLimitError("output stream limit reached", token=None)
        return StringIO.write(self, text)


class QuickPath(Path):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        names = iter(self.path)
        try:
            value = context.scope[next(names)]  # type: ignore[index]  # anything but a string is looked up in vain
            for name in names:
                if type(value) is not dict:
                    return super().evaluate(context)
                value = value[name]
        except (KeyError, TypeError):
            return super().evaluate(context)
        return value


class QuickOutput(OutputNode):
    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        if type(value) is not str:
            return buffer.write(to_liquid_string(value, context.autoescape))
        return buffer.write(escape(value) if context.autoescape else value)


class QuickBlock(BlockNode):
    """Without asking each node whether its tag is forbidden here: only tags we do not allow forbid others."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if self.blank:
            return int(super().render_to_output(context, buffer))
        written = 0
        for node in self.nodes:
            written += node.render_to_output(context, buffer)
        return written


class QuickBoolean(BooleanExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> bool:
        return _is_true(self.expression.evaluate(context))


class QuickAnd(LogicalAndExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> bool:
        return _is_true(self.left.evaluate(context)) and _is_true(self.right.evaluate(context))


class QuickOr(LogicalOrExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> bool:
        return _is_true(self.left.evaluate(context)) or _is_true(self.right.evaluate(context))


def _is_same(node: "EqExpression | NeExpression", context: RenderContext) -> bool | None:
    """None when the library must decide."""
    left, right = node.left.evaluate(context), node.right.evaluate(context)
    return left == right if type(left) in COMPARABLE and type(right) in COMPARABLE else None


class QuickEq(EqExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        same = _is_same(self, context)
        return super().evaluate(context) if same is None else same


class QuickNe(NeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        same = _is_same(self, context)
        return super().evaluate(context) if same is None else not same


QUICK = {quick.__base__: quick for quick in (QuickPath, QuickOutput, QuickBlock, QuickBoolean, QuickAnd, QuickOr, QuickEq, QuickNe)}


def quicken(part: object) -> None:
    """Give a node or expression its short way, if there is one. The classes add no fields, so the object stays as it is."""
    if isinstance(part, EqExpression | NeExpression) and type(part.right) is StringLiteral:
        part.right = Literal(part.right.token, part.right.value)  # compares like the marked-up copy made each time
    if isinstance(part, OutputNode) and type(part.expression) is FilteredExpression and not part.expression.filters:
        part.expression = part.expression.left
    if isinstance(part, Path) and any(isinstance(name, Path) for name in part.path):
        return
    if quick := QUICK.get(type(part)):
        part.__class__ = quick
