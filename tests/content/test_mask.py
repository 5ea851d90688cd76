"""Hiding Liquid and bringing it back."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otklik.content.engine.mask import UnclosedLiquid, mask, unmask

PIECES = st.lists(
    st.sampled_from(
        [
            "{{ a }}",
            "{% if b < 3 %}",
            '{{ "x" | y: "z" }}',
            "{%\n assign a\n= 1 %}",
            "<td>",
            "<b c='",
            "'>",
            "lqax0z",
            "<!--",
            "-->",
            "<style>",
            "</style>",
            "text",
            "\n",
            "{",
            "}",
            "%}",
            "é",
        ]
    ),
    max_size=30,
).map("".join)


@given(PIECES, st.booleans())
@example("<!--{{ a }}-->", True)
@example("<!--{{ a }}-->", False)
def test_it_brings_back_exactly_what_it_hid(source: str, as_html: bool) -> None:
    try:
        masked = mask(source, html=as_html)
    except UnclosedLiquid:
        return
    assert "{{" not in masked.text.replace("{{", "", 0) or not masked.spans
    assert masked.text.count("\n") == source.count("\n")
    assert unmask(masked.text, masked).text == source


@given(PIECES)
def test_it_knows_the_line_of_every_span(source: str) -> None:
    try:
        masked = mask(source)
    except UnclosedLiquid:
        return
    back = unmask(masked.text, masked)
    for offset, line in zip(back.offsets, back.lines, strict=True):
        assert source.count("\n", 0, offset) + 1 == line


@pytest.mark.parametrize(("source", "line"), [("a\n{{ b", 2), ("{% if x", 1), ("{{ a }}\n\n{{", 3)])
def test_it_tells_where_liquid_was_left_open(source: str, line: int) -> None:
    with pytest.raises(UnclosedLiquid) as error:
        mask(source)
    assert error.value.line == line


def test_it_hides_liquid_between_rows_as_a_comment_and_in_attributes_as_a_word() -> None:
    masked = mask('<table>{% for a in b %}<tr style="{{ c }}">', html=True)
    assert masked.text == '<table><!--lqcax0z--><tr style="lqax1z">'
