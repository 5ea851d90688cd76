"""Block letters: what is refused, and where its author is told so."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from otklik.content.errors import LetterBroken
from otklik.content.model import LetterKind, LetterSource
from otklik.content.public import check_letter, compile_letter
from tests.content.block_letters import codes, letter, problems, row


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"kind": "text", "html": '<p onclick="x">a<script>b</script></p>'}, "text_cleaned"),
        ({"kind": "text", "html": '<a href="javascript:x">a</a>'}, "link_scheme"),
        ({"kind": "text", "html": "{% if x %}"}, "liquid_left_open"),
        ({"kind": "text", "html": "{{ x"}, "unclosed_liquid"),
        ({"kind": "text", "html": "{% okif x == 1 %}{% endokif %}"}, "liquid_unknown_tag"),
        ({"kind": "text", "html": "{{ custmer.x }}"}, "unknown_variable"),
        ({"kind": "text", "html": '<span style="color:#eeeeee">a</span>'}, "contrast_low"),
        ({"kind": "heading", "text": "{{ x | nope }}"}, "liquid_unknown_filter"),
        ({"kind": "button", "text": "", "href": "https://a.ru/"}, "button_empty"),
        ({"kind": "button", "text": "x", "href": ""}, "link_empty"),
        ({"kind": "button", "text": "x", "href": "JaVa\tScript:alert(1)"}, "link_scheme"),
        ({"kind": "button", "text": "x", "href": "data:text/html,x"}, "link_scheme"),
        (
            {"kind": "button", "text": "x", "href": "https://a.ru/", "color": "#0f6b63"},
            "contrast_low",
        ),
        ({"kind": "image", "src": "https://a.ru/i.png"}, "missing_alt"),
        ({"kind": "image", "src": "", "alt": "x"}, "image_none"),
        ({"kind": "image", "src": "file:///etc/passwd", "alt": "x"}, "link_scheme"),
        ({"kind": "social"}, "social_empty"),
        ({"kind": "countdown", "until": "2026-06-18T12:00:00"}, "countdown_until"),
        ({"kind": "countdown", "until": "customer.x", "done_text": "\"'"}, "bad_quotes"),
        ({"kind": "products", "source": {"kind": "picked"}}, "products_empty"),
        ({"kind": "products", "source": {"kind": "list", "over": "a b['c']"}}, "bad_path"),
        ({"kind": "saved", "block_id": "x"}, "saved_block_missing"),
        ({"kind": "html", "source": "<p>x</p>\n<script>x</script>"}, "forbidden_tag"),
        ({"kind": "html", "source": "</td></tr></table>"}, "tag_closed_wrong"),
        ({"kind": "html", "source": "\n<b>x"}, "tag_not_closed"),
        ({"kind": "divider", "show_if": {"test": [{"path": "x %}{{ y", "op": "set"}]}}, "bad_path"),
        (
            {"kind": "divider", "show_if": {"test": [{"path": "x", "op": "eq", "value": "%}"}]}},
            "bad_value",
        ),
        (
            {"kind": "divider", "show_if": {"test": [{"path": "x", "op": "gt", "value": True}]}},
            "bad_value",
        ),
        (
            {"kind": "divider", "show_if": {"test": [{"path": "cust.x", "op": "set"}]}},
            "unknown_variable",
        ),
    ],
)
def test_a_problem_names_its_block(block: dict[str, Any], code: str) -> None:
    source = letter(row(block))
    assert code in {found for found, _ in codes(source)}
    [first, *_] = [p for p in problems(source) if p.code == code]
    assert first.row_id == "r1"
    assert first.block_id == "b1"
    if block["kind"] == "html":
        assert first.line == (1 if code == "tag_closed_wrong" else 2)
    else:
        assert first.line is None


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"kind": "spacer", "height": 1000}, "b1"),
        ({"kind": "text", "html": 5}, "b1"),
        ({"kind": "text", "background": "red"}, "b1"),
        ({"kind": "nope"}, "b1"),
        ({"kind": "text", "unknown": 1}, "b1"),
        ({"kind": "text", "padding": 61}, "b1"),
        ({"kind": "image", "width": 2000}, "b1"),
        ({"kind": "text", "id": "a b"}, "a b"),
    ],
)
def test_what_is_out_of_bounds_is_refused_at_its_block(change: dict[str, Any], place: str) -> None:
    source = letter(row(change))
    [found] = [p for p in problems(source) if p.level == "error"]
    assert (found.code, found.row_id, found.block_id) == ("document_invalid", "r1", place)
    with pytest.raises(LetterBroken):
        compile_letter(source)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", "source_empty"),
        ("{", "document_unreadable"),
        ('{"v":1,"rows":' + "[" * 3_000, "document_invalid"),
        ("[]", "document_invalid"),
        ('{"v":2}', "document_invalid"),
        ('{"v":1}', "source_empty"),
        ('{"v":1,"rows":[{"id":"r","columns":[]}]}', "document_invalid"),
        ('{"v":1,"rows":[{"id":"r","columns":[{},{},{},{},{}]}]}', "document_invalid"),
        (json.dumps({"v": 1, "rows": [{"id": "r", "columns": [{}]}] * 201}), "document_invalid"),
        (
            json.dumps(
                {
                    "v": 1,
                    "rows": [
                        {"id": "r", "columns": [{"blocks": [{"kind": "divider", "id": "d"}] * 501}]}
                    ],
                }
            ),
            "too_many_blocks",
        ),
        ('{"v":1,"rows":[],"x":"' + "y" * 600_000 + '"}', "source_too_large"),
    ],
    ids=range(11),
)
def test_a_document_has_bounds(source: str, code: str) -> None:
    found = check_letter(LetterSource(LetterKind.BLOCKS, "x", source))
    assert code in {p.code for p in found if p.level == "error"}


def test_control_characters_are_found_in_their_block() -> None:
    found = problems(letter(row({"kind": "heading", "text": "PLACE"})))
    source = letter(row({"kind": "heading", "text": "PLACE"}))
    hidden = msgspec.structs.replace(source, source=source.source.replace("PLACE", "a\\u0001b"))
    assert not found
    [one] = problems(hidden)
    assert (one.code, one.block_id, one.facts["character"]) == ("control_character", "b1", "01")


def test_every_colour_and_number_of_a_block_has_bounds() -> None:
    source = letter(row({"kind": "divider", "thickness": 9}))
    assert codes(source) == [("document_invalid", "b1")]
    source = letter(row({"kind": "divider"}), style={"width": 9_000})
    assert [code for code, _ in codes(source)] == ["document_invalid"]
