"""Regular mailings and feeds of articles: who uses what, and what needs somebody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from otklik.analytics.home.model import Attention, Level
from otklik.campaigns.public import SOURCE_KIND, RegularState, picker_of, regular_troubles
from otklik.campaigns.public import regular_using as _using
from otklik.channels.email.public import use_sender_usage
from otklik.content.public import (
    Reference,
    content_feed_troubles,
    use_feed_usage,
    use_letter_usage,
)
from otklik.delivery.public import use_pickers
from otklik.kit.i18n import Lang, Text
from otklik.kit.uses import UseState
from otklik.runtime.public import Tx
from otklik.segments.public import Use, register_usage

KIND = "regular_mailing"
_STATES = {
    RegularState.DRAFT: UseState.PLANNED,
    RegularState.ACTIVE: UseState.RUNNING,
    RegularState.PAUSED: UseState.PLANNED,
    RegularState.FINISHED: UseState.OVER,
}
_FEED_BROKEN = Text(en="The feed “{name}” can't be read", ru="Лента «{name}» не читается")
_FEED_SILENT = Text(
    en="The feed “{name}” has had nothing new for a month",
    ru="В ленте «{name}» месяц нет ничего нового",
)
_FEED_SILENT_HINT = Text(
    en="Look whether its address is still the right one.",
    ru="Проверьте, не сменился ли её адрес.",
)
_RUNS: dict[str, tuple[Level, Text]] = {
    "failed": (
        "bad",
        Text(
            en="The regular mailing “{name}” did not go out",
            ru="Регулярная рассылка «{name}» не вышла",
        ),
    ),
    "missed": (
        "warn",
        Text(
            en="The regular mailing “{name}” missed its moment",
            ru="Регулярная рассылка «{name}» пропустила свой момент",
        ),
    ),
    "approval": (
        "warn",
        Text(
            en="The regular mailing “{name}” waits for an approval",
            ru="Регулярная рассылка «{name}» ждёт согласования",
        ),
    ),
}
_MISSED_HINT = Text(
    en="The program was down for more than six hours; what is new goes out the next time.",
    ru="Программа не работала больше шести часов; новое уйдёт в следующий раз.",
)
_ASKED = Text(en="Asked for by {who}.", ru="Попросил(а) {who}.")


def connect_digests() -> None:
    """Let slices below know of regular mailings. Once per process."""
    use_pickers(SOURCE_KIND, picker_of)
    use_letter_usage(letters_used_by_regular)
    use_sender_usage(sender_used_by_regular)
    use_feed_usage(feed_used_by_regular)
    register_usage(segments_used_by_regular)


async def segments_used_by_regular(
    tx: Tx, workspace_id: int, segment_ids: Sequence[UUID]
) -> dict[UUID, list[Use]]:
    found = await _using(tx, workspace_id=workspace_id, segment_ids=segment_ids)
    return {
        one: [Use(kind=KIND, id=use.id, name=use.name, state=_STATES[use.state]) for use in uses]
        for one, uses in found.items()
    }


async def letters_used_by_regular(
    tx: Tx, workspace_id: int, letter_ids: Sequence[UUID]
) -> dict[UUID, list[Reference]]:
    found = await _using(tx, workspace_id=workspace_id, letter_ids=letter_ids)
    return {
        one: [
            Reference(kind=KIND, id=str(use.id), name=use.name, state=_STATES[use.state])
            for use in uses
        ]
        for one, uses in found.items()
    }


async def sender_used_by_regular(tx: Tx, workspace_id: int, sender_id: UUID) -> list[str]:
    found = await _using(tx, workspace_id=workspace_id, sender_ids=[sender_id])
    return [use.name for uses in found.values() for use in uses]


async def feed_used_by_regular(tx: Tx, workspace_id: int, feed_id: UUID) -> list[str]:
    found = await _using(tx, workspace_id=workspace_id, feed_ids=[feed_id])
    return [
        use.name
        for uses in found.values()
        for use in uses
        if use.state is not RegularState.FINISHED
    ]


async def troubled_content_feeds(
    tx: Tx, workspace_id: int, now: datetime, lang: Lang
) -> list[Attention]:
    """Return feeds of articles that were broken for a day, or silent for a month."""
    return [
        Attention(
            kind="content_feed_broken" if one.problem else "content_feed_silent",
            level="bad" if one.problem else "warn",
            title=(_FEED_BROKEN if one.problem else _FEED_SILENT).of(lang, {"name": one.name}),
            detail=one.problem or _FEED_SILENT_HINT.of(lang),
            link=f"/letters/feeds/{one.feed_id}",
            at=one.since,
        )
        for one in await content_feed_troubles(tx, workspace_id=workspace_id, now=now, lang=lang)
    ]


async def troubled_regular(tx: Tx, workspace_id: int, now: datetime, lang: Lang) -> list[Attention]:
    """Return regular mailings whose newest run failed or was missed, or that wait for a yes."""
    found = []
    for one in await regular_troubles(tx, workspace_id=workspace_id, now=now, lang=lang):
        level, title = _RUNS[one.kind]
        detail = one.problem or _MISSED_HINT.of(lang)
        if one.kind == "approval":
            detail = _ASKED.of(lang, {"who": one.problem or ""})
        found.append(
            Attention(
                kind=f"regular_{one.kind}",
                level=level,
                title=title.of(lang, {"name": one.name}),
                detail=detail,
                link=f"/mailings/regular/{one.regular_id}",
                at=one.at,
            )
        )
    return found
