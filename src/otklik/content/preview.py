"""The preview of a letter: the same engine as the send, on one real or invented person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from otklik.content.engine.checks import check_compiled
from otklik.content.engine.compiler import CompiledLetter, compile_letter
from otklik.content.engine.renderer import render
from otklik.content.engine.variables import EVENTS, KnownVariables, letter_context
from otklik.content.errors import LetterBroken, RenderFailed
from otklik.content.model import LetterProblem, LetterSource, Rendered
from otklik.kit.i18n import Lang

# A second lock beside the frame's sandbox: nothing runs, nothing is framed, no form is sent.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src * data:; '
    "style-src 'unsafe-inline' https:; font-src https: data:; base-uri 'none'; "
    "form-action 'none'\">"
)


class Preview(msgspec.Struct, frozen=True):
    """`html` is for a frame with sandbox="" only; empty while the letter has errors of grammar."""

    html: str
    text: str
    subject: str
    preheader: str
    problems: list[LetterProblem]
    size_bytes: int


def sample_customer(lang: Lang) -> dict[str, Any]:
    """Return an invented customer for previews without a chosen one."""
    if lang == "ru":
        first, last, city = "Анна", "Петрова", "Казань"
    else:
        first, last, city = "Emma", "Wilson", "Bristol"
    return {
        "id": 0,
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "email": "customer@example.com",
        "phone": "",
        "user_id": "",
        "city": city,
    }


def sample_orders(lang: Lang, currency: str, now: datetime) -> list[dict[str, Any]]:
    """Return invented orders for the same; fields of a workspace's own are only in real ones."""
    product = "Чайник" if lang == "ru" else "Kettle"
    line = {
        "product_id": "p-1",
        "name": product,
        "quantity": 1.0,
        "price": 2500.0,
        "category": None,
        "vendor": None,
        "fields": {},
    }
    return [
        {
            "order_id": "1042",
            "number": "1042",
            "status": "paid",
            "placed_at": (now - timedelta(days=3)).isoformat(timespec="seconds"),
            "total": 2500.0,
            "refunded": 0.0,
            "currency": currency,
            "source": None,
            "shop": None,
            "fields": {},
            "lines": [line],
        }
    ]


def make_preview(
    source: LetterSource, context: Mapping[str, Any], known: KnownVariables
) -> Preview:
    """Check the letter and make it for one person; errors come as problems, never as exceptions."""
    compiled, problems = check_compiled(source, known=known, context=context)
    made = Rendered(subject="", preheader="")
    if compiled is not None:
        try:
            made = render(compiled, context)
        except RenderFailed:
            pass  # `check_compiled` has tried the same and holds the problem
    html = made.html
    return Preview(
        html=locked(html),
        text=made.text,
        subject=made.subject,
        preheader=made.preheader,
        problems=problems,
        size_bytes=len(html.encode()),
    )


def make_many(source: LetterSource, contexts: Sequence[Mapping[str, Any]]) -> list[Preview]:
    """Make one letter for several people, compiled once; nothing at all while it can't be.

    `problems` of each: why the letter of this person can't be made.
    """
    if not contexts:
        return []
    try:
        compiled = compile_letter(source)
    except LetterBroken:
        return []
    return [_of_person(compiled, context) for context in contexts]


def _of_person(compiled: CompiledLetter, context: Mapping[str, Any]) -> Preview:
    try:
        made = render(compiled, context)
    except RenderFailed as failed:
        return Preview("", "", "", "", [failed.problem], 0)
    size = len(made.html.encode())
    return Preview(locked(made.html), made.text, made.subject, made.preheader, [], size)


def make_trial(source: LetterSource, context: Mapping[str, Any]) -> Rendered:
    """Make a letter for a test send. Raises: LetterBroken, RenderFailed."""
    compiled, problems = check_compiled(source)
    if compiled is None:
        raise LetterBroken([p for p in problems if p.level == "error"])
    return render(compiled, context)


def nothing_known(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context of a person of whom nothing is known: no name, no traits, no orders,
    no events."""
    return {**context, "customer": {}, "orders": [], "last_order": {}, EVENTS: {}}


def preview_context(
    *,
    customer: Mapping[str, Any],
    orders: Sequence[Mapping[str, Any]] = (),
    articles: Mapping[str, Any] | None = None,
    events: Mapping[str, Any] | None = None,
    workspace: Mapping[str, Any],
    base_url: str,
    now: datetime,
    lang: Lang,
) -> dict[str, Any]:
    """Return a context whose mailing is invented; the unsubscribe link leads to a harmless page."""
    return letter_context(
        customer=customer,
        orders=orders,
        articles=articles,
        events=events,
        workspace=workspace,
        campaign={
            "id": "preview",
            "name": "Предпросмотр" if lang == "ru" else "Preview",
            "variant": "A",
        },
        sender={"name": workspace.get("name", ""), "address": ""},
        unsubscribe_url=f"{base_url}/u/preview",
        answer_url=f"{base_url}/a/preview",
        now=now,
    )


def locked(html: str) -> str:
    """Return a letter that can do nothing in the frame that shows it."""
    if not html:
        return ""
    head = re.search(r"<head[^>]*>", html, re.IGNORECASE)
    return html[: head.end()] + _POLICY + html[head.end() :] if head else _POLICY + html
