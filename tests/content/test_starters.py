"""The letters that come with the product must be what it teaches."""

from __future__ import annotations

import pytest

from otklik.content.preview import preview_context, sample_customer
from otklik.content.public import (
    Starter,
    check_letter,
    compile_letter,
    known_variables,
    render,
    starters,
)
from tests.content.helpers import NOW


@pytest.mark.parametrize("starter", starters(), ids=lambda s: f"{s.key}-{s.lang}")
@pytest.mark.parametrize("named", [True, False], ids=["named", "nameless"])
def test_a_starter_is_ready_to_send(starter: Starter, named: bool) -> None:
    customer = sample_customer(starter.lang) if named else {"first_name": ""}
    context = preview_context(
        customer=customer,
        workspace={"name": "Gift <&> Paper", "lang": starter.lang},
        base_url="https://crm.example",
        now=NOW,
        lang=starter.lang,
    )
    problems = check_letter(starter.as_source, known=known_variables([]), context=context)
    assert {p.code for p in problems} <= {"link_sample"}
    letter = render(compile_letter(starter.as_source), context)
    assert "{{" not in letter.html + letter.text + letter.subject
    assert ", ," not in letter.text
    assert (str(customer.get("first_name")) in letter.subject) or not named
    assert "prefers-color-scheme: dark" in letter.html
    assert f'lang="{starter.lang}"' in letter.html
    assert "https://crm.example/u/preview" in letter.html
    assert len(letter.html) < 20_000
    assert "!" not in letter.text
