"""Errors of the ground floor: engines that are away, signatures that do not match."""

from __future__ import annotations

from typing import ClassVar

from otklik.kit.errors import OtklikError, Retry
from otklik.kit.i18n import Lang, Text


class EngineUnavailable(OtklikError):
    """An engine did not answer within the wait budget; nothing was accepted or lost."""

    code = "engine_unavailable"
    status = 503
    retry: ClassVar[Retry] = 2
    message = Text(
        en="{engine} does not answer; nothing was changed.",
        ru="{engine} не отвечает; ничего не изменено.",
    )
    hint = Text(
        en="Try again in a few seconds. If it goes on, run `otklik doctor`.",
        ru="Повторите через несколько секунд. Если не пройдёт, запустите `otklik doctor`.",
    )


class BadSignature(OtklikError):
    code = "bad_signature"
    status = 404
    message = Text(
        en="This link is damaged or was not made by this installation.",
        ru="Ссылка повреждена или создана не этой установкой.",
    )


class BadSettings(OtklikError):
    """A setting is unknown or has a value that is not allowed; the program does not start."""

    code = "bad_settings"
    status = 500
    message = Text(en="{what}", ru="{what}")


class BadSeal(OtklikError):
    """A stored secret of another service can't be opened any more."""

    code = "bad_seal"
    status = 409
    message = Text(
        en="A stored password or key can't be read: this installation's secret key is another one "
        "than when it was stored.",
        ru="Сохранённый пароль или ключ не читается: секретный ключ установки уже не тот, "
        "с которым его сохраняли.",
    )
    hint = Text(en="Type it in again.", ru="Введите его ещё раз.")


class OutgoingRefused(OtklikError):
    """An address that the program does not connect to."""

    code = "outgoing_refused"
    status = 422
    message = Text(en="{address} can't be used: {why}.", ru="{address} не подходит: {why}.")

    def __init__(self, *, address: str, why: Text) -> None:
        self.why = why
        super().__init__(address=address, why=why.en)

    def text(self, lang: Lang) -> str:
        return self.message.of(lang, {**self.facts, "why": self.why.of(lang, {})})


class OutgoingFailed(OtklikError):
    """The other side could not be reached, or did not answer as it should.

    `reason`: "dns", "connect", "tls", "timeout", "protocol", "too_large" or "too_long". `detail`: a
    number in words, or what a library said, which is English.
    """

    code = "outgoing_failed"
    status = 502
    retry: ClassVar[Retry] = "later"
    message = Text(en="{host}: {what}{detail}.", ru="{host}: {what}{detail}.")
    whats: ClassVar[dict[str, Text]] = {
        "dns": Text(en="the name can't be resolved", ru="имя не находится"),
        "connect": Text(en="no connection", ru="нет соединения"),
        "tls": Text(en="no secure connection", ru="не удалось защитить соединение"),
        "timeout": Text(en="no answer in time", ru="ответ не пришёл вовремя"),
        "protocol": Text(en="the answer is not HTTP", ru="ответ не по правилам HTTP"),
        "too_large": Text(en="the answer is too large", ru="ответ слишком велик"),
        "too_long": Text(en="the answer does not end", ru="ответ не заканчивается"),
    }

    def __init__(self, *, reason: str, host: str, detail: Text | str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(host=host)

    def text(self, lang: Lang) -> str:
        detail = self.detail.of(lang) if isinstance(self.detail, Text) else self.detail
        facts = {
            **self.facts,
            "what": self.whats[self.reason].of(lang),
            "detail": f" ({detail})" if detail else "",
        }
        return self.message.of(lang, facts)
