"""Templates: what they can do, and what is refused before it is kept."""

import orjson
import pytest

from notifier.delivery.errors import EndpointInvalid
from notifier.delivery.formats import RenderingFailed, parse_format, read_format
from notifier.events.envelope import dump_event
from tests.delivery.formats.told import DELETE, PUSH, PUSH_BY_DIGEST, render

_TAG = '{{ event.target.tag|default("none") }}'


def _template(body: str, content_type: str = "text/plain") -> dict[str, str]:
    return {"type": "template", "body": body, "content_type": content_type}


def _rendered(body: str) -> str:
    return render(_template(body)).body.decode()


def _refusal(body: str, content_type: str = "text/plain") -> str:
    with pytest.raises(EndpointInvalid) as caught:
        parse_format(_template(body, content_type))
    assert caught.value.field == "format.body"
    return caught.value.reason


def test_it_makes_what_its_owner_wrote_of_the_event() -> None:
    body = '{"ref": {{ event.target.tag|default("")|json }}, "n": {{ events|length }}}'
    chosen = parse_format({"type": "template", "body": body})

    message = chosen.render([PUSH])

    assert message.content_type == "application/json"
    assert orjson.loads(message.body) == {"ref": "1.0", "n": 1}


def test_it_knows_the_event_of_the_envelope() -> None:
    assert orjson.loads(_rendered("{{ event|json }}")) == dump_event(PUSH)


def test_it_may_tell_several_events() -> None:
    message = render(
        _template("{% for e in events %}{{ e.action }} {% endfor %}"), PUSH, DELETE
    )

    assert message.body == b"push delete "


def test_what_is_not_there_can_be_replaced_or_asked_for() -> None:
    asked = "{% if event.target.tag is defined %}tag{% else %}no tag{% endif %}"

    assert render(_template(_TAG), PUSH_BY_DIGEST).body == b"none"
    assert render(_template(asked), PUSH_BY_DIGEST).body == b"no tag"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{{ "a/b/c"|split("/")|last }}', "c"),
        ('{{ "a/b/c"|split("/")|first }}', "a"),
        ('{{ "a/b/c"|split("/")|join("-") }}', "a-b-c"),
        ('{{ ["a", "b"]|join }}', "ab"),
        ('{{ " a/b "|trim|upper|replace("/", "::") }}', "A::B"),
        ('{{ "ÄB"|lower }}', "äb"),
        ('{{ "a b/ü"|urlencode }}', "a%20b%2F%C3%BC"),
        ('{{ {"a": [1, none, true, "<ü>"]}|json }}', '{"a":[1,null,true,"<ü>"]}'),
        ('{{ {"a": 1}|tojson }}', '{"a":1}'),
        ('{% for k, v in {"a": 1, "b": 2}|items %}{{ k ~ v }}{% endfor %}', "a1b2"),
        (
            "{% for x in [1, 2] %}{{ loop.index }}{{ loop.last }}{% endfor %}",
            "1False2True",
        ),
        ('{% for x in {"a": 1} if x == "b" %}{% else %}none{% endfor %}', "none"),
        ('{% set a, b = ("x", "y") %}{{ b ~ a ~ 1 }}', "yx1"),
        ('{{ "abcdef"[1:3] }}{{ [1, 2][-1] }}', "bc2"),
        ('{{ "yes" if "b" in "abc" and 1 < 2 and not false else "no" }}', "yes"),
        ("{{ event['action'] }}", "push"),
        ("{% raw %}{{ x }}{% endraw %}\n", "{{ x }}\n"),
        ("a<b & c", "a<b & c"),
    ],
)
def test_what_templates_can_do(body: str, text: str) -> None:
    assert _rendered(body) == text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{% if %}", "line 1: Expected an expression"),
        ("a\n\n{{ event.action", "line 3: unexpected end of template"),
        ("a\n{{ event.id|base64 }}", "line 2: No filter named 'base64'."),
        ("a\n{{ event.nope }}", "line 2: 'dict object' has no attribute 'nope'"),
        ("{{ nope }}", "line 1: 'nope' is undefined"),
        ("\n\n{{ event.target }}", "line 3: a dict is no text: write it with |json"),
        ("{{ none }}", "line 1: a null is no text"),
        ("{{ [event.nope]|json }}", "line 1: 'dict object' has no attribute 'nope'"),
        ("{% for c in event.id %}{% endfor %}", "line 1: a str has no items"),
        ("{% for c in event.no %}{% endfor %}", "line 1: 'dict object' has no"),
        ('{{ 1 < "a" }}', "line 1: '<' not supported"),
        ('{{ "a"|split("") }}', "line 1: empty separator"),
        ('{{ "a"|items }}', "line 1: a str has no items"),
        ("{{ 5|length }}", "line 1: object of type 'int' has no len()"),
        ('{{ "\\ud800" }}', "line 1: 'utf-8' codec can't encode"),
        ("{{ 1e999 }}", "line 1: a number is too large"),
        ("{{ " + "9" * 5000 + " }}", "line 1: a number is too large"),
    ],
)
def test_a_bad_template_is_refused_with_the_line_and_the_reason(
    body: str, reason: str
) -> None:
    assert _refusal(body).startswith(reason)


def test_a_template_has_to_cope_with_each_kind_of_event() -> None:
    assert _refusal("{{ event.target.tag }}").endswith(
        "has no attribute 'tag' (when told of a push by digest)"
    )
    assert _refusal("{{ event.target.url }}").endswith("(when told of a delete)")
    assert _refusal("{{ event.target.repository }}").endswith("(when told of a ping)")


def test_what_calls_itself_json_has_to_be_json_whatever_clients_call_themselves() -> (
    None
):
    unescaped = '{"by": "{{ event.request.useragent }}"}'

    reason = _refusal(unescaped, "application/vnd.acme+json; charset=utf-8")

    assert reason.startswith("it does not make JSON")
    assert "write values as {{ … |json }}" in reason
    parse_format(_template(unescaped, "text/plain"))
    escaped = '{"by": {{ event.request.useragent|json }}}'
    parse_format(_template(escaped, "application/json"))


def test_what_fails_later_is_said_with_its_line() -> None:
    is_ours = 'event.target.repository|default("") == "team/app"'
    body = f"\n{{% if {is_ours} %}}{{{{ nope }}}}{{% endif %}}"
    chosen = read_format(_template(body))

    with pytest.raises(RenderingFailed, match=r"line 2: 'nope' is undefined"):
        chosen.render([PUSH])


def test_equal_templates_are_equal_formats() -> None:
    first, second = (read_format(_template("{{ event.id }}")) for _ in range(2))

    assert (first, hash(first)) == (second, hash(second))
    assert first.render([PUSH]) == second.render([PUSH])


def test_a_message_may_not_be_longer_than_64_kib() -> None:
    chosen = read_format(_template('{{ "é" }}' + "x" * 100))
    long = read_format(
        _template('{% set a = "éééééééé" %}' + "{% set a = a ~ a %}" * 12 + "{{ a }}.")
    )

    assert chosen.render([PUSH]).body
    with pytest.raises(RenderingFailed, match="more than 65536 bytes"):
        long.render([PUSH])
