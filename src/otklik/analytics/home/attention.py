"""What needs somebody now, said in sentences. Pure: state in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from otklik.analytics.home.model import (
    Attention,
    FailedImport,
    FailedLaunch,
    Level,
    MailingTrouble,
    State,
)
from otklik.kit.i18n import Lang, Text, group_digits, plural

BACKLOG_WARN: Final = timedelta(minutes=2)
BACKLOG_BAD: Final = timedelta(minutes=15)
"""Events are stored within a second or two; waiting for minutes means that it does not keep up."""
_ORDER: dict[Level, int] = {"bad": 0, "warn": 1, "info": 2}


def attention(
    state: State, more: Sequence[Attention] = (), *, now: datetime, lang: Lang
) -> list[Attention]:
    """Return the lines, the worst first; among equals, what concerns people outside comes first.

    `more`: lines of other slices.
    """
    lines = [
        *_mailings(state.mailings, now, lang),
        *more,
        *(_launch(failed, lang) for failed in state.failed_launches),
        *_pipeline(state, now, lang),
        *_rejects(state, lang),
        *(_import(failed, lang) for failed in state.failed_imports),
        *_senders(state, now, lang),
    ]
    return sorted(lines, key=lambda line: _ORDER[line.level])


def _mailings(troubles: list[MailingTrouble], now: datetime, lang: Lang) -> Iterator[Attention]:
    for mailing in troubles:
        link = f"/mailings/{mailing.source_id}"
        if mailing.stalled:
            yield _stalled(mailing, link, now, lang)
        if mailing.in_doubt:
            yield _in_doubt(mailing, link, lang)


def _stalled(mailing: MailingTrouble, link: str, now: datetime, lang: Lang) -> Attention:
    said = Text(
        en="“{name}”: nothing has been sent for {span}.",
        ru="«{name}»: письма не уходят уже {span}.",
    )
    answer = Text(en=" The relay says: {trouble}", ru=" Ответ почтового сервера: {trouble}")
    facts = {"name": mailing.name, "span": _span(now - mailing.since, lang)}
    detail = said.of(lang, facts)
    if mailing.trouble:
        detail += answer.of(lang, {"trouble": mailing.trouble})
    return Attention(
        kind="mailing_stalled",
        level="bad",
        title=Text(en="A mailing does not move", ru="Рассылка стоит").of(lang),
        detail=detail,
        link=link,
        at=mailing.since,
    )


def _in_doubt(mailing: MailingTrouble, link: str, lang: Lang) -> Attention:
    noun = plural(
        lang,
        mailing.in_doubt,
        en=("message", "messages"),
        ru=("сообщение", "сообщения", "сообщений"),
    )
    title = Text(en="{n} {noun} in doubt", ru="{n} {noun}: доставка неизвестна")
    detail = Text(
        en="“{name}”: the receiving server did not confirm. They are not sent again by themselves.",
        ru="«{name}»: принимающий сервер не подтвердил приём. Сами они повторно не отправляются.",
    )
    return Attention(
        kind="in_doubt",
        level="warn",
        title=title.of(lang, {"n": group_digits(lang, mailing.in_doubt), "noun": noun}),
        detail=detail.of(lang, {"name": mailing.name}),
        link=f"{link}/recipients?state=in_doubt",
        at=mailing.since,
    )


def _launch(failed: FailedLaunch, lang: Lang) -> Attention:
    return Attention(
        kind="launch_failed",
        level="bad",
        title=Text(en="A mailing did not start", ru="Рассылка не запустилась").of(lang),
        detail=Text(en="“{name}”: {problem}", ru="«{name}»: {problem}").of(
            lang, {"name": failed.name, "problem": failed.problem.of(lang)}
        ),
        link=f"/mailings/{failed.source_id}",
        at=failed.at,
    )


def _pipeline(state: State, now: datetime, lang: Lang) -> Iterator[Attention]:
    if state.quarantined_events:
        yield Attention(
            kind="quarantined",
            level="bad",
            title=_events(
                state.quarantined_events,
                lang,
                Text(en="{n} {noun} could not be stored", ru="Не удалось сохранить {n} {noun}"),
            ),
            detail=Text(
                en="They are kept apart and are not lost. See the reason and try again.",
                ru="Они отложены и не потеряны. Посмотрите причину и повторите попытку.",
            ).of(lang),
            link="/events/rejects",
            at=state.quarantined_at or now,
        )
    waits = now - state.waiting_since if state.waiting_since else timedelta(0)
    if waits >= BACKLOG_WARN:
        yield Attention(
            kind="backlog",
            level="bad" if waits >= BACKLOG_BAD else "warn",
            title=Text(en="Events are stored late", ru="События сохраняются с задержкой").of(lang),
            detail=_events(
                state.waiting_events,
                lang,
                Text(
                    en="{n} {noun} in the queue; the oldest has waited for {span}.",
                    ru="В очереди {n} {noun}; самое старое ждёт {span}.",
                ),
                span=_span(waits, lang),
            ),
            link="/events",
            at=state.waiting_since or now,
        )


def _rejects(state: State, lang: Lang) -> Iterator[Attention]:
    if state.rejects_24h and state.last_reject_at:
        yield Attention(
            kind="rejects",
            level="warn",
            title=plural(
                lang,
                state.rejects_24h,
                en=("{n} event was put aside", "{n} events were put aside"),
                ru=("Отклонено {n} событие", "Отклонено {n} события", "Отклонено {n} событий"),
            ).format(n=group_digits(lang, state.rejects_24h)),
            detail=Text(
                en="In the last 24 hours. Each has its reason.",
                ru="За последние 24 часа. У каждого указана причина.",
            ).of(lang),
            link="/events/rejects",
            at=state.last_reject_at,
        )


def _import(failed: FailedImport, lang: Lang) -> Attention:
    detail = Text(en="“{name}”", ru="«{name}»").of(lang, {"name": failed.file_name})
    return Attention(
        kind="import_failed",
        level="bad",
        title=Text(en="An import failed", ru="Импорт не удался").of(lang),
        detail=f"{detail}: {failed.error}",
        link=f"/imports/{failed.import_id}",
        at=failed.at,
    )


def _senders(state: State, now: datetime, lang: Lang) -> Iterator[Attention]:
    if not state.senders:
        yield Attention(
            kind="no_sender",
            level="warn",
            title=Text(en="There is no sender", ru="Нет отправителя").of(lang),
            detail=Text(
                en="Add the address that letters come from; without it no mailing can start.",
                ru="Добавьте адрес, с которого уходят письма: без него рассылку не запустить.",
            ).of(lang),
            link="/settings/senders",
            at=now,
        )
    for sender in state.unverified:
        if state.development and not sender.failed:
            # Nothing leaves the machine yet, so a domain that nobody looked at does no harm.
            continue
        yield Attention(
            kind="sender_unverified",
            level=_sender_level(state.development, sender.failed),
            title=Text(
                en="The sender's domain is not in order"
                if sender.failed
                else "The sender's domain has not been checked",
                ru="Домен отправителя настроен не до конца"
                if sender.failed
                else "Домен отправителя не проверен",
            ).of(lang),
            detail=Text(
                en="{address}: see which DNS records are missing.",
                ru="{address}: посмотрите, каких записей DNS не хватает.",
            ).of(lang, {"address": sender.address}),
            link="/settings/senders",
            at=sender.at,
        )
    if state.development:
        yield Attention(
            kind="catcher",
            level="info",
            title=Text(
                en="Letters stay in the mail catcher", ru="Письма остаются в ловушке писем"
            ).of(lang),
            detail=Text(
                en="No mail relay is set, so nothing reaches real people. Read the letters here.",
                ru="Почтовый сервер не задан, поэтому до людей ничего не доходит. "
                "Письма можно прочитать здесь.",
            ).of(lang),
            link="/caught",
            at=now,
        )


def _sender_level(development: bool, failed: bool) -> Level:
    if development:
        return "info"
    return "bad" if failed else "warn"


def _events(n: int, lang: Lang, text: Text, **facts: object) -> str:
    noun = plural(lang, n, en=("event", "events"), ru=("событие", "события", "событий"))
    return text.of(lang, {"n": group_digits(lang, n), "noun": noun, **facts})


def _span(span: timedelta, lang: Lang) -> str:
    """Say a length of time in its largest whole unit."""
    minutes = max(1, int(span.total_seconds() // 60))
    if minutes < 120:
        n, en, ru = minutes, ("minute", "minutes"), ("минуту", "минуты", "минут")
    elif minutes < 48 * 60:
        n, en, ru = minutes // 60, ("hour", "hours"), ("час", "часа", "часов")
    else:
        n, en, ru = minutes // 1440, ("day", "days"), ("день", "дня", "дней")
    return f"{n}\u00a0{plural(lang, n, en=en, ru=ru)}"
