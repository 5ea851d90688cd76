"""MJML is checked by us, since the renderer checks nothing."""

from __future__ import annotations

import pytest

from otklik.content.engine.mask import mask
from otklik.content.engine.mjml_check import check_mjml


def found(source: str) -> list[tuple[str, int | None]]:
    return [(p.code, p.line) for p in check_mjml(mask(source))]


GOOD = """<mjml lang="en">
  <mj-head>
    <mj-title>Hi</mj-title><mj-preview>{{ customer.first_name }}, hi</mj-preview>
    <mj-attributes>
      <mj-all font-family="Arial" /><mj-text color="#111" /><mj-class name="big" font-size="20px" />
    </mj-attributes>
    <mj-style>.a > b { color: red } /* <b> */</mj-style>
    <mj-raw><meta name="color-scheme" content="light dark"></mj-raw>
  </mj-head>
  <mj-body background-color="#fff">
    <mj-wrapper padding="0"><mj-section><mj-group><mj-column width="50%">
      <mj-text mj-class="big">Hi<br>{{ customer.first_name | default: "you" }} &amp; co
        <table><tr><td>x</td></tr></table></mj-text>
      <mj-raw>{% if customer.n < 3 and customer.n > 1 %}</mj-raw>
      <mj-button href="https://shop.ru">Go <b>now</b></mj-button>
      <mj-raw>{% endif %}</mj-raw>
      <mj-image src="https://shop.ru/a.png" alt="" /><mj-spacer height="10px" />
      <mj-divider border-width="1px"></mj-divider>
      <mj-social><mj-social-element name="vk" href="https://vk.com/x">VK</mj-social-element></mj-social>
    </mj-column></mj-group></mj-section></mj-wrapper>
    <mj-hero mode="fluid-height"><mj-text>x</mj-text></mj-hero>
  </mj-body>
</mjml>
"""


def test_it_finds_nothing_wrong_with_a_good_letter() -> None:
    assert found(GOOD) == []


def in_column(text: str) -> str:
    head, foot = (
        "<mjml><mj-body><mj-section><mj-column>",
        "</mj-column></mj-section></mj-body></mjml>",
    )
    return f"{head}\n{text}\n{foot}"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<mj-txt>x</mj-txt>", [("mjml_unknown_tag", 2)]),
        ('\n<mj-text colour="red">x</mj-text>', [("mjml_unknown_attribute", 3)]),
        ("<mj-section></mj-section>", [("mjml_misplaced_tag", 2)]),
        ('<mj-include path="/etc/passwd" />', [("mjml_include", 2)]),
        ("<p>hello</p>", [("mjml_html_outside", 2)]),
        ("hello", [("mjml_text_outside", 2)]),
        ("\n\n{% if customer.x %}", [("mjml_liquid_outside", 4)]),
        (
            "<mj-text><mj-button href='https://a.ru'>x</mj-button></mj-text>",
            [("mjml_misplaced_tag", 2)],
        ),
        ("<mj-text><b>x</mj-text>", [("tag_not_closed", 2)]),
        ("<mj-text>x</b></mj-text>", [("tag_closed_wrong", 2)]),
        ("<mj-text>a < b</mj-text>", [("stray_less_than", 2)]),
        ("<mj-text>\n<script>alert(1)</script></mj-text>", [("forbidden_tag", 3)]),
        ("<mj-text><b onclick='x()'>x</b></mj-text>", [("forbidden_attribute", 2)]),
        ("<mj-text><a href='java\nscript:x()'>x</a></mj-text>", [("link_scheme", 2)]),
        ("<mj-text><a href={{ customer.url }}>x</a></mj-text>", [("liquid_unquoted", 2)]),
        (
            "<mj-text><td {% if a %}class='b'{% endif %}>x</td></mj-text>",
            [("liquid_between_attributes", 2)] * 2,
        ),
    ],
)
def test_it_names_the_fault_and_its_line(
    content: str, expected: list[tuple[str, int | None]]
) -> None:
    assert found(in_column(content))[: len(expected)] == expected


@pytest.mark.parametrize(
    "source",
    ["hello", "<html></html>", "<mjml></mjml>", "<mjml><mj-body></mj-body></mjml><mjml></mjml>"],
)
def test_it_wants_one_root_with_a_body(source: str) -> None:
    assert found(source)


def test_a_tag_without_its_end_is_named() -> None:
    assert found("<mjml>\n<mj-body")[0] == ("tag_unfinished", 2)


def test_it_ends_on_endless_nesting() -> None:
    deep = "<b>" * 5_000
    assert ("nesting_too_deep", 2) in found(in_column(f"<mj-text>{deep}</mj-text>"))


def test_it_names_every_unclosed_tag_once() -> None:
    assert found("<mjml>\n<mj-body>\n<mj-section>") == [
        ("tag_not_closed", 3),
        ("tag_not_closed", 2),
        ("tag_not_closed", 1),
    ]
