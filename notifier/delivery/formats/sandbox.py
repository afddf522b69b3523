"""A small part of Jinja, in which no template can take long or grow large.

Strangers write templates, and a thread that renders cannot be stopped. So it is the
language that has bounds, in three ways:

- Only what is listed here may stand in a template. Nothing is called, nothing is
  computed (no ``*``, no ``**``, no ``range``), no blocks are captured, no macros: what
  is left can only repeat itself by ``for``.
- Each loop pays, before it begins, for every node that it will run; filters, texts,
  lists and comparisons pay for sizes. When `MAX_COST` is spent, the rendering fails.
- Whatever grows (``~``, ``replace``, ``join``, the output) is measured before it is
  made, and may not be longer than `MAX_LENGTH`.

To that end, `compiled` rewrites the tree: what loops run over, what is compared, cut or
put together goes through functions of `notifier.delivery.formats.filters`.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jinja2 import StrictUndefined, Template, nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

from notifier.delivery.formats import filters
from notifier.delivery.formats.meter import MAX_LENGTH, Meter

FILENAME: Final = "<template>"

_MAX_DEPTH = 40
_STATEMENTS = (nodes.Assign, nodes.For, nodes.If, nodes.Output, nodes.Template)
_EXPRESSIONS = (
    nodes.And,
    nodes.Compare,
    nodes.Concat,
    nodes.CondExpr,
    nodes.Const,
    nodes.Dict,
    nodes.Filter,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Keyword,
    nodes.List,
    nodes.Name,
    nodes.Neg,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Pair,
    nodes.Slice,
    nodes.TemplateData,
    nodes.Test,
    nodes.Tuple,
)
_ALLOWED = _STATEMENTS + _EXPRESSIONS
# Jinja cannot write these into the code that it makes.
_INFINITE = (math.inf, -math.inf)
_NAMES = {
    nodes.AssignBlock: "blocks that are set",
    nodes.Call: "calls",
    nodes.Include: "includes",
    nodes.Macro: "macros",
}


class MeteredContext(Context):
    """The context of one rendering, which pays for what is done."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.meter = Meter()


class Sandbox(SandboxedEnvironment):
    """Jinja without autoescape, loaders, globals or anything of Python's."""

    context_class = MeteredContext

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined,
            finalize=filters.finalize,
            # What is constant is not evaluated ahead of time: nobody would pay for it.
            optimized=False,
            keep_trailing_newline=True,
        )
        self.globals.clear()
        self.filters = dict(filters.FILTERS)
        self.tests = {name: self.tests[name] for name in filters.TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look into an object of JSON, or at the state of a loop; nothing else."""
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Look into an object or a list."""
        if isinstance(obj, Mapping | list | tuple):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)


_SANDBOX = Sandbox()


def compiled(source: str) -> tuple[Template, frozenset[str]]:
    """Compile a template; return it and the names that it uses.

    Raises `TemplateSyntaxError`, with the line.
    """
    try:
        tree = _SANDBOX.parse(source, filename=FILENAME)
        names = frozenset(node.name for node in tree.find_all(nodes.Name))
        _check(tree)
        code = _SANDBOX.compile(_Metering().visit(tree), filename=FILENAME)
    except (RecursionError, MemoryError, SyntaxError):
        raise TemplateSyntaxError("it is nested too deeply", 1) from None
    except (ValueError, OverflowError):
        raise TemplateSyntaxError("a number is too large", 1) from None
    return Template.from_code(_SANDBOX, code, {}), names


def run(template: Template, variables: dict[str, Any]) -> str:
    """Render; raise what Jinja raises, or `SecurityError` if it takes too much."""
    return "".join(_chunks(template, variables))


def _chunks(template: Template, variables: dict[str, Any]) -> Iterator[str]:
    length = 0
    for chunk in template.root_render_func(template.new_context(variables)):
        length += len(chunk)
        if length > MAX_LENGTH:
            raise SecurityError(f"it makes more than {MAX_LENGTH} characters")
        yield chunk


def _check(tree: nodes.Template) -> None:
    """Refuse what may not be in a template."""
    pending: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > _MAX_DEPTH:
            raise TemplateSyntaxError("it is nested too deeply", node.lineno)
        if not isinstance(node, _ALLOWED):
            raise TemplateSyntaxError(f"{_name(node)} cannot be used", node.lineno)
        if isinstance(node, nodes.For) and node.recursive:
            raise TemplateSyntaxError("recursive loops cannot be used", node.lineno)
        if isinstance(node, nodes.Const) and node.value in _INFINITE:
            raise TemplateSyntaxError("a number is too large", node.lineno)
        pending += [(child, depth + 1) for child in node.iter_child_nodes()]


def _name(node: nodes.Node) -> str:
    if isinstance(node, nodes.BinExpr):
        return f"arithmetic ({node.operator})"
    return _NAMES.get(type(node), type(node).__name__)


class _Metering(NodeTransformer):
    """Leads what may take long through functions that pay for it."""

    def generic_visit(self, node: nodes.Node, *_: Any, **__: Any) -> nodes.Node:
        """Rewrite what is within *node*, then that itself."""
        super().generic_visit(node)
        match node:
            case nodes.For():
                cost = nodes.Const(sum(1 for _ in node.find_all(nodes.Node)))
                node.iter = _filtered(filters.LOOP, node.iter, cost)
            case nodes.Operand():
                node.expr = _filtered(filters.WEIGH, node.expr)
            case nodes.Getitem(arg=nodes.Slice()):
                node.node = _filtered(filters.WEIGH, node.node)
            case nodes.Concat():
                return _filtered(
                    filters.CONCAT, nodes.List(node.nodes, lineno=node.lineno)
                )
            # A tuple that is not loaded is what a loop or an assignment sets.
            case nodes.List() | nodes.Dict() | nodes.Tuple(ctx="load"):
                return _filtered(filters.WEIGH, node)
        return node


def _filtered(name: str, node: nodes.Node, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno)
