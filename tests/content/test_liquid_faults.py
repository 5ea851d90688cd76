"""Faults of an author's Liquid, told in words that he can act on, in both languages."""

from __future__ import annotations

import pytest
from liquid.exceptions import LiquidError

from otklik.content.engine.compiler import AUTHOR_PLAIN
from otklik.content.engine.grammar import check_liquid
from otklik.content.engine.liquid import explain
from otklik.content.engine.liquid_faults import LIQUID
from otklik.content.model import Limits

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
}


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
}


@pytest.mark.parametrize(("text", "code"), VALUES.items())
def test_so_has_one_that_only_values_bring_to_light(text: str, code: str) -> None:
    with pytest.raises(LiquidError) as error:
        AUTHOR_PLAIN.from_string(text).render(a="x", n=1)
    found = explain(error.value, "html", 1, Limits())
    assert found.code == code
    assert "{filter}" not in found.message("ru")


def test_every_word_of_the_list_is_used_by_some_fault() -> None:
    assert LIQUID.keys() == {*FAULTS.values(), *VALUES.values()} - {"liquid_unknown_tag"}
