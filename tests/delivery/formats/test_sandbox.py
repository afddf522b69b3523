"""No template takes long, grows large or gets at anything of Python's."""

import time

import hypothesis
import pytest
from hypothesis import strategies as st

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.formats import RenderingFailed, parse_format, read_format
from notifier.delivery.formats.filters import FILTERS
from tests.delivery.formats.told import PING, PUSH

_TEN = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
_LONG = '{% set a = "x" %}' + "{% set a = a ~ a %}" * 15
_MANY = '{% set l = "' + "x" * 3000 + '"|split("x") %}'

# A tenth of this on an idle machine; the slowest grows without bound if one bound is
# taken away.
_SECONDS = 5.0


def _loops(depth: int, inner: str = "") -> str:
    begin, end = f"{{% for x in {_TEN} %}}", "{% endfor %}"
    return begin * depth + inner + end * depth


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(_loops(9), id="loops in loops"),
        pytest.param(_loops(9, "x"), id="loops that write"),
        pytest.param("{% set a = 'x' %}" + "{% set a = a ~ a %}" * 60, id="doubling"),
        pytest.param(
            "{% set a = ['x'] %}" + "{% set a = [a, a] %}" * 100, id="lists of lists"
        ),
        pytest.param(
            "{% set a = {'x': 1} %}" + "{% set a = {'x': a, 'y': a} %}" * 100,
            id="objects of objects",
        ),
        pytest.param(
            "{% set a = [1] %}" + "{% set a = a, a %}" * 100, id="tuples of tuples"
        ),
        pytest.param(
            '{% set a = "x" %}' + "{% set a = a|replace('x', 'xxxxxxxxxxxx') %}" * 60,
            id="replacing",
        ),
        pytest.param(_LONG + "{% set a = a|replace('', a) %}", id="replacing nothing"),
        pytest.param(_LONG + "{% set l = [a, a, a]|join(a) %}", id="joining"),
        pytest.param("{% set a = '\"' %}" + "{% set a = a|json %}" * 60, id="escaping"),
        pytest.param(
            _MANY + "{% for x in l %}{% if 'q' in l %}{% endif %}{% endfor %}",
            id="searching",
        ),
        pytest.param(
            _MANY + "{% for x in l %}{% if l == l %}{% endif %}{% endfor %}",
            id="comparing",
        ),
        pytest.param(
            _MANY + "{% for x in l %}{% set y = l[1:] %}{% endfor %}", id="cutting"
        ),
        pytest.param(_LONG + _loops(4, "{{ a|upper|lower }}"), id="long texts"),
    ],
)
def test_whatever_would_take_long_is_stopped_early(body: str) -> None:
    began = time.monotonic()

    with pytest.raises(RenderingFailed, match=r"does too much|makes (a text of )?more"):
        read_format({"type": "template", "body": body}).render([PUSH])

    assert time.monotonic() - began < _SECONDS


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{% for i in range(9) %}{% endfor %}", "calls cannot be used"),
        ("{{ event.id.center(9) }}", "calls cannot be used"),
        ("{{ '{0}'.format(1) }}", "calls cannot be used"),
        ("{{ lipsum() }}", "calls cannot be used"),
        ("{{ 'a' * 9 }}", "arithmetic (*) cannot be used"),
        ("{{ 9 ** 9 }}", "arithmetic (**) cannot be used"),
        ("{{ '%9d' % 1 }}", "arithmetic (%) cannot be used"),
        ("{{ 1 + 1 }}", "arithmetic (+) cannot be used"),
        ("{% macro m() %}{% endmacro %}", "macros cannot be used"),
        ("{% set x %}a{% endset %}", "blocks that are set cannot be used"),
        ("{% filter upper %}a{% endfilter %}", "FilterBlock cannot be used"),
        ("{% include 'x' %}", "includes cannot be used"),
        ("{% extends 'x' %}", "Extends cannot be used"),
        ("{% import 'x' as x %}", "Import cannot be used"),
        ("{% block b %}{% endblock %}", "Block cannot be used"),
        ("{% for x in [] recursive %}{% endfor %}", "recursive loops cannot be used"),
        ("{{ event|attr('x') }}", "No filter named 'attr'."),
        ("{{ event|map('upper') }}", "No filter named 'map'."),
        ("{{ 1 is callable }}", "No test named 'callable'."),
        (
            "{{ [1]|loop over(-9) }}",
            "expected token 'end of print statement', got 'over'",
        ),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "it is nested too deeply"),
        ("{{ " + "not " * 1000 + "1 }}", "it is nested too deeply"),
        (_loops(30), "it is nested too deeply"),
    ],
)
def test_what_could_take_long_is_not_in_the_language(body: str, reason: str) -> None:
    with pytest.raises(EndpointInvalid) as caught:
        parse_format({"type": "template", "body": body})

    assert caught.value.reason == f"line 1: {reason}"


@pytest.mark.parametrize(
    "expression",
    [
        "event.__class__",
        "event['__class__']",
        "''.__class__",
        "event.items",
        "event.id.upper",
        "loop",
        "self",
        "self.__init__",
        "range",
        "namespace",
        "(event|items)[0].__class__",
    ],
)
def test_nothing_of_python_can_be_reached(expression: str) -> None:
    body = f"{{% for x in events %}}{{{{ {expression} }}}}{{% endfor %}}"

    with pytest.raises(RenderingFailed, match=r"no attribute|undefined|is no text"):
        read_format({"type": "template", "body": body}).render([PUSH])


_VALUES = st.sampled_from(
    [
        *("event", "events", "event.id", "event.target.tag", "x", "loop", "none"),
        *("'a/b'", "1", "1.5", "[1, 2]", "{'a': 1}"),
    ]
)
_STEPS = st.sampled_from(
    [
        *(f"|{name}" for name in FILTERS if " " not in name),
        *("|split('/')", "|replace('a', x)", "|join(1)", "|default('x')", "[0]"),
        *("[1:]", ".tag", "['a']", " ~ 'z'", " < 2", " in 'abc'", " is defined"),
        " if x else 3",
    ]
)
_EXPRESSIONS = st.builds(
    lambda value, steps: value + "".join(steps), _VALUES, st.lists(_STEPS, max_size=4)
)
_TEMPLATES = st.recursive(
    _EXPRESSIONS.map("{{{{ {} }}}}".format) | st.text("a{}%#\n", max_size=4),
    lambda inner: (
        st.builds("{{% for x in {} %}}{}{{% endfor %}}".format, _EXPRESSIONS, inner)
        | st.builds("{{% if {} %}}{}{{% endif %}}".format, _EXPRESSIONS, inner)
        | st.builds("{{% set x = {} %}}{}".format, _EXPRESSIONS, inner)
        | st.builds("{}{}".format, inner, inner)
    ),
    max_leaves=6,
)


@hypothesis.settings(max_examples=300)
@hypothesis.given(_TEMPLATES)
def test_whatever_is_written_is_a_template_or_is_refused(body: str) -> None:
    try:
        chosen = parse_format(
            {"type": "template", "body": body, "content_type": "text/plain"}
        )
    except EndpointInvalid as refusal:
        assert refusal.field == "format.body"  # noqa: PT017 - either may happen
    else:
        assert isinstance(chosen.render([PING]).body, bytes)


def test_methods_of_a_loop_are_no_text() -> None:
    body = "{% for x in events %}{{ loop.cycle }}{% endfor %}"

    with pytest.raises(RenderingFailed, match="is no text"):
        read_format({"type": "template", "body": body}).render([PUSH])


def test_each_rendering_has_a_meter_of_its_own() -> None:
    chosen = read_format({"type": "template", "body": _loops(3) + "1"})

    assert {chosen.render([PUSH]).body for _ in range(5)} == {b"1"}
