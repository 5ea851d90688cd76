"""Faults of an author's Liquid, told in words that he can act on, in both languages."""

from __future__ import annotations

import pytest
from liquid.exceptions import LiquidError

from otklik.content.engine.checks import check_letter
from otklik.content.engine.compiler import AUTHOR_PLAIN
from otklik.content.engine.grammar import check_liquid
from otklik.content.engine.liquid import explain
from otklik.content.engine.liquid_faults import LIQUID
from otklik.content.model import LetterKind, LetterSource, Limits

FAULTS = {
    "{{ }}": "liquid_missing",
    "{{ a | }}": "liquid_filter_name",
    "{{ a. }}": "liquid_after_dot",
    "{{ a[0 }}": "liquid_bracket",
    "{{ a b }}": "liquid_two_names",
    '{{ "a }}': "liquid_open_quote",
    "{{ a | default: «x» }}": "liquid_curly_quotes",
    '{{ a | default "x" }}': "liquid_colon",
    '{{ a | default: "x" "y" }}': "liquid_comma",
    "{{ a ? b : c }}": "liquid_sign",
    "{{ 1.2.3 }}": "liquid_sign",
    "{{ a || upcase }}": "liquid_and_or",
    "{% %}": "liquid_empty_tag",
    "{% if %}x{% endif %}": "liquid_missing",
    "{% if a = 1 %}x{% endif %}": "liquid_equals",
    "{% if a === 1 %}x{% endif %}": "liquid_equals",
    "{% if a && b %}x{% endif %}": "liquid_and_or",
    "{% if (a or b) %}x{% endif %}": "liquid_parentheses",
    "{% if not a %}x{% endif %}": "liquid_not",
    "{% if a %}x": "liquid_left_open",
    "{% comment %}x": "liquid_left_open",
    "{% endif %}": "liquid_closes_nothing",
    "{% if a %}{% for b in c %}{% endif %}": "liquid_closes_nothing",
    "{% if a %}x{% elseif b %}{% endif %}": "liquid_elsif",
    "{% if a %}x{% else if b %}y{% endif %}": "liquid_elsif",
    "{% unless a %}x{% else if b %}y{% endunless %}": "liquid_elsif",
    "{% case a %}{% when 1 %}x{% else b %}y{% endcase %}": "liquid_elsif",
    "{% if a %}x{% else %}y{% elsif b %}z{% endif %}": "liquid_else_last",
    "{% for a b %}x{% endfor %}": "liquid_for",
    "{% for a in b lim:2 %}x{% endfor %}": "liquid_for_option",
    "{% assign x %}": "liquid_assign",
    "{% include 'x' %}": "liquid_unknown_tag",
    "{{ .a }}": "liquid_missing",
    "{% if a or or b %}x{% endif %}": "liquid_missing",
    "{% cycle %}": "liquid_missing",
    "{% cycle a: %}": "liquid_missing",
    "{% case a %}{% when 1 %}x": "liquid_case_open",
    "{% else %}": "liquid_stray",
    "{% when 1 %}": "liquid_stray",
    "{% assign a.b = 1 %}": "liquid_own_name",
    "{% capture 'a' %}x{% endcapture %}": "liquid_own_name",
    "{{ a if b else c }}": "liquid_inline_if",
    "{{ a and b }}": "liquid_extra",
    "{{ a['b']c }}": "liquid_extra",
    "{% capture a = 1 %}x{% endcapture %}": "liquid_extra",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_has_its_line_also_where_something_is_missing_at_the_end(text: str) -> None:
    (found,) = check_liquid("html", f"one\ntwo {text}\nthree\n", AUTHOR_PLAIN, Limits())
    assert found.line == 2


@pytest.mark.parametrize(("text", "code"), FAULTS.items())
def test_a_fault_has_its_own_words(text: str, code: str) -> None:
    (found,) = check_liquid("html", text, AUTHOR_PLAIN, Limits())
    assert found.code == code
    for said in (found.message("en"), found.message("ru")):
        assert not any(one in said for one in ("{opens}", "{{", "expected"))


VALUES = {
    "{% if a < 1 %}x{% endif %}": "liquid_order",
    "{% if n contains 1 %}x{% endif %}": "liquid_contains",
    "{{ a | slice: 'x' }}": "liquid_kind",
    "{{ a | truncate: a }}": "liquid_kind",
    "{{ n | divided_by: 0 }}": "liquid_zero",
    "{{ 'inf' | round }}": "liquid_kind",
    "{% for x in list limit: -1 %}x{% endfor %}": "liquid_kind",
    "{{ a | concat: 'x' }}": "liquid_list",
    "{{ n | map: 'x' }}": "liquid_list",
    "{{ n | plural: 'day' }}": "liquid_plural",
    "{{ a | append }}": "liquid_filter_bare",
    "{{ a | replace }}": "liquid_filter_bare",
    "{{ list | where }}": "liquid_filter_bare",
    "{{ a | upcase: 1 }}": "liquid_filter_much",
    "{{ a | date: 'long', 'x', 'y' }}": "liquid_filter_much",
    "{{ n | money: code: 'EUR' }}": "liquid_filter_option",
}


@pytest.mark.parametrize(("text", "code"), VALUES.items())
def test_so_has_one_that_only_values_bring_to_light(text: str, code: str) -> None:
    with pytest.raises((LiquidError, ValueError, OverflowError)) as error:
        AUTHOR_PLAIN.from_string(text).render(a="x", n=1, list=[{}])
    found = explain(error.value, "html", 1, Limits())
    assert found.code == code
    for said in (found.message("en"), found.message("ru")):
        assert not any(one in said for one in ("{filter}", "()", "argument", "Error"))


@pytest.mark.parametrize("tag", ["break", "continue"])
def test_what_belongs_into_a_loop_is_told_so(tag: str) -> None:
    source = f"<p>a</p>\n{{% {tag} %}}<a href='{{{{ unsubscribe_url }}}}'>u</a>"
    letter = LetterSource(LetterKind.HTML, "S", source, "p", "", "")
    errors = [one for one in check_letter(letter, context={}) if one.level == "error"]
    assert [(one.code, one.line) for one in errors] == [("liquid_outside_loop", 2)]
    assert f"{{% {tag} %}}" in errors[0].message("ru")


def test_every_word_of_the_list_is_used_by_some_fault() -> None:
    met = {*FAULTS.values(), *VALUES.values(), "liquid_outside_loop"}
    assert LIQUID.keys() == met - {"liquid_unknown_tag"}
