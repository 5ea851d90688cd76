"""What a letter is checked for before it goes out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from otklik.content.engine.problems import CODES
from otklik.content.public import LetterKind, LetterSource, check_letter, known_variables
from otklik.kit.i18n import LANGS
from tests.content.helpers import QUIET, codes, html, mjml, person

KNOWN = known_variables(["first_name", "city", "address.city", "tags", "favourite.name"])


def test_it_has_nothing_to_say_about_a_good_letter() -> None:
    source = mjml(
        'Hi {{ customer.first_name }} in {{ customer.address.city }} <a href="https://shop.ru/x">x</a>'
        "{% for tag in customer.tags %}{{ tag }} {{ forloop.index }}{% endfor %}"
        "{% assign mine = customer.favourite %}{{ mine.name }} {{ customer.tags.size }}"
        '<img src="https://shop.ru/a.png" alt="A cup">{{ workspace.name }} {{ campaign.variant }}',
        subject="{{ customer.first_name }}, hi",
    )
    assert codes(source, known=KNOWN, context=person()) == []


@pytest.mark.parametrize("subject", ["", "   ", "\n"])
def test_it_wants_a_subject(subject: str) -> None:
    assert ("subject_empty", 1) in codes(html("x", subject=subject))


def test_it_wants_the_subject_in_one_line() -> None:
    assert ("subject_newline", 1) in codes(html("x", subject="a\nb"))


def test_it_warns_of_a_long_subject_by_what_the_reader_sees() -> None:
    assert codes(html("x", subject="{{ customer.first_name | default: 'x' }}" * 3)) == []
    assert ("subject_long", 1) in codes(html("x", subject="a" * 80))


def test_it_blocks_a_letter_without_an_unsubscribe_link() -> None:
    assert ("no_unsubscribe_link", None) in codes(html("x", footer=""))
    variable = "{{ unsubscribe_url }}"
    hidden = f"{{% comment %}}{variable}{{% endcomment %}}{{% raw %}}{variable}{{% endraw %}}"
    assert ("no_unsubscribe_link", None) in codes(html(hidden, footer=""))
    level = [p.level for p in check_letter(html("x", footer="")) if "unsubscribe" in p.code]
    assert level == ["error"]


def test_it_warns_of_an_unsubscribe_link_that_some_will_not_see() -> None:
    source = html('{% if customer.x %}<a href="{{ unsubscribe_url }}">x</a>{% endif %}', footer="")
    assert ("unsubscribe_in_condition", 2) in codes(source)


def test_it_warns_of_a_text_part_without_an_unsubscribe_link() -> None:
    assert ("text_no_unsubscribe", None) in codes(html("x", text="Hello"))


def test_it_knows_which_variables_there_are() -> None:
    source = html(
        "{{ customer.frst_name }}\n{{ custmer.first_name }}{% if nope %}{% endif %}",
        subject="{{ customer.x }}",
    )
    found = [
        (p.code, p.part, p.line, p.level)
        for p in check_letter(source, known=KNOWN)
        if p.code not in QUIET
    ]
    assert sorted(found) == sorted(
        [
            ("unseen_trait", "subject", 1, "warning"),
            ("unseen_trait", "source", 2, "warning"),
            ("unknown_variable", "source", 3, "error"),
            ("unknown_variable", "source", 3, "error"),
        ]
    )
    messages = [p.message("en") for p in check_letter(source, known=KNOWN)]
    assert any("Perhaps customer.first_name?" in message for message in messages)


def test_it_knows_orders_and_the_fields_that_the_workspace_named() -> None:
    known = known_variables([], ["licence_end"])
    for text, code in (
        ("{% for order in orders %}{{ order.fields.licence_end }}{% endfor %}", None),
        ("{% for order in orders %}{{ order.fields.any }}{% endfor %}", "unknown_variable"),
        ("{{ last_order.fields.licence_end }} {{ last_order.lines[0].name }}", None),
        ("{{ last_order.fields.plan }}", "unknown_variable"),
        ("{{ last_order.sum }}", "unknown_variable"),
    ):
        found = [code for code, _ in codes(html(text), known=known)]
        assert found == ([code] if code else []), text
    assert codes(html("{{ last_order.fields.anything }}")) == []


@pytest.mark.parametrize(
    ("text", "name", "guess"),
    [
        ("{% for o in orders %}{{ o.total }}{{ o.sum }}{% endfor %}", "o.sum", None),
        ("{% for l in last_order.lines %}{{ l.nmae }}{% endfor %}", "l.nmae", "l.name"),
        ("{% for o in orders %}{% for l in o.lines %}{{ l.prise }}{% endfor %}{% endfor %}",
         "l.prise", "l.price"),
        ("{% for l in orders[0].lines %}{{ l.fields.size }}{% endfor %}", None, None),
        ("{% for l in orders.first.lines %}{{ l.fields.plan }}{% endfor %}", "l.fields.plan", None),
        ("{% for a in articles limit: 2 %}{{ a.titel }}{{ a.old_price }}{% endfor %}",
         "a.titel", "a.title"),
        ("{% for a in feeds.blog %}{% if a.links %}x{% endif %}{% endfor %}", "a.links", "a.link"),
        ("{% assign top = articles | where: 'category', 'x' | sort: 'price' %}"
         "{% for a in top %}{{ a.tittle }}{% endfor %}", "a.tittle", "a.title"),
        ("{% assign one = orders | first %}{{ one.numbr }}", "one.numbr", "one.number"),
        ("{{ articles[0].titel }}", "articles[0].titel", "articles[0].title"),
        ("{{ last_order.lines[0].nam }}", "last_order.lines[0].nam", "last_order.lines[0].name"),
        # What cannot be followed is the author's own business.
        ("{% for t in customer.tags %}{{ t.any }}{% endfor %}", None, None),
        ("{% assign names = articles | map: 'title' %}{% for n in names %}{{ n.x }}{% endfor %}",
         None, None),
        ("{% for o in orders %}{{ o.lines.size }}{{ forloop.index }}{{ o.fields }}{% endfor %}",
         None, None),
        ("{% for o in orders %}{{ o.placed_at.x }}{{ o[customer.city] }}{% endfor %}", None, None),
    ],
)  # fmt: skip
def test_it_knows_what_lines_orders_and_items_have(
    text: str, name: str | None, guess: str | None
) -> None:
    known = known_variables(["city", "tags"], [], ["blog"], [], ["size"])
    source = html(f"<p>\n{text}</p>")
    found = [one for one in check_letter(source, known=known) if one.code == "unknown_variable"]
    assert [one.facts["variable"] for one in found] == ([name] if name else [])
    if name is not None:
        # Lines count from the head of the page that the test writes around the text.
        line = source.source.split("\n")[(found[0].line or 1) - 1]
        assert line[(found[0].column or 1) - 1 :].startswith(name.partition("[")[0])
        assert (guess is None) or f"Perhaps {guess}?" in found[0].message("en")


def test_it_accepts_any_trait_when_traits_are_not_known() -> None:
    assert codes(html("{{ customer.anything.at.all }}")) == []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://shop.ru", None),
        ("http://shop.ru:8080/a?b=c#d", None),
        ("https://магазин.рф/путь", None),
        ("https://shop.ru/{{ customer.id }}?x={{ customer.id | url_encode }}", None),
        ("{{ customer.page }}", None),
        ("mailto:me@shop.ru?subject=Hi%20there", None),
        ("tel:+7(916)123-45-67", None),
        ("", "link_empty"),
        ("  ", "link_empty"),
        ("#", "link_anchor"),
        ("#top", "link_anchor"),
        ("https://shop.ru/a b", "link_spaces"),
        ("shop.ru/sale", "link_relative"),
        ("/sale", "link_relative"),
        ("//shop.ru/sale", "link_relative"),
        ("shop.ru:8080/x", "link_relative"),
        ("https:/shop.ru", "link_broken"),
        ("https://", "link_broken"),
        ("https://shop", "link_broken"),
        ("https://shop..ru", "link_broken"),
        ("https://shop.ru:port/", "link_broken"),
        ("http://https://shop.ru", "link_broken"),
        ("ftp://shop.ru", "link_scheme"),
        ("mailto:me", "link_broken"),
        ("tel:call me", "link_spaces"),
        ("%%link%%", "link_placeholder"),
        ("*|UNSUB|*", "link_placeholder"),
        ("[link]", "link_placeholder"),
        ("{link}", "link_placeholder"),
        ("https://shop.ru/?u=%%id%%", "link_placeholder"),
        ("https://yoursite.com/", "link_placeholder"),
        ("ссылка", "link_placeholder"),
        ("https://shop.example/x", "link_sample"),
    ],
)
@pytest.mark.parametrize("write", [html, mjml], ids=["html", "mjml"])
def test_it_judges_links(
    address: str, code: str | None, write: Callable[[str], LetterSource]
) -> None:
    source = write(f'<a href="{address}">x</a>')
    found = [
        (p.code, p.line) for p in check_letter(source) if p.code.startswith(("link", "forbidden"))
    ]
    assert found == ([(code, 2)] if code else [])


def test_it_wants_an_address_on_a_button() -> None:
    assert ("link_empty", 2) in codes(mjml("<mj-button>Go</mj-button>", inside=""))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ('<img src="https://shop.ru/a.png" alt="">', []),
        ('<img src="{{ customer.photo }}" alt="You">', []),
        ('<img src="https://shop.ru/a.png">', ["missing_alt"]),
        ('<img src="a.png" alt="x">', ["image_source"]),
        ('<img alt="x">', ["image_none"]),
        ('<img src="data:image/png;base64,AAAA" alt="x">', ["image_embedded"]),
    ],
)
def test_it_judges_images(image: str, expected: list[str]) -> None:
    assert [code for code, _ in codes(html(f"{image} x"))] == expected


def test_it_warns_of_a_letter_that_gmail_cuts() -> None:
    assert ("size_clipped", None) in codes(html("word " * 21_000))
    rows = "{% for i in (1..4000) %}<p>a row that is rather long</p>{% endfor %}"
    assert codes(html(rows)) == []
    assert ("size_clipped", None) in codes(html(rows), context=person())


def test_it_reports_what_only_shows_with_a_person() -> None:
    source = html("\n{{ customer.n | divided_by: customer.zero }}")
    assert codes(source, context=person(n=1, zero=0)) == [("liquid_zero", 3)]


def test_it_warns_of_an_empty_text_part_and_of_two_preheaders() -> None:
    source = html('<img src="https://a.ru/a.png" alt="">', footer="")
    assert ("text_empty", None) in codes(source)
    two = LetterSource(
        LetterKind.MJML,
        "x",
        "<mjml><mj-head><mj-preview>p</mj-preview></mj-head><mj-body></mj-body></mjml>",
        "q",
    )
    assert ("two_preheaders", 1) in codes(two)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<script>x</script>", "forbidden_tag"),
        ("<iframe src='https://a.ru'></iframe>", "forbidden_tag"),
        ('<meta http-equiv="refresh" content="0;url=https://a.ru">', "forbidden_tag"),
        ('<base href="https://a.ru">', "forbidden_tag"),
        ("<svg onload=x()></svg>", "forbidden_attribute"),
        ('<a href="&#106;avascript:x()">x</a>', "link_scheme"),
        ('<form action="https://a.ru"></form>', "unsupported_tag"),
        ("<style>p { color: {{ customer.x }} }</style>", "liquid_in_style"),
        ("<p class={{ customer.x }}>", "liquid_unquoted"),
        ("<p {{ customer.x }}>", "liquid_between_attributes"),
    ],
)
def test_it_names_what_has_no_place_in_a_letter(content: str, code: str) -> None:
    assert code in [found for found, _ in codes(html(content))]


def test_every_message_speaks_both_languages_with_all_its_facts() -> None:
    for source in (
        html(
            "{{ customer.frst_name }}{{ x }}<a href='#'>a</a><a href='a b'>b</a><img>", subject=""
        ),
        html("<script></script>{{ a | nope }}{% nope %}<p {{ x }}>", footer=""),
        mjml("<mj-foo>x</mj-foo><p>x</p>text{% if a %}", inside=""),
        mjml("</b><mj-section>", inside=""),
        html("word " * 21_000, subject="a" * 99, text="x"),
    ):
        for found in check_letter(source, known=KNOWN, context=person()):
            assert found.code in CODES
            for lang in LANGS:
                message = found.message(lang)
                assert message.endswith((".", "?", ")")) or ":" in message, message
                assert "!" not in message
                for name in found.facts:
                    assert "{" + name + "}" not in message


@pytest.mark.parametrize(
    ("letter", "code"),
    [
        (html("x", subject="Hello"), "preheader_empty"),
        (html("x", subject="SALE SALE SALE TODAY"), "subject_shouts"),
        (html("x", subject="Hurry! Now!"), "subject_exclaims"),
        (html("Buy now!!!"), "text_exclaims"),
        (html('<a href="https://bit.ly/x">x</a>'), "link_shortened"),
        (html('<a href="https://shop.ru/x">x</a>' * 41), "many_links"),
        (html('<img src="https://shop.ru/a.png" alt="All is in here">'), "image_only"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_warns_of_what_looks_like_spam(letter: LetterSource, code: str) -> None:
    found = {p.code: p.level for p in check_letter(letter)}
    assert found[code] == "warning"


def test_good_manners_are_not_mistaken_for_spam() -> None:
    words = "A quiet letter with enough words in it to be read without any of its pictures. " * 2
    letter = html(
        f'{words}<img src="https://shop.ru/a.png" alt=""><a href="https://shop.ru/bit.ly">x</a>',
        subject="A new USB-C hub, and 3 % off!",
        preheader="Until Sunday",
    )
    assert [p.code for p in check_letter(letter)] == []
