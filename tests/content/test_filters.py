"""Filters of letters: money, dates, plurals and time, in both languages; and what is blank."""

from __future__ import annotations

from typing import Any

import pytest

from otklik.content.public import LetterKind, LetterSource, compile_letter, render
from tests.content.helpers import person


def shown(template: str, lang: str = "ru", **traits: Any) -> str:
    context = person(**traits)
    context["workspace"] = {**context["workspace"], "lang": lang, "currency": "RUB"}
    letter = compile_letter(LetterSource(LetterKind.HTML, "x", f"<p>{template}</p>"))
    return render(letter, context).html.partition("<p>")[2].partition("</p>")[0]


@pytest.mark.parametrize(
    ("template", "ru", "en"),
    [
        ("{{ 2500 | money }}", "2\u00a0500\u00a0₽", "2,500\u00a0₽"),
        ("{{ 2500.5 | money: 'EUR' }}", "2\u00a0500,50\u00a0€", "€2,500.50"),
        ("{{ -3 | money: 'usd' }}", "-3\u00a0$", "-$3"),
        ("{{ 0.001 | money: 'RUR' }}", "0\u00a0₽", "0\u00a0₽"),
        ("{{ 7 | money: nil, 'en' }}", "7\u00a0₽", "7\u00a0₽"),
        ("{{ 7 | money: 'CHF' }}", "7\u00a0CHF", "7\u00a0CHF"),
        ("{{ 'soon' | money }}", "soon", "soon"),
        ("{{ '2026-06-05' | date: 'long' }}", "5 июня 2026", "5 June 2026"),
        ("{{ '2026-06-05' | date: 'short' }}", "05.06.2026", "5 Jun 2026"),
        ("{{ '2026-06-05T10:05:00Z' | date: 'full' }}", "5 июня 2026, 13:05", "5 June 2026, 13:05"),
        ("{{ '2026-06-05' | date: 'day', 'en' }}", "5 June", "5 June"),
        ("{{ 21 | plural: 'письмо', 'письма', 'писем' }}", "письмо", "письмо"),
        ("{{ 2 | plural: 'letter', 'letters' }}", "letters", "letters"),
        ("{{ '2026-06-16T12:00:00Z' | time_left }}", "Остался 1 день", "1 day left"),
        ("{{ '2026-06-17' | time_left: 'days' }}", "Осталось 3 дня", "3 days left"),
        ("{{ '2026-06-15T14:30:00Z' | time_left: 'hours' }}", "Осталось 3 часа", "3 hours left"),
        ("{{ '2026-06-15T12:00:00Z' | time_left: 'days', '<now>' }}", "&lt;now&gt;", "&lt;now&gt;"),
        ("{{ 'soon' | time_left: 'days', 'x' }}", "", ""),
    ],
)
def test_a_filter_speaks_the_language_of_the_workspace(template: str, ru: str, en: str) -> None:
    assert (shown(template, "ru"), shown(template, "en")) == (ru, en)


@pytest.mark.parametrize(
    ("value", "blank"),
    [(None, True), ("", True), (" \n", True), ([], True), ({}, True), (0, False), (False, False)],
)
def test_what_is_not_there_is_blank(value: Any, blank: bool) -> None:
    test = (
        "{% if customer.x == blank %}B{% endif %}{% unless customer.x != blank %}B{% endunless %}"
    )
    assert shown(test, x=value) == ("BB" if blank else "")
    both = "{% if customer.x != blank and customer.none == blank %}S{% else %}N{% endif %}"
    assert shown(both, x=value) == ("N" if blank else "S")
    other = "{% if customer.none %}{% elsif blank != customer.x %}S{% endif %}"
    assert shown(other, x=value) == ("" if blank else "S")


def test_conditions_leave_no_empty_lines_in_the_text_part() -> None:
    source = "<p>One</p>{% if customer.x %}<p>Two</p>{% endif %}<p>{{ customer.y }}</p>"
    letter = compile_letter(LetterSource(LetterKind.HTML, "x", source))
    assert render(letter, person(y="Three")).text == "One\n\nThree\n"
    assert render(letter, person(x=1, y="Three")).text == "One\n\nTwo\n\nThree\n"
