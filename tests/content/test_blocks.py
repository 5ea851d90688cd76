"""Block letters: what each block becomes, for whom it is shown, and where its things come from."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

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
from otklik.content.blocks.read import write_document
from otklik.content.blocks.settle import settle
from otklik.content.model import LetterKind, LetterSource
from otklik.content.public import compile_letter, render
from tests.content.block_letters import FOOT, letter, made, problems, row
from tests.content.helpers import person


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
            {
                "kind": "text",
                "html": '<p><span style="color: Red">Red</span> '
                '<span style="color: windowtext">ink</span></p>',
            },
            r'<span style="color:#ff0000;" class="cff0000ffffff">Red</span> <span>ink</span>',
            "Red ink",
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
