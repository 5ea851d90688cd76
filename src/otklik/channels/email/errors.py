"""What can go wrong in the e-mail channel before a letter reaches the network."""

from __future__ import annotations

from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError
from otklik.kit.i18n import Text


class SenderNotFound(NotFound):
    code = "sender_not_found"
    message = Text(en="The sender was not found.", ru="Отправитель не найден.")


class NoNextKey(Conflict):
    """Letters are to be signed with a new key, but none was made."""

    code = "no_next_key"
    message = Text(
        en="There is no new DKIM key to change to.",
        ru="Нового ключа DKIM, на который перейти, нет.",
    )
    hint = Text(en="Make one first.", ru="Сначала создайте его.")


class KeyNotPublished(Conflict):
    """The record of a new key can't be seen yet: letters signed with it would fail."""

    code = "key_not_published"
    message = Text(
        en="The record {name} does not show the new key yet, so letters signed with it would fail.",
        ru="Запись {name} ещё не показывает новый ключ: письма с его подписью не пройдут.",
    )
    hint = Text(
        en="Publish the record and try again; it may take up to a day until it is seen everywhere.",
        ru="Опубликуйте запись и повторите; её увидят везде в течение суток.",
    )


class KeyUnreadable(Conflict):
    """A private DKIM key was sealed with another secret key than the installation has now."""

    code = "dkim_key_unreadable"
    message = Text(
        en="The sender's DKIM key can't be opened: the secret key of the installation has changed.",
        ru="Ключ DKIM отправителя не открывается: секретный ключ установки сменился.",
    )
    hint = Text(
        en="Put the former OTKLIK_SECRET_KEY back, or make a new DKIM key for the sender.",
        ru="Верните прежний OTKLIK_SECRET_KEY или создайте отправителю новый ключ DKIM.",
    )


class SenderInUse(Conflict):
    code = "sender_in_use"
    message = Text(
        en="The sender is used in: {used_by}.", ru="Отправитель используется: {used_by}."
    )


class SenderExists(Conflict):
    code = "sender_exists"
    message = Text(en="There is already a sender {address}.", ru="Отправитель {address} уже есть.")


class CaughtLetterNotFound(NotFound):
    code = "caught_letter_not_found"
    message = Text(en="The caught letter was not found.", ru="Пойманное письмо не найдено.")


class ReturnedMailNotFound(NotFound):
    code = "returned_mail_not_found"
    message = Text(en="The returned mail was not found.", ru="Вернувшееся письмо не найдено.")


class MailboxNotFound(NotFound):
    code = "return_mailbox_not_found"
    message = Text(en="The mailbox was not found.", ru="Ящик не найден.")


class MailboxExists(Conflict):
    code = "return_mailbox_exists"
    message = Text(
        en="The mailbox {username} at {host} is read already.",
        ru="Ящик {username} на {host} уже читается.",
    )


class PasswordNeeded(Invalid):
    code = "mailbox_password_needed"
    message = Text(
        en="Give the password too: the one that is kept was given for another mailbox.",
        ru="Укажите и пароль: сохранённый был дан для другого ящика.",
    )


class MailboxOff(Conflict):
    code = "return_mailbox_off"
    message = Text(
        en="The mailbox is switched off. Switch it on to look into it.",
        ru="Чтение ящика приостановлено. Включите его, чтобы проверить.",
    )


class JudgedElsewhere(Conflict):
    """What a sending service reported is its own judgement; there is no mail to judge again."""

    code = "judged_elsewhere"
    message = Text(
        en="This was reported by a sending service: there is no mail to judge again.",
        ru="Об этом сообщил сервис отправки: письма, которое можно оценить снова, нет.",
    )


class NothingToLift(Conflict):
    code = "nothing_to_lift"
    message = Text(
        en="The address is not on the stop list.",
        ru="Адреса нет в стоп-листе.",
    )


class ReportHookNotFound(NotFound):
    code = "report_hook_not_found"
    message = Text(en="There is no address for reports here.", ru="Адреса для отчётов здесь нет.")


class ReportRefused(OtklikError):
    code = "report_refused"
    status = 401
    message = Text(
        en="The report is not signed by {provider}.", ru="Отчёт не подписан сервисом {provider}."
    )


class ReportUnreadable(Invalid):
    code = "report_unreadable"
    message = Text(
        en="The report is not in the published form: {what}.",
        ru="Отчёт не в опубликованном формате: {what}.",
    )


class SecretNeeded(Invalid):
    code = "report_secret_needed"
    message = Text(
        en="{provider} signs its reports: give the key that it shows.",
        ru="{provider} подписывает отчёты: укажите ключ, который он показывает.",
    )


class BadAddress(Invalid):
    """An e-mail address that can't be one. `why` is a short code, see `addresses`."""

    code = "bad_address"
    message = Text(en="“{address}”: {why_en}", ru="«{address}»: {why_ru}")

    def __init__(self, address: str, why: str, text: Text) -> None:
        self.why = why
        shown = "".join(c if c.isprintable() else "·" for c in address[:100])
        super().__init__(address=shown, why=why, why_en=text.en, why_ru=text.ru)


class LetterTooBig(OtklikError):
    code = "letter_too_big"
    status = 422
    message = Text(
        en="The letter is {size_mb} MB; the limit is {limit_mb} MB.",
        ru="Письмо занимает {size_mb} МБ при допустимых {limit_mb} МБ.",
    )


class SmtpUrlInvalid(OtklikError):
    code = "smtp_url_invalid"
    status = 500
    message = Text(en="The SMTP address is wrong: {what}", ru="Адрес SMTP неверен: {what}")
    hint = Text(
        en="Write smtp://user:password@host:587 or smtps://host:465, with options after “?”: "
        "tls=auto|required|off, verify=yes|no, connections, per_connection, rate, timeout.",
        ru="Пишите smtp://user:password@host:587 или smtps://host:465, настройки после «?»: "
        "tls=auto|required|off, verify=yes|no, connections, per_connection, rate, timeout.",
    )


class RelayNotFound(NotFound):
    code = "relay_not_found"
    message = Text(en="The SMTP server was not found.", ru="SMTP-сервер не найден.")


class RelayExists(Conflict):
    code = "relay_exists"
    message = Text(
        en="There is an SMTP server called “{name}” already.",
        ru="SMTP-сервер с именем «{name}» уже есть.",
    )


class RelayPortRefused(Invalid):
    code = "relay_port_refused"
    message = Text(
        en="Mail servers don't listen on port {port}.",
        ru="На порту {port} почтовые серверы не отвечают.",
    )
    hint = Text(
        en="Use 25, 465, 587, or a port from 1024 up.",
        ru="Укажите 25, 465, 587 или порт от 1024.",
    )


class RelayPasswordInTheClear(Invalid):
    code = "relay_password_in_the_clear"
    message = Text(
        en="Without TLS the password would travel in the clear.",
        ru="Без TLS пароль пойдёт по сети открытым текстом.",
    )
    hint = Text(
        en="Choose STARTTLS or TLS, or leave user and password empty.",
        ru="Выберите STARTTLS или TLS либо оставьте пользователя и пароль пустыми.",
    )


class CatcherOff(OtklikError):
    code = "catcher_off"
    status = 404
    message = Text(
        en="The mail catcher works only while no relay is set.",
        ru="Ловушка писем работает, только пока не задан внешний сервер.",
    )
