"""A template always ends, whatever its author or its values do."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.content.public import (
    LetterBroken,
    LetterKind,
    LetterSource,
    Limits,
    RenderFailed,
    check_letter,
    compile_letter,
    render,
)
from tests.content.helpers import html, person


def failure(content: str, limits: Limits | None = None, **traits: Any) -> tuple[str, int | None]:
    """Return the code and line of the error that ends a letter."""
    compiled = compile_letter(html(content), limits=limits)
    with pytest.raises(RenderFailed) as error:
        render(compiled, person(**traits))
    return error.value.problem.code, error.value.problem.line


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("\n{% for i in (1..1000000000) %}x{% endfor %}", ("loop_limit", 3)),
        (
            "{% for i in (1..10000000000) limit:1 offset:9999999999 %}x{% endfor %}",
            ("loop_limit", 2),
        ),
        (
            "{% for i in (1..200) %}{% for j in (1..200) %}{% endfor %}{% endfor %}",
            ("loop_limit", 2),
        ),
        (
            "{% for i in (1..9000) %}{% endfor %}\n{% for i in (1..9000) %}{% endfor %}",
            ("loop_limit", 3),
        ),
        ("{{ (1..100000000) | join: ' ' }}", ("value_limit", 2)),
        (
            "{% assign s = 'xxxxxxxxxx' %}{% for i in (1..40) %}{% assign s = s | append: s %}"
            "{% endfor %}",
            ("value_limit", 2),
        ),
        (
            "{% assign s = 'aaaaaaaaaa' %}{% for i in (1..9) %}{% assign s = s | append: s %}"
            "{% endfor %}\n{{ s | replace: 'a', s }}",
            ("value_limit", 3),
        ),
        (
            "{% assign n = 99 %}{% for i in (1..40) %}{% assign n = n | times: n %}{% endfor %}",
            ("value_limit", 2),
        ),
        (
            "{% for i in (1..9000) %}" + "x" * 200 + "{% endfor %}",
            ("output_limit", 2),
        ),
        (
            "{% capture s %}{% for i in (1..5000) %}" + "x" * 100 + "{% endfor %}{% endcapture %}",
            ("value_limit", 2),
        ),
        ("\n{{ 1 | divided_by: 0 }}", ("liquid_zero", 3)),
        ("{{ 'x' | date: }}{% break %}", ("liquid_outside_loop", 2)),
    ],
)
def test_it_stops_with_the_reason_and_the_line(
    content: str, expected: tuple[str, int | None]
) -> None:
    assert failure(content) == expected


def test_it_stops_by_time_even_when_nothing_else_does() -> None:
    ticks = iter(range(10_000))
    compiled = compile_letter(html("\n{% for i in (1..50) %}{{ i | plus: 1 }}{% endfor %}"))
    with pytest.raises(RenderFailed) as error:
        render(compiled, person(), clock=lambda: next(ticks) * 0.1)
    assert (error.value.problem.code, error.value.problem.line) == ("time_limit", 3)


def test_an_error_in_mjml_points_into_the_source_of_the_author() -> None:
    source = LetterSource(
        LetterKind.MJML,
        "x",
        "<mjml><mj-body>\n<mj-section><mj-column>\n<mj-text>a</mj-text>\n"
        "<mj-raw>{% for i in (1..99999) %}</mj-raw>\n<mj-text>x</mj-text>\n"
        "<mj-raw>{% endfor %}</mj-raw></mj-column></mj-section></mj-body></mjml>",
    )
    with pytest.raises(RenderFailed) as error:
        render(compile_letter(source), person())
    assert error.value.problem.line == 4
    assert "1024" in error.value.text("en")
    assert "1024" in error.value.text("ru")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{% if a %}" * 25 + "{% endif %}" * 25, "liquid_nesting"),
        ("{% if " + " and ".join(["a"] * 20_000) + " %}x{% endif %}", "liquid_nesting"),
        ("{{ a" + "[a" * 20_000 + "]" * 20_000 + " }}", "liquid_nesting"),
        ("{% include 'x' %}", "liquid_unknown_tag"),
        ("{% render '/etc/passwd' %}", "liquid_unknown_tag"),
        ("{% oklink 0 1 %}x{% endoklink %}", "liquid_unknown_tag"),
        ("{% okpixel %}", "liquid_unknown_tag"),
        ("{% tablerow a in b %}{% endtablerow %}", "liquid_unknown_tag"),
        ("{{ a | safe }}", "liquid_unknown_filter"),
        ("{{ a | base64_decode }}", "liquid_unknown_filter"),
        ("{% if a %}", "liquid_left_open"),
        ("{{ a b c }}", "liquid_two_names"),
        ("{{ a", "unclosed_liquid"),
        ("<b>" * 3_000, "nesting_too_deep"),
        ("x" * 600_000, "source_too_large"),
        ("a\x00b", "control_character"),
    ],
)
def test_it_refuses_what_it_can_see_beforehand(content: str, code: str) -> None:
    with pytest.raises(LetterBroken) as error:
        compile_letter(html(content, footer=""))
    assert code in {p.code for p in error.value.letter_problems}


@pytest.mark.parametrize(
    "content",
    [
        "{{" * 100_000,
        "{% raw %}" * 30_000,
        "{% comment %}" * 30_000,
        "{% doc %}" * 30_000,
        "<a href='" * 30_000,
        "<a " * 100_000,
        '<a b="' * 50_000,
        "<!--" * 50_000,
        "<style>" * 30_000,
        "{{ a }}<style>{{ b }}</style>" * 5_000,
        "{%" * 60_000 + "%}" * 60_000,
        "{{ '" + "<" * 60_000 + "' | strip_html }}",
        "<a href=https://a.ru>x</a>" * 15_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_bomb_costs_little(content: str) -> None:
    """The bound is generous: what is meant is "not minutes", on any machine."""
    begun = time.process_time()
    source = html(content, text=content[:200_000])
    check_letter(source, context=person())
    assert time.process_time() - begun < 20


FRAGMENTS = st.sampled_from(
    [
        "{{ customer.first_name }}",
        "{{ customer.x | upcase | split: '' | join: customer.y }}",
        "{% for i in (1..5) %}",
        "{% endfor %}",
        "{% if customer.n > 1 %}",
        "{% else %}",
        "{% endif %}",
        "{% assign a = customer.x | append: a %}",
        "{% capture c %}",
        "{% endcapture %}",
        "{% cycle 'a', 'b' %}",
        "{% break %}",
        "{% raw %}",
        "{% endraw %}",
        "{{ a[b] | date: c }}",
        "{{ 'x' | slice: -5, 99999999999999999999 }}",
        "{{ 1.5 | round: 400 | times: 1e400 }}",
        "{{ customer | sort | uniq | sum }}",
        "<a href='https://a.ru/{{ customer.x }}'>",
        "</a>",
        "<table><tr>",
        "<style>p{color:{{ customer.x }}}</style>",
        "<p class={{ x }}>",
        "<!-- {{ customer.x }} -->",
        "{{",
        "}}",
        "%}",
        "'",
        '"',
        "<",
        ">",
        "&",
        "\n",
        "text",
        "Привет",
        "\U0001f600",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
@given(
    st.lists(FRAGMENTS, max_size=15).map("".join),
    st.sampled_from(list(LetterKind)),
    st.booleans(),
    st.fixed_dictionaries({"x": VALUES, "y": VALUES, "n": VALUES}),
)
def test_any_template_and_any_values_end_in_a_letter_or_a_clear_error(
    text: str, kind: LetterKind, wrapped: bool, traits: dict[str, Any]
) -> None:
    if kind is LetterKind.MJML and wrapped:
        text = (
            f"<mjml><mj-body><mj-section><mj-column><mj-text>{text}</mj-text></mj-column>"
            "</mj-section></mj-body></mjml>"
        )
    source = LetterSource(kind, text.replace("\n", " "), text, text, "")
    context = person(**traits)
    for found in check_letter(source, context=context):
        assert found.message("en")
        assert found.message("ru")
        assert "{" not in re_braces(found.message("en"))
    try:
        letter = render(compile_letter(source), context)
    except (LetterBroken, RenderFailed):
        return
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e]", letter.subject)


def re_braces(message: str) -> str:
    """Return the message without Liquid that it may quote."""
    return message.split("“")[0].split("{{")[0].split("{%")[0].split(":")[0]
