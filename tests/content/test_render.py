"""From source to the letter of one person."""

from __future__ import annotations

import html as html_module
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.content.public import (
    LetterBroken,
    LetterKind,
    LetterSource,
    Rendered,
    Tracking,
    compile_letter,
    render,
)
from tests.content.helpers import html, mjml, person


def made(source: LetterSource, tracking: Tracking | None = None, **traits: Any) -> Rendered:
    return render(compile_letter(source), person(**traits), tracking)


def test_it_puts_values_in_their_places() -> None:
    letter = made(
        mjml(
            'Hello {{ customer.first_name | default: "friend" }}',
            subject="{{ customer.first_name }}, hi",
            preheader="For {{ customer.first_name }} & co",
        )
    )
    assert letter.subject == "Ann, hi"
    assert letter.preheader == "For Ann & co"
    assert "Hello Ann" in letter.html
    assert "For Ann &amp; co" in letter.html
    assert letter.text.startswith("Hello Ann\n")
    assert "Unsubscribe (https://shop.example/u/token)" in letter.text


def test_it_says_whether_the_orders_of_a_person_have_to_be_read() -> None:
    for text, wanted in (
        ("orders {{ customer.first_name }} {{ customer.last_orders }}", False),
        ("{{ last_order.total }}", True),
        ("{% for order in orders %}{{ order.total }}{% endfor %}", True),
    ):
        assert compile_letter(html(text)).names_orders is wanted, text
    assert compile_letter(html("x", subject="{{ last_order.number }}")).names_orders


def test_it_repeats_and_chooses_in_mj_raw() -> None:
    source = mjml(
        "<mj-raw>{% for item in customer.basket %}</mj-raw>"
        "<mj-text>{{ forloop.index }}. {{ item.name }}</mj-text>"
        "<mj-raw>{% endfor %}{% if customer.basket.size < 3 %}</mj-raw>"
        "<mj-text>So few</mj-text><mj-raw>{% endif %}</mj-raw>",
        inside="",
    )
    text = made(source, basket=[{"name": "Cup"}, {"name": "Plate & saucer"}]).text
    assert text.index("1. Cup") < text.index("2. Plate & saucer") < text.index("So few")


def test_it_repeats_rows_of_a_table_in_html_with_styles() -> None:
    source = html(
        "<style>td { color: red }</style><table>{% for n in customer.list %}"
        '<tr><td width="{{ n }}">{{ n }}</td></tr>{% endfor %}</table>'
    )
    letter = made(source, list=[1, 2]).html
    assert re.findall(r'<td width="(\d)" style="color: red;?">\1</td>', letter) == ["1", "2"]
    assert letter.index("<table>") < letter.index(">1<")


def test_it_leaves_html_without_styles_byte_for_byte() -> None:
    content = (
        "<TABLE Border=0><tr><td>a  b</TD><td>&nbsp;&#169;</table>\n<p>{{ customer.first_name }}"
    )
    letter = made(html(content)).html
    assert content.replace("{{ customer.first_name }}", "Ann") in letter


def test_it_never_fetches_styles_from_elsewhere() -> None:
    with pytest.raises(LetterBroken) as error:
        compile_letter(html('<link rel="stylesheet" href="file:///etc/passwd"><style>a{}</style>'))
    assert error.value.letter_problems[0].code == "forbidden_tag"
    letter = made(
        html('<link rel="stylesheet" href="https://a.ru/x.css"><style>b{color:red}</style>')
    )
    assert 'href="https://a.ru/x.css"' in letter.html


UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7 | times: 7 }}",
    "{% for i in (1..9) %}x{% endfor %}",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title><script>",
    "lqax0z",
    "{% oklink 0 1 %}",
    "a\r\nBcc: victim@example.com",
    "\x00\u2028\u202e",
    "{{ unsubscribe_url }}",
    "&lt;b&gt; &amp;",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_it_treats_values_as_data_only(value: str) -> None:
    source = mjml(
        '<b title="{{ customer.first_name }}">{{ customer.first_name }}</b>'
        "{{ customer.first_name | append: '!' | upcase | downcase }}"
        '<a href="https://a.ru/?q={{ customer.first_name }}">x</a>',
        subject="Hi {{ customer.first_name }}!",
    )
    letter = made(source, first_name=value)
    safe = html_module.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    assert f'<b title="{safe}">{safe}</b>' in letter.html
    assert "<script" not in letter.html
    assert "<img" not in letter.html
    assert value.strip() in letter.text or not value.strip()
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert not UNPRINTABLE.search(letter.subject)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_value_can_leave_its_place(value: str) -> None:
    compiled = compile_letter(
        html('<p title="{{ customer.v }}">{{ customer.v }}</p>', subject="{{ customer.v }}x")
    )
    letter = render(compiled, person(v=value))
    match = re.search(r'<p title="([^"]*)">([^<]*)</p>', letter.html)
    assert match is not None
    assert html_module.unescape(match[1]) == html_module.unescape(html_module.escape(value))
    assert match[1] == match[2]
    assert not UNPRINTABLE.search(letter.subject)


def test_a_second_letter_shows_nothing_of_the_first() -> None:
    compiled = compile_letter(
        mjml("{% assign x = customer.secret %}{{ x }}{% cycle 'a', 'b' %}{{ y }}")
    )
    render(compiled, person(secret="S3CRET"))
    assert "S3CRET" not in render(compiled, person()).html


def test_it_numbers_links_and_lets_each_be_tracked() -> None:
    source = mjml(
        '<a href="https://a.ru/?x=1&amp;y=2">one</a> <a href="{{ customer.page }}">two</a> '
        '<a href="mailto:me@a.ru">mail</a> <a href="tel:+79161234567">call</a>'
    )
    compiled = compile_letter(source)
    assert [(x.index, x.url, x.dynamic, x.tracked) for x in compiled.links] == [
        (0, "https://a.ru/?x=1&y=2", False, True),
        (1, "{{ customer.page }}", True, True),
        (2, "mailto:me@a.ru", False, False),
        (3, "tel:+79161234567", False, False),
        (4, "{{ unsubscribe_url }}", True, False),
    ]
    asked: list[tuple[int, str]] = []

    def link(index: int, url: str) -> str:
        asked.append((index, url))
        return f"https://t.example/c/{index}?a=1&b=2"

    letter = render(
        compiled,
        person(page="https://b.ru/p?q=ы&z"),
        Tracking(
            link=link, pixel_url="https://t.example/o.gif", honeypot_url="https://t.example/h"
        ),
    )
    assert set(asked) == {(0, "https://a.ru/?x=1&y=2"), (1, "https://b.ru/p?q=ы&z")}
    assert '<a href="https://t.example/c/0?a=1&amp;b=2">one</a>' in letter.html
    assert "one (https://t.example/c/0?a=1&b=2)" in letter.text
    assert '<a href="https://shop.example/u/token">Unsubscribe</a>' in letter.html
    assert letter.html.count("o.gif") == 1
    assert letter.html.index("o.gif") < letter.html.index("</body>")
    assert "https://t.example/h" in letter.html


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "", "/relative", "data:text/html,x", "https://a b", "ftp://x"],
)
def test_a_personal_address_that_is_none_leads_nowhere(address: str) -> None:
    letter = made(
        html('<a href="{{ customer.page }}">x</a>'),
        Tracking(link=lambda index, url: pytest.fail(url)),
        page=address,
    )
    assert '<a href="#">x</a>' in letter.html
    assert letter.dropped_links == 1


def test_the_text_part_of_the_author_is_kept_and_its_addresses_tracked() -> None:
    source = mjml(
        '<a href="https://a.ru/x">x</a>',
        text="Look: https://a.ru/x. Also (https://b.ru/y?z={{ customer.first_name }})\n"
        "{{ unsubscribe_url }}\nA & B {{ customer.first_name | escape }}",
    )
    compiled = compile_letter(source)
    assert [link.url for link in compiled.links] == [
        "https://a.ru/x",
        "{{ unsubscribe_url }}",
        "https://b.ru/y?z={{ customer.first_name }}",
    ]
    tracking = Tracking(link=lambda index, url: f"T{index}")
    assert render(compiled, person(first_name="<i>"), tracking).text == (
        "Look: T0. Also ()\nhttps://shop.example/u/token\nA & B <i>"
    )
    assert render(compiled, person(first_name="i"), tracking).text.startswith("Look: T0. Also (T2)")


def test_compiling_twice_gives_the_same_links_and_the_same_letter() -> None:
    source = mjml('<a href="https://a.ru">1</a><a href="https://a.ru">2</a>')
    one, two = compile_letter(source), compile_letter(source)
    assert one.links == two.links
    assert len({link.index for link in one.links}) == len(one.links) == 3
    assert render(one, person()) == render(two, person())


@pytest.mark.parametrize(
    ("template", "traits", "expected"),
    [
        ("{{ customer.d | date: '%-d %B %Y' }}", {"d": "2026-03-05"}, "5 March 2026"),
        ("{{ customer.d | date: '%-d %B', 'ru' }}", {"d": date(2026, 3, 5)}, "5 марта"),
        (
            "{{ customer.d | date: '%d.%m.%Y %H:%M' }}",
            {"d": datetime(2026, 3, 5, 22, 30, tzinfo=UTC)},
            "06.03.2026 01:30",
        ),
        ("{{ customer.d | date: '%H:%M' }}", {"d": "2026-03-05T10:00:00+00:00"}, "13:00"),
        ("{{ 'now' | date: '%Y-%m-%d' }}", {}, "2026-06-15"),
        ("{{ customer.d | date: '%1000000000d' }}", {"d": "2026-03-05"}, "%1000000000d"),
        ("{{ customer.d | date }}", {"d": "soon"}, "soon"),
        ("{{ customer.n | plural: 'day', 'days' }}", {"n": 1}, "day"),
        ("{{ customer.n }} {{ customer.n | plural: 'день', 'дня', 'дней' }}", {"n": 22}, "22 дня"),
        ("{{ customer.n | number: 2 }}", {"n": 1234567.891}, "1,234,567.89"),
        ("{{ customer.n | number }}", {"n": -1234.5}, "-1,234"),
        ("{{ customer.tags | join: ', ' }}", {"tags": ["a", "b"]}, "a, b"),
        ("{{ 'a,b' | split: ',' | last }}", {}, "b"),
        ("{{ 'a-b-c' | replace: '-', '+' }}", {}, "a+b+c"),
        ("{{ customer.x | strip_html }}", {"x": "<b>x</b>"}, "x"),
        ("{% case customer.n %}{% when 2 %}two{% else %}other{% endcase %}", {"n": 2}, "two"),
        ("{% unless customer.n > 2 %}few{% endunless %}", {"n": 2}, "few"),
        ("{% capture x %}<b>{{ customer.n }}</b>{% endcapture %}{{ x }}", {"n": "<"}, "<b><</b>"),
        ("{% raw %}{{ untouched }}{% endraw %}", {}, "{{ untouched }}"),
        ("{% comment %}{{ hidden }}{% endcomment %}.", {}, "."),
        ("{{ customer.missing }}|{{ customer.a.b.c }}|", {}, "||"),
    ],
)
def test_it_speaks_liquid(template: str, traits: dict[str, Any], expected: str) -> None:
    source = html("x {{ unsubscribe_url }}", text=template)
    assert made(source, **traits).text == expected


def test_the_source_stays_as_it_was() -> None:
    source = mjml("{{ customer.first_name }}\r\n<br>")
    before = source.source
    compile_letter(source)
    assert source.source == before


def test_it_refuses_objects_as_values() -> None:
    class Sly:
        def __html__(self) -> str:
            return "<script>"

    with pytest.raises(TypeError):
        made(html("{{ customer.x }}"), x=Sly())


def test_fonts_of_third_parties_come_only_when_asked_for() -> None:
    assert "fonts.googleapis.com" not in made(mjml("x")).html


def test_the_kind_decides_how_a_source_is_read() -> None:
    with pytest.raises(LetterBroken):
        compile_letter(LetterSource(LetterKind.MJML, "x", "<p>Hello</p>"))
    assert "<p>Hello</p>" in made(LetterSource(LetterKind.HTML, "x", "<p>Hello</p>")).html
