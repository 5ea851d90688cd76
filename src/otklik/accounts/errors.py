"""Errors of accounts."""

from __future__ import annotations

from typing import ClassVar

from otklik.kit.errors import OtklikError, Retry
from otklik.kit.i18n import Text


class NotSignedIn(OtklikError):
    code = "not_signed_in"
    status = 401
    message = Text(
        en="Sign in, or send a valid secret key.", ru="Войдите или пришлите верный ключ."
    )


class WrongPassword(OtklikError):
    """One text for an unknown address and a wrong password, so that addresses can't be guessed."""

    code = "wrong_password"
    status = 401
    message = Text(
        en="The e-mail address or the password is wrong.", ru="Неверный адрес почты или пароль."
    )


class TooManyAttempts(OtklikError):
    code = "too_many_attempts"
    status = 429
    retry: ClassVar[Retry] = 900
    message = Text(
        en="Too many failed attempts to sign in.", ru="Слишком много неудачных попыток входа."
    )
    hint = Text(en="Try again in 15 minutes.", ru="Повторите через 15 минут.")


class Forbidden(OtklikError):
    code = "forbidden"
    status = 403
    message = Text(
        en="Your role ({role}) does not allow this.", ru="Ваша роль ({role}) этого не позволяет."
    )
    hint = Text(
        en="Ask the owner of the workspace for the right.",
        ru="Попросите владельца рабочего пространства дать вам это право.",
    )


class WrongCsrfToken(OtklikError):
    code = "wrong_csrf_token"
    status = 403
    message = Text(
        en="The request did not come from an open page of Otklik.",
        ru="Запрос пришёл не с открытой страницы Otklik.",
    )
    hint = Text(en="Reload the page and try again.", ru="Обновите страницу и повторите.")


class WeakPassword(OtklikError):
    code = "weak_password"
    status = 422
    message = Text(
        en="The password needs at least {least} characters and must not be a common one.",
        ru="Пароль должен быть не короче {least} знаков и не из числа распространённых.",
    )


class AddressTaken(OtklikError):
    code = "address_taken"
    status = 409
    message = Text(
        en="There is a user with the address {email} already.",
        ru="Пользователь с адресом {email} уже есть.",
    )


class LastOwner(OtklikError):
    code = "last_owner"
    status = 409
    message = Text(
        en="A workspace needs at least one owner.",
        ru="В рабочем пространстве должен остаться хотя бы один владелец.",
    )


class UnknownTimeZone(OtklikError):
    code = "unknown_time_zone"
    status = 422
    message = Text(
        en="{timezone} is not a time zone of the IANA list, such as Europe/Moscow.",
        ru="{timezone} нет в списке часовых поясов IANA (пример: Europe/Moscow).",
    )


class WrongAddress(OtklikError):
    code = "wrong_address"
    status = 422
    message = Text(en="{email} is not an e-mail address.", ru="{email} — не адрес почты.")
