"""The act of destruction and the extract of the event log, as the order of Roskomnadzor asks.

Order 179 of 28 October 2022: personal data kept by a program are proved destroyed by an act (who
destroyed, whose and what data, in which system, how, why, when) together with an extract of the
program's event log. Both may name the person by "other information" than the full name, and here
it is the number that he had: every other thing that leads to him is destroyed.
"""

from __future__ import annotations

from datetime import datetime
from html import escape

from otklik.accounts.public import Workspace
from otklik.kit.i18n import Lang, Text, group_digits
from otklik.privacy.erasing import Erasure, ErasureState
from otklik.privacy.keepers import CLICKHOUSE
from otklik.privacy.pages.layout import facts, heading, moment, sheet, table

_T = {
    "title": Text(
        en="Act {number} of the destruction of personal data",
        ru="Акт № {number} об уничтожении персональных данных",
    ),
    "sub": Text(en="{company}. Printed {at}.", ru="{company}. Распечатан {at}."),
    "final": Text(en="Everything is destroyed", ru="Уничтожено всё"),
    "open": Text(
        en="The destruction goes on; not final", ru="Уничтожение продолжается; не окончателен"
    ),
    "operator": Text(en="Operator", ru="Оператор"),
    "system": Text(en="Information system", ru="Информационная система"),
    "system_is": Text(
        en="Otklik customer data platform: databases PostgreSQL and ClickHouse, its files",
        ru="платформа клиентских данных Otklik: базы PostgreSQL и ClickHouse, файлы программы",
    ),
    "person": Text(en="Data subject", ru="Субъект персональных данных"),
    "person_is": Text(
        en="customer {id} (numbers before merges: {others}); other information that leads to the "
        "person is destroyed",
        ru="клиент № {id} (номера до объединений: {others}); иные сведения, по которым можно "
        "узнать лицо, уничтожены",
    ),
    "person_one": Text(
        en="customer {id}; other information that leads to the person is destroyed",
        ru="клиент № {id}; иные сведения, по которым можно узнать лицо, уничтожены",
    ),
    "basis": Text(en="Basis", ru="Основание"),
    "reason": Text(en="Reason", ru="Причина"),
    "request": Text(en="Request", ru="Обращение"),
    "responsible": Text(en="Ordered by", ru="Распорядился"),
    "ordered": Text(en="Ordered", ru="Дата распоряжения"),
    "finished": Text(en="Destroyed", ru="Дата уничтожения"),
    "waits": Text(en="The rest is destroyed by", ru="Остальное будет уничтожено до"),
    "how": Text(en="Method", ru="Способ"),
    "how_is": Text(
        en="deletion of rows and files by the program, removal of deleted rows from ClickHouse’s "
        "disk, overwriting of raw events without those of the person; figures of reports go on "
        "under a number that leads to nobody",
        ru="удаление записей и файлов средствами программы, удаление стёртых строк с диска "
        "ClickHouse, перезапись исходных событий без событий лица; показатели отчётов "
        "сохранены под номером, который ни к кому не ведёт",
    ),
    "what": Text(en="Categories of destroyed data", ru="Категории уничтоженных данных"),
    "category": Text(en="Category", ru="Категория"),
    "where": Text(en="Where", ru="Где"),
    "count": Text(en="Records", ru="Записей"),
    "until": Text(en="Waits until", ru="Ждёт до"),
    "log": Text(en="Extract of the event log", ru="Выгрузка из журнала регистрации событий"),
    "nothing": Text(en="Nothing was there.", ru="Данных не было."),
    "when": Text(en="When", ru="Когда"),
    "kept": Text(
        en="Kept: a keyed hash of each address, only to write to it never again; lines of the "
        "ledger of consents without the person; this act. The addresses can’t be worked out of it.",
        ru="Сохранены: хеши адресов с ключом — только чтобы больше не писать на них; записи "
        "журнала согласий без указания на лицо; этот акт. Восстановить по ним адреса нельзя.",
    ),
    "copies": Text(
        en="Backups made before are overwritten by their own schedule; after a restore the "
        "erasure has to be repeated.",
        ru="Резервные копии, сделанные раньше, перезаписываются по своему расписанию; после "
        "восстановления из копии уничтожение нужно повторить.",
    ),
    "sign_position": Text(en="Position, name", ru="Должность, ФИО"),
    "sign": Text(en="Signature, date", ru="Подпись, дата"),
    "clickhouse": Text(en="ClickHouse: {tables}", ru="ClickHouse: {tables}"),
    "postgresql": Text(en="PostgreSQL: {tables}", ru="PostgreSQL: {tables}"),
}


def act_page(*, lang: Lang, workspace: Workspace, erasure: Erasure, now: datetime) -> str:
    """Return the act with the extract of the event log as pages for A4."""

    def say(key: str, **given: object) -> str:
        return _T[key].of(lang, given)

    zone = workspace.timezone
    final = erasure.state is ErasureState.DONE
    title = say("title", number=erasure.number)
    others = [str(one) for one in erasure.profile_ids if one != erasure.profile_id]
    person = (
        say("person_is", id=erasure.profile_id, others=", ".join(others))
        if others
        else say("person_one", id=erasure.profile_id)
    )
    css, stamp = ("ok", "final") if final else ("bad", "open")
    body = heading(title, say("sub", company=workspace.name, at=moment(lang, now, zone)))
    body += f'<p><span class="stamp {css}">{escape(say(stamp))}</span></p>'
    rows = [
        (say("operator"), workspace.name),
        (say("system"), say("system_is")),
        (say("person"), person),
        (say("basis"), erasure.basis_text),
    ]
    if erasure.reason:
        rows.append((say("reason"), erasure.reason))
    if erasure.request_number is not None:
        rows.append((say("request"), f"№ {erasure.request_number}"))
    rows += [
        (say("responsible"), erasure.asked_by or "—"),
        (say("ordered"), moment(lang, erasure.asked_at, zone)),
    ]
    if erasure.finished_at is not None:
        rows.append((say("finished"), moment(lang, erasure.finished_at, zone)))
    elif erasure.waits_until is not None:
        rows.append((say("waits"), moment(lang, erasure.waits_until, zone)))
    rows.append((say("how"), say("how_is")))
    body += facts(rows)
    body += f"<h2>{escape(say('what'))}</h2>"
    body += table(
        [say("category"), say("where"), say("count"), *([] if final else [say("until")])],
        [
            [
                step.title,
                _where(lang, step.tables),
                group_digits(lang, step.destroyed),
                *([] if final else [moment(lang, step.until, zone) if step.until else ""]),
            ]
            for step in erasure.steps
        ],
        numbers=[2],
    )
    body += f"<p><small>{escape(say('kept'))}</small></p>"
    body += f"<p><small>{escape(say('copies'))}</small></p>"
    body += f"<h2>{escape(say('log'))}</h2>"
    if erasure.log:
        body += table(
            [say("when"), say("category"), say("reason"), say("count")],
            [
                [
                    moment(lang, line.at, zone),
                    line.title,
                    erasure.basis_text,
                    group_digits(lang, line.destroyed),
                ]
                for line in erasure.log
            ],
            numbers=[3],
        )
    else:
        body += f"<p>{escape(say('nothing'))}</p>"
    lines = (say("sign_position"), say("sign")) * 2
    body += '<div class="sign">' + "".join(f"<div>{escape(one)}</div>" for one in lines) + "</div>"
    return sheet(lang, title, body)


def _where(lang: Lang, tables: list[str]) -> str:
    columns = [one.removeprefix(CLICKHOUSE) for one in tables if one.startswith(CLICKHOUSE)]
    rows = [one for one in tables if not one.startswith(CLICKHOUSE)]
    parts = []
    if rows:
        parts.append(_T["postgresql"].of(lang, {"tables": ", ".join(rows)}))
    if columns:
        parts.append(_T["clickhouse"].of(lang, {"tables": ", ".join(columns)}))
    return "; ".join(parts)
