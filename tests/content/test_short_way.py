"""The short way to make a letter gives the same text as the template engine, for any person."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from otklik.content.engine import renderer
from otklik.content.engine.plan import Detour, Plan
from otklik.content.errors import RenderFailed
from otklik.content.public import CompiledLetter, Rendered, Tracking, compile_letter, render
from tests.content.helpers import html, mjml, person

PIECES = [
    "{{ customer.name }}",
    "{{ customer.deep.one }}{{ customer.deep.two.three }}",
    "{{ customer.first_name | default: 'friend' | upcase }}",
    "{{ customer.list }} {{ customer.list.size }} {{ customer.list[0] }} {{ customer.list.last }}",
    "{{ customer.missing }}{{ missing.name }}{{ customer }}",
    "{{ customer['name'] }} {{ customer[customer.key] }} {{ 'x' }} {{ 1 }}",
    "{{ workspace.name }} {{ now }}",
    "{% assign customer = customer.deep %}{{ customer.one }}",
    "{% assign name = 'n' %}{{ name }}{{ customer.name }}",
    "{% capture customer %}<i>{{ customer.name }}</i>{% endcapture %}{{ customer }}",
    "{% if customer.name %}yes {{ customer.name }}{% else %}no{% endif %}",
    "{% for one in customer.list %}{{ one }}{% cycle 'a', 'b' %}{% endfor %}",
    "{% for customer in customer.list %}{{ customer }}{% endfor %}{{ customer.name }}",
    "{% case customer.name %}{% when 'x' %}x{% endcase %}{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}",
    "{% for i in (1..3) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{{ customer.list | join: '-' }}{{ customer.number | divided_by: customer.zero }}",
    '<a href="https://a.ru/?x=1&amp;y={{ customer.name }}">own</a>',
    '<a href="https://a.ru/fixed">fixed</a><a href="{{ customer.url }}">whole</a>',
    '<a href="https://b.ru/{% if customer.name %}{{ customer.name }}{% endif %}">if</a>',
    "{% break %}",
]
VALUE = (
    st.text(max_size=20)
    | st.sampled_from(["<b>&\"'", "https://x.ru/?a=1&b=2", "a b", "javascript:x", "x", "\r\n", ""])
    | st.integers()
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.none()
    | st.just(Decimal("1.50"))
    | st.just(date(2026, 3, 5))
    | st.just(datetime(2026, 3, 5, tzinfo=UTC))
)
PERSON = st.fixed_dictionaries(
    {},
    optional={
        "name": VALUE,
        "first_name": VALUE,
        "key": VALUE | st.just("name"),
        "url": VALUE,
        "number": VALUE,
        "zero": st.just(0) | VALUE,
        "list": st.lists(VALUE, max_size=3) | VALUE,
        "deep": st.fixed_dictionaries(
            {}, optional={"one": VALUE, "two": st.just({"three": "x"}) | VALUE}
        )
        | VALUE,
    },
)
TRACKING = st.sampled_from(
    [
        Tracking(),
        Tracking(link=lambda index, url: f"https://t.ru/{index}?'{len(url)}&\""),
        Tracking(
            link=lambda index, url: f"https://t.ru/{index}/{url}",
            pixel_url="https://t.ru/o.gif?a&b",
            honeypot_url="https://t.ru/h",
        ),
    ]
)


def outcome(compiled: CompiledLetter, values: dict[str, Any], tracking: Tracking) -> object:
    try:
        made = render(compiled, values, tracking)
    except RenderFailed as failed:
        return failed.problem
    return (made.subject, made.preheader, made.html, made.text, made.dropped_links)


@settings(deadline=None)
@given(
    pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=6),
    traits=PERSON,
    tracking=TRACKING,
    between=st.sampled_from(["", " ", "\n", "text"]),
)
@example(pieces=PIECES[:-1], traits={"name": "Ann"}, tracking=Tracking(), between=" ")
def test_both_ways_give_the_same_letter(
    pieces: list[str], traits: dict[str, Any], tracking: Tracking, between: str
) -> None:
    body = between.join(pieces)
    compiled = compile_letter(
        html(
            f"<p>{body}</p>",
            subject="S {{ customer.name }}{{ customer.deep.one }}",
            preheader="P {{ customer.name }} {{ customer.list }}",
        )
    )
    values = person(**traits)
    short = outcome(compiled, values, tracking)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plan, "make", detour)
        assert outcome(compiled, values, tracking) == short


def detour(*_: object) -> None:
    raise Detour


def test_an_ordinary_letter_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object) -> None:
        pytest.fail("the template engine made a whole part")

    monkeypatch.setattr(renderer._Maker, "the_long_way", taken)
    compiled = compile_letter(
        mjml(
            "{{ customer.first_name }} {{ customer.city | upcase }}"
            "{% if customer.vip %}<b>{{ customer.vip }}</b>{% endif %}"
            '<a href="https://a.ru/{{ customer.first_name }}">x</a>',
            subject="For {{ customer.first_name }}",
            preheader="{{ customer.city }}",
        )
    )
    tracking = Tracking(link=lambda _, url: url, pixel_url="https://t/o", honeypot_url="https://h")
    letter = render(compiled, person(city="Paris", vip="yes"), tracking)
    assert "Ann PARIS<b>yes</b>" in letter.html


def test_what_is_the_same_for_everybody_is_one_object() -> None:
    compiled = compile_letter(html("<p>Hello {{ customer.first_name }}, how are you</p>"))
    tracking = Tracking(link=lambda _, url: url, pixel_url="https://t/o", honeypot_url="https://h")

    def made(name: str) -> Rendered:
        return render(compiled, person(first_name=name), tracking)

    ann, bob = made("Ann"), made("Bob")
    assert ann.html_mixture.fixed is bob.html_mixture.fixed
    assert ann.html_mixture.own[0] == "Ann"
    assert "Hello Ann, how are you" in ann.html


@pytest.mark.parametrize("size", [1_000, 200_000])
def test_the_bound_of_the_output_holds_on_both_ways(size: int) -> None:
    compiled = compile_letter(html("{{ customer.big }}" * 8))
    letter = person(big="x" * size)
    if size == 1_000:
        assert "x" * 8_000 in render(compiled, letter).html
    else:
        with pytest.raises(RenderFailed) as failed:
            render(compiled, letter)
        assert failed.value.problem.code == "output_limit"
