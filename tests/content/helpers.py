"""Short ways to write letters in tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from otklik.content.public import LetterKind, LetterSource, check_letter, letter_context

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
FOOTER = '<a href="{{ unsubscribe_url }}">Unsubscribe</a>'


def mjml(content: str, *, inside: str = "mj-text", **fields: Any) -> LetterSource:
    """Return an MJML letter with `content` in one column, in `inside` unless that is empty."""
    body = f"<{inside}>{content}</{inside}>" if inside else content
    return LetterSource(
        kind=LetterKind.MJML,
        subject=fields.pop("subject", "Hello"),
        source=(
            f"<mjml><mj-body><mj-section><mj-column>\n{body}\n<mj-text>{FOOTER}</mj-text>"
            "</mj-column></mj-section></mj-body></mjml>"
        ),
        **fields,
    )


def html(content: str, **fields: Any) -> LetterSource:
    return LetterSource(
        kind=LetterKind.HTML,
        subject=fields.pop("subject", "Hello"),
        source=f"<html><body>\n{content}\n{fields.pop('footer', FOOTER)}</body></html>",
        **fields,
    )


def person(**traits: Any) -> dict[str, Any]:
    return letter_context(
        customer={"first_name": "Ann", "email": "ann@example.com", **traits},
        unsubscribe_url="https://shop.example/u/token",
        workspace={"name": "Shop", "lang": "en", "timezone": "Europe/Moscow", "currency": "EUR"},
        campaign={"id": "c1", "name": "Spring", "variant": "A"},
        now=NOW,
    )


QUIET = {"link_sample", "preheader_empty", "image_only"}
"""What the letters of tests have, and no test is about."""


def codes(source: LetterSource, **how: Any) -> list[tuple[str, int | None]]:
    return [(p.code, p.line) for p in check_letter(source, **how) if p.code not in QUIET]
