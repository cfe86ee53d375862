"""python-liquid for templates written by merchants, who are not trusted.

The library's own limits are not enough: `(1..99999999) | join` hangs, `replace` of long by long asks for gigabytes, eight
thousand filters in a loop run for minutes. So: an allow-list of tags and filters, sizes checked before and after every
filter, and a budget of work per render that loops pay for by the size of their body. Give it plain dicts of strings and
numbers, never models.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from liquid import Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.exceptions import LiquidError, UnknownFilterError
from liquid.expression import Expression
from liquid.template import BoundTemplate

from notifications.quick import Page, quicken
from notifications.words import names
from notifications.written import Written, write

MAX_SOURCE, MAX_LOOPS, MAX_ASSIGNS = 64_000, 20, 50
MAX_BLANKS, MAX_OPEN, BLANKS = 500, 20, re.compile(r"\s+")
MAX_TEXT, MAX_ITEMS, MAX_BITS = 100_000, 200, 256
MAX_WORK = 50_000  # node visits and filter calls of one render; about a fifth of a second
MAX_OUTPUT = 300_000
FILTERS = frozenset(
    names(
        "abs append capitalize ceil compact concat default divided_by downcase escape escape_once first floor join last"
        " lstrip map minus modulo newline_to_br plus prepend remove replace replace_first reverse round rstrip size slice sort"
        " split strip strip_newlines times truncate truncatewords uniq upcase url_encode where"
    )
)
TAGS = frozenset(names("if unless case for assign capture comment raw break continue echo"))
PARTS = frozenset(names("else elsif when illegal output content statement"))

_work: ContextVar[list[int] | None] = ContextVar("liquid_work", default=None)
_spent: ContextVar[list[int] | None] = ContextVar("liquid_spent", default=None)


class TooBig(LiquidError):
    """A value, a template or the work of a render went over its size."""


def _pay(units: int) -> None:
    """Take units from the running render's budget. Refuses (TooBig) when it is used up."""
    left = _work.get()
    if left is not None:
        left[0] -= units
        if left[0] < 0:
            raise TooBig("too much work", token=None)


def check(value: Any) -> Any:
    """Return the value. Refuses (TooBig) long texts, long or heavy lists, and numbers no price needs."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise TooBig("text too long", token=None)
    if isinstance(value, range | list | tuple):
        if len(value) > MAX_ITEMS:
            raise TooBig("too many items", token=None)
        if not isinstance(value, range) and sum(len(item) for item in value if isinstance(item, str)) > MAX_TEXT:
            raise TooBig("text too long", token=None)
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise TooBig("number too large", token=None)
    return value


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | range) else 1


def _foresee(name: str, left: Any, args: tuple[Any, ...]) -> None:
    """Refuse (TooBig) results that would be huge before they are made."""
    if name in ("replace", "replace_first") and len(args) > 1:
        hits = str(left).count(str(args[0])) if name == "replace" else 1
        if hits * len(str(args[1])) > MAX_TEXT:
            raise TooBig("text too long", token=None)
    if name == "join" and args and _size(left) * len(str(args[0])) > MAX_TEXT:
        raise TooBig("text too long", token=None)


# `'1e99999999' | floor` would compute the number digit by digit.
NUMBER_FILTERS = frozenset(names("abs ceil divided_by floor minus modulo plus round times"))


def _check_number(name: str, value: Any) -> None:
    if name in NUMBER_FILTERS and isinstance(value, str) and (len(value) > 40 or "e" in value.lower()):
        raise TooBig("not a number", token=None)


def guard(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """The filter with its input, foreseeable output and output measured, and paid for."""

    @functools.wraps(filter_)
    def guarded(left: Any, *args: Any, **kwargs: Any) -> Any:
        for value in (left, *args):
            check(value)
            _check_number(name, value)
        _foresee(name, left, args)
        _pay(1 + _size(left) // (1 if isinstance(left, list | tuple) else 200))
        return check(filter_(left, *args, **kwargs))

    for flag in ("with_context", "with_environment"):
        if hasattr(filter_, flag):
            setattr(guarded, flag, getattr(filter_, flag))
    return guarded


class GuardedForNode(ForNode):
    """A loop that pays for its body before each run."""

    weight = 1

    def render_to_output(self, context: RenderContext, buffer: Any) -> int:
        context.next_weight = self.weight  # type: ignore[attr-defined]
        return super().render_to_output(context, buffer)


class GuardedForTag(ForTag):
    node_class = GuardedForNode


class GuardedContext(RenderContext):
    """Charges `iterations x body` at the moment a loop opens."""

    next_weight = 1

    def raise_for_loop_limit(self, length: int = 1) -> None:
        super().raise_for_loop_limit(length)
        _pay(length * self.next_weight)


def _open_loop(turns: int, work: int) -> None:
    """What the library asks when a loop opens, asked by a template that is written out."""
    if turns > GuardedEnvironment.loop_iteration_limit:
        raise TooBig("too many turns", token=None)
    _pay(work)


class GuardedTemplate(BoundTemplate):
    context_class = GuardedContext

    @functools.cached_property
    def written(self) -> Written | None:
        """The same as a function, where that is possible. Who changes the nodes sets it to None."""
        return write(self.nodes, html=self.env.autoescape, filters=self.env.filters)

    def make_globals(self, render_args: Mapping[str, object]) -> Mapping[str, object]:
        """One dict instead of a chain of maps: every name of a template is looked up in it."""
        return {**self.globals, **self.matter, **render_args}

    def _get_buffer(self) -> Page:
        return Page(limit=MAX_OUTPUT)

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Raises LiquidError when the template fails or goes over a limit; nothing else."""
        context = dict(*args, **kwargs)
        page = self._run(context, self.written.texts) if self.written is not None else None
        return self._walk(context) if page is None else page

    def render_with(self, context: Mapping[str, Any], texts: Sequence[str]) -> str | None:
        """With other texts between its values. None when it must be walked."""
        return self._run(context, texts)

    def _run(self, context: Mapping[str, Any], texts: Sequence[str]) -> str | None:
        assert self.written is not None
        left = [MAX_WORK]
        token = _work.set(left)
        try:
            page = self.written.run(context, texts, _open_loop)
        except Exception:  # the walk says what is wrong with it, if anything is
            return None
        finally:
            _work.reset(token)
        if len(page) > MAX_OUTPUT // 4 and len(page.encode()) > MAX_OUTPUT:
            return None
        if (spent := _spent.get()) is not None:
            spent[0] += MAX_WORK - left[0]
        return page

    def _walk(self, context: Mapping[str, Any]) -> str:
        left = [MAX_WORK]
        token = _work.set(left)
        try:
            return super().render(context)
        except RecursionError:
            raise TooBig("nested too deeply", token=None) from None
        except (ArithmeticError, ValueError, TypeError, AttributeError, LookupError) as error:
            raise LiquidError(f"{error.__class__.__name__} while rendering", token=None) from error
        finally:
            _work.reset(token)
            if (spent := _spent.get()) is not None:
                spent[0] += MAX_WORK - left[0]


class GuardedEnvironment(Environment):
    template_class = GuardedTemplate
    loop_iteration_limit, output_stream_limit, local_namespace_limit = 5_000, MAX_OUTPUT, 200_000
    context_depth_limit, block_nesting_limit = 8, 8

    def setup_tags_and_filters(self, **kwargs: Any) -> None:
        super().setup_tags_and_filters(**kwargs)
        self.add_tag(GuardedForTag)
        self.tags = {
            name: tag for name, tag in self.tags.items() if name in TAGS or name in PARTS or name.startswith("end") or not name.isalpha()
        }
        self.filters = {name: guard(name, f) for name, f in self.filters.items() if name in FILTERS}


HTML = GuardedEnvironment(autoescape=True)
TEXT = GuardedEnvironment(autoescape=False)


def _check_lexable(source: str) -> None:
    """The library's lexer looks for the end of a tag anew from each beginning, and from each blank before it: 30,000 took minutes.

    Refuses (LiquidError) many beginnings without an end, and (TooBig) many blanks.
    """
    if max(map(len, BLANKS.findall(source)), default=0) > MAX_BLANKS:
        raise TooBig("too many blanks in a row", token=None)
    for opening, closing in (("{{", "}}"), ("{%", "%}")):
        if source.count(opening, source.rfind(closing) + 1) > MAX_OPEN:
            raise LiquidError(f"{opening} is not closed", token=None)
    for name in ("raw", "comment", "doc"):
        if len(re.findall(rf"\{{%-?\s{{0,9}}{name}\b", source[source.rfind(f"end{name}") + 1 :])) > MAX_OPEN:
            raise LiquidError(f"{name} is not closed", token=None)


def compile_template(source: str, *, html: bool) -> GuardedTemplate:
    """Parse a template. Raises LiquidError with the line for bad syntax, TooBig over the limits, and refuses control characters."""
    if len(source) > MAX_SOURCE:
        raise TooBig("template too long", token=None)
    if any(ord(c) < 32 and c not in "\t\n\r" for c in source):
        raise LiquidError("control character in template", token=None)
    _check_lexable(source)
    try:
        template = cast(GuardedTemplate, (HTML if html else TEXT).from_string(source))
        _measure(template)
    except RecursionError:
        raise TooBig("nested too deeply", token=None) from None
    return template


def render(template: BoundTemplate, context: Mapping[str, Any]) -> str:
    """The template with the context's values. Raises LiquidError."""
    return template.render(context)


@contextmanager
def counted() -> Iterator[list[int]]:
    """What the renders inside it cost in units of work, in a list of one: for who renders the same many times."""
    spent = [0]
    token = _spent.set(spent)
    try:
        yield spent
    finally:
        _spent.reset(token)


def walk(nodes: list[Node]) -> Iterator[Node]:
    """Every node of a template, outer before inner."""
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(_children(node)))


def _children(node: Node) -> list[Node]:
    return list(node.children(None, include_partials=False))  # type: ignore[arg-type]


def expressions(node: Node) -> Iterator[Expression]:
    """Every expression of a node, with its parts."""
    stack = list(node.expressions())
    while stack:
        expression = stack.pop()
        yield expression
        stack.extend(expression.children())


def _measure(template: BoundTemplate) -> None:
    """Weigh loops, quicken nodes. Refuses (TooBig) too many loops or names, ranges that are not two small numbers, unknown filters."""
    loops = named = 0
    for node in walk(template.nodes):
        named += isinstance(node, AssignNode | CaptureNode)
        if isinstance(node, GuardedForNode):
            loops += 1
            node.weight = _weight(node.block)
        for expression in expressions(node):
            if isinstance(expression, RangeLiteral):
                _check_range(expression)
            if isinstance(expression, FilteredExpression):
                _check_filters(expression)
            quicken(expression)
        quicken(node)
    if loops > MAX_LOOPS:
        raise TooBig("too many loops", token=None)
    if named > MAX_ASSIGNS:
        raise TooBig("too many names", token=None)


def _weight(block: Node) -> int:
    """Nodes and expressions one turn of a loop visits; loops within pay for themselves."""
    total, stack = 0, [block]
    while stack:
        node = stack.pop()
        total += 1 + sum(1 for _ in expressions(node))
        if not isinstance(node, ForNode):
            stack.extend(_children(node))
    return total


def _check_filters(expression: FilteredExpression) -> None:
    """The library finds an unknown filter only when it renders; we say it while the author is looking."""
    for filter_ in expression.filters or ():
        if filter_.name not in FILTERS:
            raise UnknownFilterError(f"unknown filter '{filter_.name}'", token=filter_.token)


def _check_range(expression: RangeLiteral) -> None:
    ends = (expression.start, expression.stop)
    if not all(isinstance(end, IntegerLiteral) for end in ends):
        raise TooBig("a range needs two plain numbers", token=expression.token)
    first, last = (end.value for end in ends if isinstance(end, IntegerLiteral))
    if last - first >= MAX_ITEMS:
        raise TooBig("too many items", token=expression.token)
