"""The proof of a consent on paper: who, what, when, from where, and that nobody changed it."""

from __future__ import annotations

import json
from datetime import datetime
from html import escape

from otklik.accounts.public import Workspace
from otklik.kit.i18n import Lang, Text
from otklik.privacy.pages.layout import (
    ACTION_TEXTS,
    CHANNEL_TEXTS,
    PURPOSE_TEXTS,
    SOURCE_TEXTS,
    facts,
    heading,
    moment,
    sheet,
    table,
)
from otklik.privacy.queries.proofs import Proof
from otklik.profiles.public import ProfileCard

_TITLE = Text(en="Proof of consent", ru="Подтверждение согласия")
_TITLE_NO = Text(en="Proof of refusal", ru="Подтверждение отказа")
_SUB = Text(
    en="{company}. Line {id} of the ledger of consents; printed {at}.",
    ru="{company}. Запись {id} журнала согласий; распечатано {at}.",
)
_ROWS = {
    "act": Text(en="Act", ru="Действие"),
    "purpose": Text(en="Purpose", ru="Цель"),
    "channel": Text(en="Channel", ru="Канал"),
    "topic": Text(en="Topic", ru="Тема"),
    "whole": Text(en="all topics of the channel", ru="все темы канала"),
    "any": Text(en="any", ru="любой"),
    "who": Text(en="Person", ru="Кто"),
    "customer": Text(en="customer {id}", ru="клиент № {id}"),
    "email": Text(en="E-mail", ru="E-mail"),
    "phone": Text(en="Phone", ru="Телефон"),
    "at": Text(en="When the person acted", ru="Когда клиент это сделал"),
    "recorded": Text(en="When it was recorded", ru="Когда записано"),
    "source": Text(en="Source", ru="Источник"),
    "ip": Text(en="IP address", ru="IP-адрес"),
    "proof": Text(en="Form and other circumstances", ru="Форма и прочие обстоятельства"),
    "text": Text(en="Text of the consent", ru="Текст согласия"),
    "version": Text(
        en="“{name}”, version {version} of {at}", ru="«{name}», версия {version} от {at}"
    ),
    "no_text": Text(
        en="No version of a text was recorded with this line.",
        ru="Версия текста с этой записью не сохранена.",
    ),
    "hash": Text(en="SHA-256 of the text", ru="SHA-256 текста"),
    "changed": Text(
        en="The text differs from the one whose hash was recorded.",
        ru="Текст отличается от того, хеш которого был записан.",
    ),
    "later": Text(
        en="What the person said later of the same", ru="Что клиент сказал об этом позже"
    ),
    "nothing_later": Text(en="Nothing.", ru="Ничего."),
    "chain": Text(en="Integrity", ru="Неизменность записи"),
    "genuine": Text(
        en="The line fits its chain: it is as it was written.",
        ru="Запись сходится с цепочкой: она такая, какой была внесена.",
    ),
    "forged": Text(
        en="The line does not fit its chain: it was changed after it was written.",
        ru="Запись не сходится с цепочкой: её изменили после внесения.",
    ),
    "older": Text(
        en="The line is older than the chain of hashes; the database refuses changes of it.",
        ru="Запись старше цепочки хешей; изменить её не даёт база данных.",
    ),
    "number": Text(en="Number in the chain", ru="Номер в цепочке"),
    "previous": Text(en="Hash of the line before", ru="Хеш предыдущей записи"),
    "digest": Text(en="Hash of this line", ru="Хеш этой записи"),
    "how": Text(
        en="The hash of a line is SHA-256 over the hash of the line before it and what this line "
        "says. Whoever changes or removes a line changes every hash after it.",
        ru="Хеш записи — SHA-256 от хеша предыдущей записи и содержания этой. Кто изменит или "
        "удалит запись, изменит все хеши после неё.",
    ),
}


def proof_page(
    *, lang: Lang, workspace: Workspace, card: ProfileCard, proof: Proof, now: datetime
) -> str:
    """Return the proof as a page for A4."""

    def say(key: str, **given: object) -> str:
        return _ROWS[key].of(lang, given)

    line, zone = proof.line, workspace.timezone
    title = (_TITLE if line.action == "granted" else _TITLE_NO).of(lang)
    said = {"company": workspace.name, "id": line.id, "at": moment(lang, now, zone)}
    who = [say("customer", id=card.id), card.name]
    rows = [
        (say("act"), ACTION_TEXTS[line.action].of(lang)),
        (say("purpose"), PURPOSE_TEXTS[line.purpose].of(lang)),
        (
            say("channel"),
            CHANNEL_TEXTS[line.channel].of(lang) if line.channel else say("any"),
        ),
        *([(say("topic"), proof.topic or say("whole"))] if line.channel else []),
        (say("who"), ", ".join(part for part in who if part)),
        *([(say("email"), card.email)] if card.email else []),
        *([(say("phone"), card.phone)] if card.phone else []),
        (say("at"), moment(lang, line.at, zone)),
        (say("recorded"), moment(lang, line.recorded_at, zone)),
        (say("source"), SOURCE_TEXTS[line.source].of(lang)),
        (say("ip"), line.ip or "—"),
        (say("proof"), _circumstances(line.proof)),
    ]
    body = heading(title, _SUB.of(lang, said)) + facts(rows)
    body += f"<h2>{escape(say('text'))}</h2>"
    if proof.text is None:
        body += f"<p>{escape(say('no_text'))}</p>"
    else:
        version = say(
            "version",
            name=proof.text.name,
            version=proof.text.version,
            at=moment(lang, proof.text.created_at, zone),
        )
        body += f"<p>{escape(version)}</p>"
        body += (
            f'<div class="text" lang="{escape(proof.text.lang)}">{escape(proof.text.text)}</div>'
        )
        body += f"<p><small>{escape(say('hash'))}:</small> <code>{proof.text.hash}</code></p>"
        if not proof.text_unchanged:
            body += f'<p class="bad">{escape(say("changed"))}</p>'
    body += f"<h2>{escape(say('later'))}</h2>"
    if proof.later:
        body += table(
            [say("at"), say("act"), say("source")],
            [
                [
                    moment(lang, one.at, zone),
                    ACTION_TEXTS[one.action].of(lang),
                    SOURCE_TEXTS[one.source].of(lang),
                ]
                for one in proof.later
            ],
        )
    else:
        body += f"<p>{escape(say('nothing_later'))}</p>"
    body += f"<h2>{escape(say('chain'))}</h2>"
    if proof.genuine is None:
        body += f"<p>{escape(say('older'))}</p>"
    else:
        css, verdict = ("ok", "genuine") if proof.genuine else ("bad", "forged")
        body += f'<p class="{css}">{escape(say(verdict))}</p>'
        body += facts(
            [
                (say("number"), str(line.number)),
                (say("previous"), proof.previous or "—"),
                (say("digest"), line.digest or "—"),
            ]
        )
        body += f"<p><small>{escape(say('how'))}</small></p>"
    return sheet(lang, f"{title} {line.id}", body)


def _circumstances(proof: dict[str, object] | None) -> str:
    if not proof:
        return "—"
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in proof.items()
    )
