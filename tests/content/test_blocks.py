"""Block letters: what each block becomes, what is refused, and what hostile values come to."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.content.blocks.colours import contrast, in_dark, text_in_dark
from otklik.content.blocks.model import (
    BrandKit,
    Document,
    Footer,
    Logo,
    ProductCard,
    Row,
    SocialLink,
    Style,
)
from otklik.content.blocks.read import read_document, write_document
from otklik.content.blocks.settle import settle
from otklik.content.convert import converted
from otklik.content.errors import CannotConvert, LetterBroken
from otklik.content.gaps import bare_places, bare_traits
from otklik.content.model import LetterKind, LetterProblem, LetterSource, Rendered, Tracking
from otklik.content.public import check_letter, compile_letter, known_variables, render
from tests.content.helpers import person

FOOT = {"id": "foot", "columns": [{"blocks": [{"kind": "footer", "id": "f"}]}]}


def row(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = [{"id": f"b{number}", **block} for number, block in enumerate(blocks, 1)]
    return {"id": "r1", "columns": [{"blocks": named}], **more}


def letter(*rows: dict[str, Any], **fields: Any) -> LetterSource:
    document = {"v": 1, "rows": [*rows, FOOT], **fields}
    source = json.dumps(document, ensure_ascii=False)
    return LetterSource(LetterKind.BLOCKS, "Hello", source, "A word before")


def made(source: LetterSource, tracking: Tracking | None = None, **traits: Any) -> Rendered:
    return render(compile_letter(source), person(**traits), tracking)


def problems(source: LetterSource) -> list[LetterProblem]:
    return check_letter(source, known=known_variables(["plan", "city", "age"]))


def codes(source: LetterSource) -> list[tuple[str, str | None]]:
    return [(p.code, p.block_id) for p in problems(source)]


@pytest.mark.parametrize(
    ("block", "html", "text"),
    [
        (
            {"kind": "text", "html": "<p>One</p><ul><li><p>Two</p></li></ul>"},
            r'<p style="margin:0;">One</p><ul style="[^"]+"><li style="[^"]+">Two</li></ul>',
            "One\n\n• Two",
        ),
        (
            {"kind": "text", "html": '<p><a href="https://a.ru/x">Go</a></p>'},
            r'<a style="color:#0f6b63;text-decoration:underline;" class="c0f6b63ffffff" href="https://a\.ru/x">Go</a>',
            "Go (https://a.ru/x)",
        ),
        (
            {
                "kind": "text",
                "html": '<p><span style="color: rgb(255,0,0); font-size:9px">Red</span></p>',
            },
            r'<span style="color:#ff0000;" class="cff0000ffffff">Red</span>',
            "Red",
        ),
        (
            {"kind": "heading", "text": "A & {{ customer.first_name }}", "level": 2},
            r"<h2 style=[^>]+>A &amp; Ann</h2>",
            "A & Ann",
        ),
        (
            {
                "kind": "button",
                "text": "Buy",
                "href": "https://a.ru/?a=1&b={{ customer.city }}",
                "background": "#112233",
            },
            r'bgcolor="#112233".*href="https://a\.ru/\?a=1&amp;b=Kazan"',
            "Buy (https://a.ru/?a=1&b=Kazan)",
        ),
        (
            {
                "kind": "image",
                "src": "https://a.ru/i.png",
                "alt": 'A "cup"',
                "href": "https://a.ru/",
            },
            r'<a href="https://a\.ru/"[^>]*>\s*<img alt="A &quot;cup&quot;"[^>]* src="https://a\.ru/i\.png"',
            'A "cup" (https://a.ru/)',
        ),
        ({"kind": "image", "src": "https://a.ru/i.png", "decorative": True}, r'<img alt=""', ""),
        (
            {"kind": "divider", "color": "#abcdef", "thickness": 3},
            r"border-top:solid 3px #abcdef",
            "",
        ),
        ({"kind": "spacer", "height": 40}, r"height:40px", ""),
        (
            {
                "kind": "social",
                "links": [
                    {"network": "telegram", "href": "https://t.me/x"},
                    {"network": "site", "href": "https://www.a.ru/"},
                ],
            },
            r'href="https://t\.me/x"[^>]*>Telegram</a>.*>a\.ru</a>',
            "Telegram (https://t.me/x)   a.ru (https://www.a.ru/)",
        ),
        (
            {"kind": "menu", "items": [{"text": "New", "href": "https://a.ru/new"}]},
            r">New</a>",
            "New (https://a.ru/new)",
        ),
        (
            {"kind": "quote", "text": "Well\nsaid", "author": "Ann", "role": "reader"},
            r"border-left:3px.*Well<br />said.*Ann, reader",
            "Well\nsaid\nAnn, reader",
        ),
        (
            {"kind": "countdown", "until": "2026-06-18T12:00:00+00:00", "done_text": "Over"},
            r"<strong>3 days left</strong>",
            "3 days left",
        ),
        (
            {
                "kind": "countdown",
                "until": "2026-06-15T10:00:00+00:00",
                "done_text": 'It is "over"',
            },
            r"<strong>It is &#34;over&#34;</strong>",
            'It is "over"',
        ),
        (
            {"kind": "countdown", "until": "customer.ends", "units": "hours"},
            r"<strong>2 hours left</strong>",
            "2 hours left",
        ),
        (
            {
                "kind": "html",
                "source": "<table><tr><td>a & b<br>{{ customer.city }}</td></tr></table>",
            },
            r"<table><tr><td>a & b<br>Kazan</td></tr></table>",
            "a & b\nKazan",
        ),
        ({"kind": "logo"}, r"<strong>Shop</strong>", "Shop"),
        (
            {"kind": "footer", "note": "Why", "preferences_text": "Topics"},
            r"Why</p>.*Shop</p>.*u/token[^>]*>Unsubscribe</a>.*>Topics</a>",
            "Why\n\nShop\n\nUnsubscribe",
        ),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_block_becomes_what_it_says(block: dict[str, Any], html: str, text: str) -> None:
    source = letter(row(block))
    assert [p for p in problems(source) if p.level == "error"] == []
    result = made(source, city="Kazan", ends="2026-06-15T13:30:00+00:00")
    assert re.search(html, result.html, re.DOTALL), result.html
    assert " ".join(text.split()) in " ".join(result.text.split())


def test_a_letter_stacks_on_phones_and_turns_dark() -> None:
    columns = [{"width": 30, "blocks": []}, {"blocks": []}, {"blocks": []}]
    wide = made(letter({"id": "r", "columns": columns})).html
    assert "mj-column-per-30" in wide
    assert "mj-column-per-35" in wide
    assert "mj-group" not in wide
    assert '<meta name="color-scheme" content="light dark"' in wide
    assert re.search(r"prefers-color-scheme:dark\)\{.*\.bffffff", wide)
    kept = made(letter({"id": "r", "columns": columns, "stack": False})).html
    assert kept.count("mj-outlook-group-fix") > wide.count("mj-outlook-group-fix")


def test_a_style_comes_from_the_letter_then_the_brand_then_the_house() -> None:
    kit = BrandKit(
        style=Style(link_color="#aa0000", button_radius=3),
        logo=Logo(src="https://a.ru/logo.png", alt="Us"),
        social=[SocialLink("vk", "https://vk.com/us")],
        footer=Footer(company="Us & Co", address="Main street", note="Tax 1"),
    )
    document = msgspec.convert(
        {
            "v": 1,
            "style": {"button_radius": 9},
            "rows": [
                row(
                    {"kind": "logo"},
                    {"kind": "social"},
                    {"kind": "button", "text": "x", "href": "https://a.ru/"},
                    {"kind": "text", "html": '<a href="https://a.ru/">x</a>'},
                ),
                FOOT,
            ],
        },
        Document,
    )
    settled = settle(document, brand=kit, saved={}, products={}, names={}, lang="ru")
    html = made(LetterSource(LetterKind.BLOCKS, "x", write_document(settled))).html
    assert "color:#aa0000" in html
    assert "border-radius:9px" in html
    assert 'src="https://a.ru/logo.png"' in html
    assert ">VK</a>" in html
    assert "Us &amp; Co · Main street" in html
    assert "Tax 1" in html
    assert ">Отписаться</a>" in html


@pytest.mark.parametrize(
    ("tests", "match", "shown"),
    [
        ([("customer.plan", "eq", "company")], "all", [True, False, False, False]),
        ([("customer.plan", "ne", "company")], "all", [False, True, True, True]),
        ([("customer.plan", "contains", "comp")], "all", [True, False, False, False]),
        ([("customer.age", "gt", 30)], "all", [True, False, False, False]),
        ([("customer.age", "lt", 30)], "all", [False, True, False, False]),
        ([("customer.plan", "set", None)], "all", [True, True, True, False]),
        ([("customer.plan", "not_set", None)], "all", [False, False, False, True]),
        (
            [("customer.age", "gt", 30), ("customer.plan", "eq", "home")],
            "any",
            [True, True, False, False],
        ),
        ([("customer.age", "gt", 30), ("customer.plan", "eq", "home")], "all", [False] * 4),
    ],
)
def test_a_condition_shows_a_row_to_whom_it_means(
    tests: list[tuple[str, str, Any]], match: str, shown: list[bool]
) -> None:
    condition = {
        "test": [
            {"path": p, "op": op, **({} if v is None else {"value": v})} for p, op, v in tests
        ],
        "match": match,
    }
    for place in ("row", "block"):
        block = {"kind": "text", "html": "SECRET"}
        one = (
            row({**block, "show_if": condition})
            if place == "block"
            else row(block, show_if=condition)
        )
        compiled = compile_letter(letter(one))
        people: tuple[dict[str, Any], ...] = (
            {"plan": "company", "age": 40},
            {"plan": "home", "age": 20},
            # Values of odd types: no match, and no lost letter.
            {"plan": 7, "age": "old"},
            {},
        )
        for values, wanted in zip(people, shown, strict=True):
            result = render(compiled, person(**values))
            assert ("SECRET" in result.html, "SECRET" in result.text) == (wanted, wanted), values


def test_a_repeated_row_goes_over_a_list() -> None:
    over = {"over": "customer.items", "limit": 2}
    source = letter(row({"kind": "text", "html": "<p>{{ item.name }};</p>"}, repeat=over))
    items = [{"name": "<a>"}, {"name": "b"}, {"name": "c"}]
    text = made(source, items=items).text
    assert "<a>;" in text
    assert "b;" in text
    assert "c;" not in text
    assert "&lt;a&gt;;" in made(source, items=items).html


def test_products_of_a_readers_list_stand_in_a_grid() -> None:
    block = {
        "kind": "products",
        "source": {"kind": "list", "over": "customer.cart"},
        "columns": 2,
        "limit": 3,
        "button_text": "See",
    }
    compiled = compile_letter(letter(row(block)))
    cart = [
        {"title": "Pen", "price": 2.5, "old_price": 3, "link": "https://a.ru/1", "image": "https://a.ru/1.png"},
        {"name": "Ink <x>", "price": 1200},
        {"name": "Pad", "price": 1, "url": "javascript:alert(1)"},
        {"name": "Cup", "price": 1},
    ]  # fmt: skip
    result = render(compiled, person(cart=cart))
    for shown in (
        "€2.50",
        "€3",
        "https://a.ru/1.png",
        "Ink &lt;x&gt;",
        "€1,200",
        "Pad",
        ">See</a>",
    ):
        assert shown in result.html, shown
    assert "Cup" not in result.html
    assert "javascript" not in result.html + result.text
    assert result.html.count('class="pc"') == 4  # three cards, and one place that is empty
    assert "Ink <x> (" not in result.text
    assert "<tr></tr>" not in render(compiled, person(cart=[])).html


def test_picked_products_are_taken_as_they_are_found() -> None:
    document = msgspec.convert(
        {
            "v": 1,
            "rows": [
                row(
                    {
                        "kind": "products",
                        "source": {"kind": "picked", "product_ids": ["1", "2", "3"]},
                    }
                ),
                FOOT,
            ],
        },
        Document,
    )
    cards = {
        "1": ProductCard(name="{{ customer.email }} <b>", price="2 500 ₽", href="javascript:x")
    }
    settled = settle(
        document, brand=BrandKit(), saved={}, products=cards, names={"2": "Old pen"}, lang="en"
    )
    source = LetterSource(LetterKind.BLOCKS, "x", write_document(settled))
    [missing] = [p for p in problems(source) if p.code == "products_missing"]
    assert missing.message("en") == "Not in the catalogue any more, left out: Old pen, 3."
    assert (missing.level, missing.row_id, missing.block_id) == ("warning", "r1", "b1")
    result = made(source)
    assert "{ { customer.email }} &lt;b&gt;" in result.html
    assert "2 500 ₽" in result.html
    assert "ann@example.com" not in result.html + result.text
    assert "javascript" not in result.html


def test_a_saved_block_takes_its_place_and_its_problems_are_found_there() -> None:
    saved = msgspec.convert(
        {
            "id": "s",
            "columns": [
                {"blocks": [{"kind": "text", "id": "t", "html": "SAVED {{ custmer.x }}"}]},
                {"blocks": [{"kind": "text", "id": "u", "html": "TOO"}]},
            ],
        },
        Row,
    )
    narrow = msgspec.structs.replace(saved, columns=saved.columns[:1])
    only = {"test": [{"path": "customer.plan", "op": "set"}]}
    blocks = (
        {"kind": "text", "html": "A"},
        {"kind": "saved", "block_id": "x"},
        {"kind": "text", "html": "Z"},
    )
    document = msgspec.convert({"v": 1, "rows": [row(*blocks, show_if=only), FOOT]}, Document)
    settled = settle(
        document, brand=BrandKit(), saved={"x": saved}, products={}, names={}, lang="en"
    )
    assert [len(one.columns) for one in settled.rows] == [1, 2, 1, 1]
    source = LetterSource(LetterKind.BLOCKS, "x", write_document(settled))
    [unknown] = [p for p in problems(source) if p.code == "unknown_variable"]
    assert (unknown.row_id, unknown.block_id) == ("r1", "b2")
    text = made(source, plan="x").text
    assert text.index("A") < text.index("SAVED") < text.index("TOO") < text.index("Z")
    assert "SAVED" not in made(source).text
    # In a row of several columns there is only room for one column.
    two = msgspec.convert(
        {
            "v": 1,
            "rows": [
                {
                    "id": "r",
                    "columns": [{"blocks": [{"kind": "saved", "id": "b", "block_id": "x"}]}, {}],
                }
            ],
        },
        Document,
    )
    for kept, codes_ in ((narrow, []), (saved, ["saved_block_missing"])):
        settled = settle(two, brand=BrandKit(), saved={"x": kept}, products={}, names={}, lang="en")
        found = problems(LetterSource(LetterKind.BLOCKS, "x", write_document(settled)))
        assert [p.code for p in found if p.code == "saved_block_missing"] == codes_


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"kind": "text", "html": '<p onclick="x">a<script>b</script></p>'}, "text_cleaned"),
        ({"kind": "text", "html": '<a href="javascript:x">a</a>'}, "link_scheme"),
        ({"kind": "text", "html": "{% if x %}"}, "liquid_syntax"),
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
        ({"kind": "image", "src": "", "alt": "x"}, "image_source"),
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


def test_control_characters_are_found_in_their_block() -> None:
    found = problems(letter(row({"kind": "heading", "text": "PLACE"})))
    source = letter(row({"kind": "heading", "text": "PLACE"}))
    hidden = msgspec.structs.replace(source, source=source.source.replace("PLACE", "a\\u0001b"))
    assert not found
    [one] = problems(hidden)
    assert (one.code, one.block_id, one.facts["character"]) == ("control_character", "b1", "01")


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


def test_every_colour_and_number_of_a_block_has_bounds() -> None:
    source = letter(row({"kind": "divider", "thickness": 9}))
    assert codes(source) == [("document_invalid", "b1")]
    source = letter(row({"kind": "divider"}), style={"width": 9_000})
    assert [code for code, _ in codes(source)] == ["document_invalid"]
