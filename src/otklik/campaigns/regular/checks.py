"""What is looked at before a regular mailing is started: the checks of a campaign, and its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from otklik.accounts.public import get_workspace
from otklik.campaigns.model import AudienceView, Finding, Level, Section
from otklik.campaigns.regular.making import examine, series_campaign
from otklik.campaigns.regular.queries import is_approved, plan_of, regular_row
from otklik.campaigns.regular.schedule import next_moment
from otklik.content.public import (
    LetterNotFound,
    content_feed_troubles,
    feed_keys,
    get_letter,
    names_articles,
)
from otklik.kit.i18n import LANGS, Lang, Text
from otklik.rules.shape import literal
from otklik.runtime.public import Runtime, Tx

# These are about a single launch; a series has moments of its own, and may have a quiet day.
_OF_ONE_LAUNCH = frozenset(
    {
        "audience_all_skipped",
        "audience_limited",
        "audience_too_small",
        "control_empty",
        "everybody_limited",
        "quiet_now",
        "quiet_past_until",
        "variant_empty",
    }
)
_TEXTS: dict[str, tuple[Level, Section, Text]] = {
    "no_feed": (
        "block",
        "letter",
        Text(en="No feed is chosen.", ru="Не выбрана ни одна лента."),
    ),
    "feed_gone": (
        "block",
        "letter",
        Text(en="A feed was deleted. Take it out.", ru="Одна из лент удалена. Уберите её."),
    ),
    "feed_in_trouble": (
        "warn",
        "letter",
        Text(
            en="The feed “{name}” gives nothing new or can't be read; look at its page.",
            ru="Лента «{name}» давно не обновляется или не читается; посмотрите её страницу.",
        ),
    ),
    "letter_shows_no_feed": (
        "block",
        "letter",
        Text(
            en="The letter shows no items: put a row into it that repeats over “articles” or a "
            "feed.",
            ru="Письмо не показывает материалы: добавьте в него ряд, который повторяется по "
            "«articles» или ленте.",
        ),
    ),
    "no_moment": (
        "block",
        "schedule",
        Text(en="The plan has no moment in the future.", ru="В плане нет будущих моментов."),
    ),
    "nothing_new_now": (
        "warn",
        "audience",
        Text(
            en="If it went out now, there would be nothing new for anybody.",
            ru="Если отправить сейчас, нового не будет ни для кого.",
        ),
    ),
}


async def check_regular(
    rt: Runtime, *, workspace_id: int, regular_id: UUID, now: datetime, lang: Lang
) -> tuple[list[Finding], AudienceView]:
    """Return the lines of the checks, blocks first, and who would get it now."""
    async with rt.db.begin() as tx:
        row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id)
        approved = await is_approved(tx, row)
        own = await _own(tx, row, now=now, lang=lang)
    campaign = series_campaign(row, approved=approved, now=now)
    counted, found = await examine(
        rt, workspace_id=workspace_id, campaign=campaign, now=now, lang=lang
    )
    if any(one.code == "audience_all_skipped" for one in found):
        own.append(_line("nothing_new_now"))
    lines = [*own, *(one for one in found if one.code not in _OF_ONE_LAUNCH)]
    order = {"block": 0, "warn": 1, "ok": 2}
    return sorted(lines, key=lambda line: order[line.level]), counted.view


async def _own(tx: Tx, row: Any, *, now: datetime, lang: Lang) -> list[Finding]:
    workspace = await get_workspace(tx, workspace_id=row.workspace_id)
    lines = []
    if next_moment(plan_of(row), ZoneInfo(workspace.timezone), after=now) is None:
        lines.append(_line("no_moment"))
    feed_ids = msgspec.convert(row.feed_ids, set[UUID], strict=False)
    keys = await feed_keys(tx, workspace_id=row.workspace_id)
    if not feed_ids:
        lines.append(_line("no_feed"))
    elif not feed_ids <= {feed_id for feed_id, _ in keys.values()}:
        lines.append(_line("feed_gone"))
    troubles = await content_feed_troubles(tx, workspace_id=row.workspace_id, now=now, lang=lang)
    lines += [
        _line("feed_in_trouble", name=one.name) for one in troubles if one.feed_id in feed_ids
    ]
    if row.letter_id is not None:
        try:
            letter = await get_letter(tx, workspace_id=row.workspace_id, letter_id=row.letter_id)
        except LetterNotFound:
            return lines
        if not names_articles(letter.as_source):
            lines.append(_line("letter_shows_no_feed"))
    return lines


def _line(code: str, **facts: str) -> Finding:
    level, section, text = _TEXTS[code]
    said = Text(*(literal(text.of(lang, facts)) for lang in LANGS))
    return Finding(code, level, section, said)
