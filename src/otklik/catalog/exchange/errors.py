"""What can go wrong in an exchange with 1C. Each text is also what 1C shows to its user."""

from __future__ import annotations

from otklik.catalog.feeds.errors import FeedIsNotYml
from otklik.kit.errors import NotFound, OtklikError
from otklik.kit.i18n import Text


class ExchangeNotFound(NotFound):
    code = "exchange_not_found"
    message = Text(en="The connection was not found.", ru="Подключение не найдено.")


class ExchangeRefused(OtklikError):
    """An answer that begins with «failure»."""

    code = "exchange_refused"
    status = 422


class WrongLogin(ExchangeRefused):
    code = "exchange_wrong_login"
    message = Text(en="Wrong login or password.", ru="Неверный логин или пароль.")


class TooManyLogins(ExchangeRefused):
    code = "exchange_too_many_logins"
    message = Text(
        en="Too many wrong passwords. Try again in 15 minutes.",
        ru="Слишком много неверных паролей. Повторите через 15 минут.",
    )


class TooManyCalls(ExchangeRefused):
    code = "exchange_too_many_calls"
    message = Text(
        en="Too many calls of unknown addresses. Try again in a minute.",
        ru="Слишком много обращений по неизвестным адресам. Повторите через минуту.",
    )


class SessionOver(ExchangeRefused):
    code = "exchange_session_over"
    message = Text(
        en="The session is over or unknown: begin the exchange again.",
        ru="Сеанс закончился или неизвестен: начните обмен заново.",
    )


class ExchangeBusy(ExchangeRefused):
    code = "exchange_busy"
    message = Text(
        en="Another exchange of this connection is under way. Try again in a few minutes.",
        ru="По этому подключению уже идёт другой обмен. Повторите через несколько минут.",
    )


class ExchangeOff(ExchangeRefused):
    code = "exchange_off"
    message = Text(
        en="This part of the exchange is switched off in the connection.",
        ru="Эта часть обмена выключена в настройках подключения.",
    )


class UnknownMode(ExchangeRefused):
    code = "exchange_unknown_mode"
    message = Text(en="There is no such command of the exchange.", ru="Такой команды в обмене нет.")


class BadFileName(ExchangeRefused):
    code = "exchange_bad_name"
    message = Text(en="The name of the file is not allowed.", ru="Такое имя файла не допускается.")


class PartTooLarge(ExchangeRefused):
    code = "exchange_part_too_large"
    message = Text(en="A part of a file is larger than {mb} MB.", ru="Часть файла больше {mb} МБ.")


class TooMuchSent(ExchangeRefused):
    code = "exchange_too_much"
    message = Text(
        en="One exchange is at most {mb} MB and {files} files.",
        ru="В одном обмене — не больше {mb} МБ и {files} файлов.",
    )


class NoSuchFile(ExchangeRefused):
    code = "exchange_no_file"
    message = Text(
        en="The file was not sent in this session.", ru="Этот файл не был передан в сеансе."
    )


class FileWasTaken(ExchangeRefused):
    code = "exchange_file_taken"
    message = Text(
        en="This file is being read already: begin the exchange again.",
        ru="Этот файл уже читается: начните обмен заново.",
    )


class BadArchive(ExchangeRefused):
    """`why` and `why_ru`: what is wrong with it."""

    code = "exchange_bad_archive"
    message = Text(
        en="The archive cannot be unpacked: {why}.", ru="Архив не распаковывается: {why_ru}."
    )


class FileFailed(ExchangeRefused):
    """A file whose reason is known from its reading."""

    code = "exchange_file_failed"
    message = Text(en="{en}", ru="{ru}")


class NotCommerceMl(FeedIsNotYml):
    """A file of an exchange that is no CommerceML; its code is that of every feed."""

    message = Text(
        en="The root element is <{root}> (line {line}); a file of 1C begins with "
        "<КоммерческаяИнформация>.",
        ru="Корневой элемент — <{root}> (строка {line}); файл 1С начинается с "
        "<КоммерческаяИнформация>.",
    )
    hint = Text(en="Send the file as 1C writes it.", ru="Передайте файл таким, каким его пишет 1С.")
