"""What the slices beside analytics put on the start page: what failed, and what has a term."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from otklik.analytics.home.model import Attention, Level
from otklik.analytics.home.reports import Reporter
from otklik.campaigns.public import asked_approvals
from otklik.catalog.public import exchange_troubles, feed_troubles
from otklik.channels.email.public import list_mailboxes, troubled_domains
from otklik.entrypoints.wiring.digests import troubled_content_feeds, troubled_regular
from otklik.exports.public import export_troubles
from otklik.ingestion.public import failing_sources
from otklik.kit.calendar import day_text
from otklik.kit.i18n import Lang, Text, group_digits, plural
from otklik.privacy.public import requests_due
from otklik.runtime.public import Tx

_RECENT = timedelta(days=1)
_TERM_OVER = Text(
    en="{n} {noun} of persons past the term by law", ru="Срок по закону истёк: {n} {noun}"
)
_TERM_NEAR = Text(en="{n} {noun} of persons to answer soon", ru="Скоро отвечать: {n} {noun}")
_OLDEST_TERM = Text(en="The oldest term ended on {day}.", ru="Самый давний срок истёк {day}.")
_NEXT_TERM = Text(en="The next term ends on {day}.", ru="Ближайший срок истекает {day}.")
_SOURCE = Text(en="The source “{name}” has failed calls", ru="У источника «{name}» есть ошибки")
_CALLS = Text(
    en="In the last 24 hours: {failed} could not be turned into events, {refused} were refused.",
    ru="За сутки: не удалось превратить в события — {failed}, отклонено — {refused}.",
)
_APPROVAL = Text(en="“{name}” waits for an approval", ru="Рассылка «{name}» ждёт согласования")
_APPROVAL_ASKED = Text(en="Asked for by {who}.", ru="Попросил(а) {who}.")
_EXPORT = Text(en="The export “{name}” failed", ru="Выгрузка «{name}» не удалась")
_EXPORT_HINT = Text(
    en="It is tried again; what failed and why is on its page.",
    ru="Она будет повторена; что и почему не удалось — на её странице.",
)
_FEED_FAILED = Text(en="The feed “{name}” was not loaded", ru="Фид «{name}» не загружен")
_FEED_HELD = Text(en="The feed “{name}” waits for your yes", ru="Фид «{name}» ждёт вашего решения")
_MAILBOX = Text(
    en="The mailbox “{name}” for returned mail can't be read",
    ru="Ящик для возвратов «{name}» не читается",
)
_EXCHANGE_TITLES = {
    "failed": Text(en="The exchange with “{name}” failed", ru="Обмен с «{name}» не удался"),
    "locked": Text(
        en="1C comes to “{name}” with a wrong password",
        ru="1С приходит в подключение «{name}» с неверным паролем",
    ),
    "silent": Text(en="1C no longer comes to “{name}”", ru="1С перестала приходить в «{name}»"),
}
_EXCHANGE_DETAILS = {
    "locked": Text(
        en="Too many attempts; type the login and password of the connection into 1C anew.",
        ru="Попыток слишком много; укажите в 1С логин и пароль подключения заново.",
    ),
    "silent": Text(
        en="The last exchange was more than three days ago; look at its schedule in 1C.",
        ru="Последний обмен был больше трёх дней назад; проверьте расписание в 1С.",
    ),
}


_TRACKING_DOMAIN = Text(
    en="{host} no longer leads here: links of letters sent with it don't work",
    ru="{host} больше не ведёт сюда: ссылки в отправленных с ним письмах не работают",
)
_TRACKING_DOMAIN_HINT = Text(
    en="New letters use the address of the program until the name works again.",
    ru="Новые письма идут с адресом самой программы, пока имя не заработает.",
)


async def due_requests(tx: Tx, workspace_id: int, now: datetime, lang: Lang) -> list[Attention]:
    """Return requests of persons whose term by law is over or near."""
    due = await requests_due(tx, workspace_id=workspace_id, now=now)
    levels: list[tuple[int, Level, Text, Text, date | None]] = [
        (due.overdue, "bad", _TERM_OVER, _OLDEST_TERM, due.overdue_since),
        (due.soon, "warn", _TERM_NEAR, _NEXT_TERM, due.next_due_on),
    ]
    return [
        Attention(
            kind="person_requests",
            level=level,
            title=title.of(lang, {"n": count, "noun": _requests(count, lang)}),
            detail=detail.of(lang, {"day": day_text(lang, day)}),
            link="/requests",
            at=now,
        )
        for count, level, title, detail, day in levels
        if count and day is not None
    ]


def _requests(count: int, lang: Lang) -> str:
    return plural(
        lang, count, en=("request", "requests"), ru=("обращение", "обращения", "обращений")
    )


async def failed_calls(tx: Tx, workspace_id: int, now: datetime, lang: Lang) -> list[Attention]:
    """Return sources of incoming webhooks whose calls failed or were refused lately."""
    return [
        Attention(
            kind="source_failing",
            level="bad" if source.failed else "warn",
            title=_SOURCE.of(lang, {"name": source.name}),
            detail=_CALLS.of(
                lang,
                {
                    "failed": group_digits(lang, source.failed),
                    "refused": group_digits(lang, source.refused),
                },
            ),
            link=f"/sources/{source.source_id}?tab=calls",
            at=datetime.fromtimestamp(source.at_ms / 1000, UTC),
        )
        for source in await failing_sources(tx, workspace_id=workspace_id, since=now - _RECENT)
    ]


async def asked_for_approval(
    tx: Tx, workspace_id: int, _now: datetime, lang: Lang
) -> list[Attention]:
    """Return drafts of campaigns that wait for a second person."""
    return [
        Attention(
            kind="approval_asked",
            level="warn",
            title=_APPROVAL.of(lang, {"name": one.name}),
            detail=_APPROVAL_ASKED.of(lang, {"who": one.by_name}),
            link=f"/mailings/{one.id}",
            at=one.at,
        )
        for one in await asked_approvals(tx, workspace_id=workspace_id)
    ]


async def failed_exports(tx: Tx, workspace_id: int, _now: datetime, lang: Lang) -> list[Attention]:
    """Return scheduled exports whose newest run failed."""
    return [
        Attention(
            kind="export_failed",
            level="bad",
            title=_EXPORT.of(lang, {"name": one.name}),
            detail=_EXPORT_HINT.of(lang),
            link="/exports/schedules",
            at=one.at,
        )
        for one in await export_troubles(tx, workspace_id=workspace_id)
    ]


async def troubled_feeds(tx: Tx, workspace_id: int, _now: datetime, lang: Lang) -> list[Attention]:
    """Return product feeds whose newest run failed or waits for somebody's yes."""
    return [
        Attention(
            kind="feed_held" if feed.is_held else "feed_failed",
            level="warn" if feed.is_held else "bad",
            title=(_FEED_HELD if feed.is_held else _FEED_FAILED).of(lang, {"name": feed.name}),
            detail=feed.problem,
            link=f"/catalogue/feeds/{feed.feed_id}",
            at=feed.at,
        )
        for feed in await feed_troubles(tx, workspace_id=workspace_id, lang=lang)
    ]


async def troubled_exchanges(
    tx: Tx, workspace_id: int, now: datetime, lang: Lang
) -> list[Attention]:
    """Return connections of 1C whose newest exchange failed, is shut out, or has stopped."""
    return [
        Attention(
            kind=f"exchange_{one.kind}",
            level="warn" if one.kind == "silent" else "bad",
            title=_EXCHANGE_TITLES[one.kind].of(lang, {"name": one.name}),
            detail=one.problem or _EXCHANGE_DETAILS[one.kind].of(lang),
            link=f"/sources/exchanges/{one.exchange_id}",
            at=one.at,
        )
        for one in await exchange_troubles(tx, workspace_id=workspace_id, lang=lang, now=now)
    ]


async def troubled_tracking_domains(
    tx: Tx, workspace_id: int, now: datetime, lang: Lang
) -> list[Attention]:
    """Return names for the links of letters that worked once and don't now."""
    return [
        Attention(
            kind="tracking_domain_trouble",
            level="bad",
            title=_TRACKING_DOMAIN.of(lang, {"host": one.host}),
            detail=_TRACKING_DOMAIN_HINT.of(lang),
            link="/settings/tracking",
            at=one.trouble_at or now,
        )
        for one in await troubled_domains(tx, workspace_id=workspace_id)
    ]


async def troubled_mailboxes(
    tx: Tx, workspace_id: int, _now: datetime, lang: Lang
) -> list[Attention]:
    """Return mailboxes for returned mail that could not be read the last time."""
    return [
        Attention(
            kind="return_mailbox",
            level="bad",
            title=_MAILBOX.of(lang, {"name": box.username}),
            detail=box.trouble or "",
            link="/settings/returned-mail/ways",
            at=box.checked_at or box.updated_at,
        )
        for box in await list_mailboxes(tx, workspace_id=workspace_id)
        if box.enabled and box.trouble
    ]


REPORTERS: list[Reporter] = [
    troubled_mailboxes,
    due_requests,
    asked_for_approval,
    failed_calls,
    failed_exports,
    troubled_feeds,
    troubled_exchanges,
    troubled_content_feeds,
    troubled_regular,
    troubled_tracking_domains,
]
