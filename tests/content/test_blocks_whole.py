"""Block letters as wholes: hostile values, links, the short way, taking over as code."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.content.blocks.colours import contrast, in_dark, text_in_dark
from otklik.content.blocks.read import read_document, write_document
from otklik.content.convert import converted
from otklik.content.errors import CannotConvert
from otklik.content.gaps import bare_places, bare_traits
from otklik.content.model import LetterKind, Tracking
from otklik.content.public import check_letter, compile_letter, render
from tests.content.block_letters import letter, made, row
from tests.content.helpers import person


def test_what_values_hold_is_only_ever_data() -> None:
    hostile = '{{ customer.email }}<script>x</script>" onclick="y {% for i in (1..9) %}'
    source = letter(
        row(
            {"kind": "heading", "text": "{{ customer.first_name }}"},
            {
                "kind": "text",
                "html": '<p title="{{ customer.first_name }}">{{ customer.first_name }}</p>',
            },
            {
                "kind": "button",
                "text": "{{ customer.first_name }}",
                "href": "{{ customer.first_name }}",
            },
            {
                "kind": "image",
                "src": "https://a.ru/{{ customer.first_name }}",
                "alt": "{{ customer.first_name }}",
            },
            {"kind": "html", "source": "<i>{{ customer.first_name }}</i>"},
        )
    )
    result = made(source, first_name=hostile)
    assert "<script" not in result.html
    assert ' onclick="' not in result.html
    assert result.dropped_links == 1
    assert "ann@example.com" not in result.html


def test_links_are_numbered_and_tracked_like_those_of_any_letter() -> None:
    source = letter(
        row(
            {"kind": "button", "text": "x", "href": "https://a.ru/1"},
            {"kind": "text", "html": '<a href="https://a.ru/2">x</a><a href="mailto:a@b.ru">y</a>'},
        )
    )
    compiled = compile_letter(source)
    assert [(one.index, one.url, one.tracked) for one in compiled.links] == [
        (0, "https://a.ru/1", True),
        (1, "https://a.ru/2", True),
        (2, "mailto:a@b.ru", False),
        (3, "{{ unsubscribe_url }}", False),
    ]
    tracking = Tracking(link=lambda index, _url: f"https://t.ru/{index}", pixel_url="https://p.ru/")
    result = render(compiled, person(), tracking)
    assert 'href="https://t.ru/0"' in result.html
    assert 'href="https://t.ru/1"' in result.html
    assert "https://p.ru/" in result.html
    assert "https://shop.example/u/token" in result.html
    assert compile_letter(source).links == compiled.links


def test_the_short_way_makes_most_of_a_block_letter() -> None:
    condition = {"test": [{"path": "customer.plan", "op": "eq", "value": "x"}]}
    source = letter(
        row({"kind": "text", "html": "<p>{{ customer.first_name }}</p>"}, show_if=condition)
    )
    compiled = compile_letter(source)
    fixed = sum(map(len, compiled.html.plan.fixed))
    assert fixed > 0.7 * compiled.html_bytes
    for plan in ("x", "y"):
        context = person(plan=plan)
        assert render(compiled, context).html == compiled_the_long_way(compiled, context)


def compiled_the_long_way(compiled: Any, context: dict[str, Any]) -> str:
    from otklik.content.engine.renderer import _Maker

    maker = _Maker(compiled, context, Tracking(), clock=lambda: 0.0)
    maker.preheader = "A word before"
    return maker.the_long_way("source", compiled.html)[0]


def test_a_letter_can_be_taken_over_as_code_but_not_back() -> None:
    condition = {"test": [{"path": "customer.plan", "op": "eq", "value": "x"}]}
    source = letter(
        row(
            {"kind": "text", "html": "<p>HELLO</p>"},
            {"kind": "html", "source": "<b>b</b>"},
            show_if=condition,
        )
    )
    for kind in (LetterKind.MJML, LetterKind.HTML):
        code = converted(source, kind)
        assert code.kind is kind
        assert "ok" + "if" not in code.source
        assert "okraw" not in code.source
        assert [p.code for p in check_letter(code) if p.level == "error"] == []
        for plan in ("x", "y"):
            assert made(code, plan=plan).text.split() == made(source, plan=plan).text.split()
        with pytest.raises(CannotConvert):
            converted(code, LetterKind.BLOCKS)


def test_it_knows_whose_absence_would_be_seen() -> None:
    source = letter(
        row(
            {"kind": "text", "html": "{{ customer.city }} {{ customer.plan | default: 'x' }}"},
            {
                "kind": "text",
                "html": "{% if customer.age %}{{ customer.age }}{% endif %}{{ customer.email }}",
            },
            {"kind": "heading", "text": "{{ customer.a.b | upcase }} {{ workspace.name }}"},
        )
    )
    assert bare_traits(compile_letter(source)) == {"city", "a.b"}
    places = bare_places(compile_letter(source))
    document = json.loads(source.source)
    first, _, third = document["rows"][0]["columns"][0]["blocks"]
    assert (places["city"].block_id, places["a.b"].block_id) == (first["id"], third["id"])


def test_contrast_is_counted_as_the_standard_counts_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


colours = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


@given(colours, colours)
def test_text_is_readable_in_the_dark_whatever_it_was(text: str, background: str) -> None:
    dark = in_dark(background)
    assert re.fullmatch(r"#[0-9a-f]{6}", dark)
    assert contrast(text_in_dark(text, background), dark) >= 4.5


words = st.text(
    st.characters(codec="utf-8", exclude_characters="{", exclude_categories=("Cc", "Cs")),
    max_size=30,
)
foreign = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=9)
liquid = st.sampled_from(["", "{{ customer.first_name }}", '{{ customer.x | default: "a<b" }}'])
rich = st.tuples(words, liquid, words).map("".join)
hrefs = st.sampled_from(
    ["https://a.ru/", "mailto:a@b.ru", "tel:+79001234567", "{{ customer.url }}"]
)
paths = st.sampled_from(["customer.plan", "customer.a b.c", "last_order.total", "customer.город"])
values = st.one_of(
    st.integers(-9, 9), st.booleans(), st.text("abc'<>&", max_size=5), st.floats(-9, 9)
)
conditions = st.none() | st.fixed_dictionaries(
    {
        "match": st.sampled_from(["all", "any"]),
        "test": st.lists(
            st.fixed_dictionaries(
                {
                    "path": paths,
                    "op": st.sampled_from(["eq", "ne", "set", "not_set"]),
                    "value": values,
                }
            ),
            max_size=3,
        ),
    }
)
kinds = st.one_of(
    st.fixed_dictionaries({"kind": st.just("text"), "html": rich}),
    st.fixed_dictionaries(
        {"kind": st.just("heading"), "text": rich, "level": st.sampled_from([1, 2, 3])}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("button"), "text": words.map("x".__add__), "href": hrefs}
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("image"),
            "src": st.just("https://a.ru/i.png"),
            "alt": rich,
            "decorative": st.booleans(),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("spacer"), "height": st.integers(4, 120)}),
    st.fixed_dictionaries({"kind": st.just("divider"), "color": st.none() | colours}),
    st.fixed_dictionaries({"kind": st.just("quote"), "text": rich, "author": st.none() | words}),
    st.fixed_dictionaries(
        {
            "kind": st.just("menu"),
            "items": st.lists(st.fixed_dictionaries({"text": rich, "href": hrefs}), max_size=3),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("countdown"), "until": paths, "done_text": st.text('abc"<', max_size=5)}
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("products"),
            "source": st.fixed_dictionaries({"kind": st.just("list"), "over": paths}),
            "columns": st.integers(1, 4),
            "limit": st.integers(1, 12),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("products"),
            "source": st.fixed_dictionaries(
                {
                    "kind": st.just("fixed"),
                    "items": st.lists(
                        st.fixed_dictionaries(
                            {
                                "name": foreign,
                                "href": foreign,
                                "image": foreign,
                            }
                        ),
                        max_size=4,
                    ),
                }
            ),
        }
    ),
    st.sampled_from([{"kind": "logo"}, {"kind": "footer", "note": "x"}]),
)
block_dicts = st.tuples(kinds, conditions, st.none() | colours).map(
    lambda made: {**made[0], "id": "b", "show_if": made[1], "background": made[2]}
)
rows_of = st.fixed_dictionaries(
    {
        "id": st.just("r"),
        "columns": st.lists(
            st.fixed_dictionaries(
                {
                    "width": st.none() | st.floats(5, 100),
                    "blocks": st.lists(block_dicts, max_size=3),
                }
            ),
            min_size=1,
            max_size=4,
        ),
        "stack": st.booleans(),
        "background": st.none() | colours,
        "show_if": conditions,
        "repeat": st.none() | st.fixed_dictionaries({"over": paths, "limit": st.integers(1, 20)}),
    }
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(rows_of, max_size=4))
def test_any_valid_document_becomes_a_letter(rows: list[dict[str, Any]]) -> None:
    source = letter(*rows)
    document, wrong = read_document(source.source)
    assert document is not None
    assert not wrong
    assert read_document(write_document(document))[0] == document
    errors = {p.code for p in check_letter(source) if p.level == "error"}
    assert errors <= {"unknown_variable"}
    compiled = compile_letter(source)
    for plan in ("x", 5, None, ["x"]):
        made_ = render(compiled, person(plan=plan, url="https://a.ru/<\"'>", x="<&>"))
        assert made_.html.count("<table") == made_.html.count("</table")
        assert "okif" not in made_.html
        assert "{{" not in re.sub(r"{ {", "", made_.html)
        assert not re.search(r"<script|javascript:", made_.html, re.IGNORECASE)
