"""The readable copy of a person's data: chapters with everything that is kept of him."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import msgspec

from otklik.accounts.public import Workspace
from otklik.kit.i18n import Lang, Text, group_digits
from otklik.privacy.pages.layout import facts, heading, moment, sheet, table

_TITLE = Text(en="Your data at {company}", ru="Ваши данные в компании «{company}»")
_SUB = Text(
    en="Customer {id}. A copy of everything that is kept, made on {at}.",
    ru="Клиент {id}. Копия всего, что хранится; собрана {at}.",
)
_NOTHING = Text(en="Nothing is kept.", ru="Ничего не хранится.")
_MORE = Text(
    en="The first {shown} of {total} records are shown; the file {file} beside has all of them.",
    ru="Показаны первые {shown} из {total} записей; все они — в соседнем файле {file}.",
)
_NAMES = {
    "record": Text(en="record", ru="запись"),
    "id": Text(en="number", ru="номер"),
    "name": Text(en="name", ru="имя"),
    "kind": Text(en="kind", ru="вид"),
    "value": Text(en="value", ru="значение"),
    "email": Text(en="e-mail", ru="e-mail"),
    "phone": Text(en="phone", ru="телефон"),
    "first_seen": Text(en="first seen", ru="впервые замечен"),
    "last_seen": Text(en="last seen", ru="последняя активность"),
    "time": Text(en="time", ru="время"),
    "at": Text(en="when", ru="когда"),
    "received_at": Text(en="received", ru="получено"),
    "recorded_at": Text(en="recorded", ru="записано"),
    "properties": Text(en="properties", ru="параметры"),
    "context": Text(en="context", ru="контекст"),
    "type": Text(en="type", ru="тип"),
    "source": Text(en="source", ru="источник"),
    "purpose": Text(en="purpose", ru="цель"),
    "channel": Text(en="channel", ru="канал"),
    "topic": Text(en="topic", ru="тема"),
    "action": Text(en="act", ru="действие"),
    "text": Text(en="text", ru="текст"),
    "text_name": Text(en="text of the consent", ru="текст согласия"),
    "text_version": Text(en="version", ru="версия"),
    "proof": Text(en="proof", ru="подтверждение"),
    "order_id": Text(en="order", ru="заказ"),
    "status": Text(en="status", ru="статус"),
    "placed_at": Text(en="placed", ru="оформлен"),
    "total": Text(en="sum", ru="сумма"),
    "currency": Text(en="currency", ru="валюта"),
    "lines": Text(en="lines", ru="позиции"),
    "refunds": Text(en="refunds", ru="возвраты"),
    "mailing": Text(en="mailing", ru="рассылка"),
    "state": Text(en="state", ru="состояние"),
    "reason": Text(en="reason", ru="причина"),
    "address": Text(en="address", ru="адрес"),
    "answer": Text(en="answer", ru="ответ"),
    "subject": Text(en="subject", ru="тема письма"),
    "traits": Text(en="traits", ru="свойства"),
    "number": Text(en="number", ru="номер"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One kind of data: the records that are shown, and how many there are."""

    title: Text
    records: Sequence[dict[str, Any]]
    total: int


def dossier_page(
    *,
    lang: Lang,
    workspace: Workspace,
    profile_id: int,
    chapters: Sequence[Chapter],
    now: datetime,
) -> str:
    """Return the readable copy as a page that needs nothing else."""
    said = {
        "company": workspace.name,
        "id": profile_id,
        "at": moment(lang, now, workspace.timezone),
    }
    title = _TITLE.of(lang, said)
    body = heading(title, _SUB.of(lang, said))
    for chapter in chapters:
        name = escape(chapter.title.of(lang))
        count = escape(group_digits(lang, chapter.total))
        body += f"<h2>{name} <small>{count}</small></h2>"
        body += _chapter(lang, chapter)
    return sheet(lang, title, body)


def _chapter(lang: Lang, chapter: Chapter) -> str:
    if not chapter.records:
        return f"<p><small>{escape(_NOTHING.of(lang))}</small></p>"
    parts = []
    for columns, records in _alike(chapter.records):
        heads = [_named(lang, column) for column in columns]
        if len(records) == 1:
            shown = [
                (head, text)
                for head, column in zip(heads, columns, strict=True)
                if (text := _plain(records[0].get(column)))
            ]
            parts.append(facts(shown))
        else:
            rows = [[_plain(record.get(column)) for column in columns] for record in records]
            kept = [n for n in range(len(columns)) if any(row[n] for row in rows)]
            parts.append(table([heads[n] for n in kept], [[row[n] for n in kept] for row in rows]))
    if chapter.total > len(chapter.records):
        said = {
            "shown": group_digits(lang, len(chapter.records)),
            "total": group_digits(lang, chapter.total),
            "file": "JSON",
        }
        parts.append(f"<p><small>{escape(_MORE.of(lang, said))}</small></p>")
    return "".join(parts)


def _alike(
    records: Sequence[dict[str, Any]],
) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    """Yield runs of neighbouring records that have the same fields."""
    run: list[dict[str, Any]] = []
    for record in records:
        if run and list(record) != list(run[0]):
            yield list(run[0]), run
            run = []
        run.append(record)
    if run:
        yield list(run[0]), run


def _named(lang: Lang, name: str) -> str:
    return _NAMES[name].of(lang) if name in _NAMES else name


def _plain(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_plain(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "\n".join(_plain(inner) for inner in value)
    return msgspec.json.encode(value).decode()
