"""The letters that come with the product must be what it teaches."""

from __future__ import annotations

import pytest

from otklik.content.blocks.read import blocks_of, read_document
from otklik.content.preview import nothing_known, preview_context, sample_customer, sample_orders
from otklik.content.public import (
    LetterKind,
    Starter,
    check_letter,
    compile_letter,
    known_variables,
    render,
    starters,
)
from tests.content.helpers import NOW

KEYS = [
    "welcome",
    "digest",
    "product_news",
    "sale",
    "abandoned_cart",
    "licence_expiring",
    "invitation",
    "reminder",
    "survey",
    "winback",
    "receipt",
    "note",
]
# Their links lead to a sample shop, and two speak of what a workspace must have first.
ALLOWED = {"link_sample", "unseen_trait"}


def test_there_are_twelve_in_each_language() -> None:
    for lang in ("en", "ru"):
        assert [one.key for one in starters() if one.lang == lang] == KEYS


@pytest.mark.parametrize("starter", starters(), ids=lambda s: f"{s.key}-{s.lang}")
def test_a_starter_is_ready_to_send(starter: Starter) -> None:
    customer = {
        **sample_customer(starter.lang),
        "licence_ends": "2026-06-20",
        "cart": [{"title": "Pen", "price": 3, "link": "https://shop.ru/pen"}],
    }
    context = preview_context(
        customer=customer,
        orders=sample_orders(starter.lang, "EUR", NOW),
        workspace={"name": "Gift <&> Paper", "lang": starter.lang, "currency": "EUR"},
        base_url="https://crm.example",
        now=NOW,
        lang=starter.lang,
    )
    assert starter.kind is LetterKind.BLOCKS
    assert starter.name
    assert starter.purpose
    assert starter.preheader
    problems = check_letter(starter.as_source, known=known_variables([]), context=context)
    assert {p.code for p in problems} <= ALLOWED
    assert all(p.level == "warning" for p in problems)
    compiled = compile_letter(starter.as_source)
    for one in (context, nothing_known(context)):
        letter = render(compiled, one)
        assert "{{" not in letter.html + letter.text + letter.subject
        # In the AMP part the mail service's own braces stay.
        assert "{{" not in letter.amp.replace("{{message}}", "")
        assert bool(letter.amp) is (starter.key == "survey")
        assert ", ," not in letter.text
        assert " ," not in letter.subject
        assert not letter.subject.startswith(",")
        assert "prefers-color-scheme:dark" in letter.html
        assert f'lang="{starter.lang}"' in letter.html
        assert "https://crm.example/u/preview" in letter.html
        assert len(letter.html) < 24_000
        assert "!" not in letter.text
        assert "\n\n\n" not in letter.text
    # Nothing is fetched from anywhere.
    assert "<img" not in letter.html
    document, _ = read_document(starter.source)
    assert document is not None
    ids = [row.id for row in document.rows] + [block.id for _, block in blocks_of(document)]
    assert len(ids) == len(set(ids))
