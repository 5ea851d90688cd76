"""Words of status columns, and what each does: a consent, a refusal, the stop list, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from otklik.ingestion.imports.cells import Wrong
from otklik.ingestion.imports.model import Channel, Effect, ImportKind, PurposeWord

_CONSENT_WORDS: dict[str, Effect] = {
    **dict.fromkeys(
        (
            "granted",
            "given",
            "subscribed",
            "subscribe",
            "optedin",
            "optin",
            "confirmed",
            "active",
            "yes",
            "y",
            "true",
            "1",
            "да",
            "согласен",
            "согласна",
            "согласие",
            "подписан",
            "подписана",
            "подписался",
            "активен",
            "активный",
            "подтвержден",
        ),
        "granted",
    ),
    **dict.fromkeys(
        (
            "withdrawn",
            "unsubscribed",
            "unsubscribe",
            "optedout",
            "optout",
            "no",
            "n",
            "false",
            "0",
            "нет",
            "отказ",
            "отказался",
            "отписан",
            "отписана",
            "отписался",
            "отозвано",
            "отозван",
        ),
        "withdrawn",
    ),
    **dict.fromkeys(
        (
            "neversubscribed",
            "notsubscribed",
            "nonsubscribed",
            "transactional",
            "unconfirmed",
            "pending",
            "new",
            "invited",
            "inactive",
            "archived",
            "unknown",
            "новый",
            "неактивен",
            "неподтвержден",
            "неизвестно",
        ),
        "none",
    ),
    **dict.fromkeys(
        (
            "bounced",
            "bounce",
            "hardbounce",
            "hardbounced",
            "cleaned",
            "invalid",
            "invalidemail",
            "недоступен",
            "недействителен",
        ),
        "hard_bounce",
    ),
    **dict.fromkeys(
        ("complained", "complaint", "spam", "spamcomplaint", "abuse", "жалоба", "спам"), "complaint"
    ),
}
_STOP_WORDS: dict[str, Effect] = {
    **{word: effect for word, effect in _CONSENT_WORDS.items() if effect != "none"},
    **dict.fromkeys(
        (word for word, effect in _CONSENT_WORDS.items() if effect == "withdrawn"), "unsubscribed"
    ),
    **dict.fromkeys(("отписка", "optouts", "userunsubscribed"), "unsubscribed"),
    **dict.fromkeys(("bouncehard", "возврат", "нетадреса", "permanent", "dead"), "hard_bounce"),
    **dict.fromkeys(
        (
            "manual",
            "suppressed",
            "usersuppressed",
            "blocked",
            "blocklisted",
            "blacklisted",
            "blacklist",
            "вручную",
            "стоплист",
            "черныйсписок",
            "заблокирован",
        ),
        "manual",
    ),
}
_CHANNELS: dict[str, Channel] = {
    **dict.fromkeys(("email", "mail", "почта", "имейл", "рассылка", "электроннаяпочта"), "email"),
    **dict.fromkeys(("sms", "смс", "phone", "телефон"), "sms"),
    **dict.fromkeys(("push", "webpush", "пуш"), "push"),
    **dict.fromkeys(("telegram", "tg", "телеграм"), "telegram"),
    **dict.fromkeys(("whatsapp", "wa", "ватсап"), "whatsapp"),
    **dict.fromkeys(("viber", "вайбер"), "viber"),
    **dict.fromkeys(("calls", "call", "звонок", "звонки"), "calls"),
}
_PURPOSES: dict[str, PurposeWord] = {
    **dict.fromkeys(
        (
            "processing",
            "personaldata",
            "dataprocessing",
            "pd",
            "обработка",
            "обработкапд",
            "обработкаперсональныхданных",
            "персональныеданные",
            "пд",
        ),
        "processing",
    ),
    **dict.fromkeys(
        (
            "advertising",
            "marketing",
            "ads",
            "newsletter",
            "реклама",
            "рекламныерассылки",
            "маркетинг",
            "рассылка",
            "рассылки",
        ),
        "advertising",
    ),
    **dict.fromkeys(
        (
            "partners",
            "partner",
            "thirdparties",
            "sharing",
            "партнеры",
            "партнерам",
            "передачапартнерам",
            "передачатретьимлицам",
            "третьилица",
        ),
        "partners",
    ),
}
PHONE_CHANNELS: frozenset[Channel] = frozenset({"sms", "whatsapp", "viber", "calls"})


def plain_word(cell: str) -> str:
    return re.sub(r"[\W_]+", "", cell.lower()).replace("ё", "е")


def usual_effect(cell: str, kind: ImportKind) -> Effect | None:
    """Return what a word of a status column usually does, or None when it is not known."""
    words = _STOP_WORDS if kind is ImportKind.SUPPRESSIONS else _CONSENT_WORDS
    effect = words.get(plain_word(cell))
    if kind is ImportKind.SUPPRESSIONS and effect == "granted":
        return None
    return effect


def effect_of(cell: str, kind: ImportKind, chosen: Mapping[str, Effect]) -> Effect:
    """Return what a cell of a status column does; `chosen`: by the person. Raises: Wrong."""
    effect = chosen.get(cell) or usual_effect(cell, kind)
    if effect is None:
        raise Wrong("bad_status")
    return effect


def channel_of(cell: str) -> Channel:
    """Return the channel that a cell names. Raises: Wrong."""
    channel = _CHANNELS.get(plain_word(cell))
    if channel is None:
        raise Wrong("bad_channel")
    return channel


def purpose_of(cell: str) -> PurposeWord:
    """Return the purpose that a cell names. Raises: Wrong."""
    purpose = _PURPOSES.get(plain_word(cell))
    if purpose is None:
        raise Wrong("bad_purpose")
    return purpose
