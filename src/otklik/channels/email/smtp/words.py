"""What no server has said: texts of this program and of its libraries about a connection."""

from __future__ import annotations

import re
from typing import Final

from otklik.channels.email.model import SendResult
from otklik.kit.i18n import Lang, Text

_WORDS: Final[tuple[tuple[re.Pattern[str], Text], ...]] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (
            r"no answer within (?P<seconds>[\d.]+) s",
            Text(en="no answer within {seconds} s", ru="нет ответа за {seconds} с"),
        ),
        (
            r"Timed out connecting to (?P<host>\S+) on port (?P<port>\d+)",
            Text(
                en="{host}, port {port}, does not answer",
                ru="{host}, порт {port}, не отвечает",
            ),
        ),
        (
            r"Error connecting to (?P<host>\S+) on port (?P<port>\d+).*(Errno 111|refused)",
            Text(
                en="nothing listens at {host}, port {port}",
                ru="по адресу {host}, порт {port}, ничего не слушает",
            ),
        ),
        (
            r".*Connect call failed \('(?P<host>[^']+)', (?P<port>\d+)",
            Text(
                en="nothing listens at {host}, port {port}",
                ru="по адресу {host}, порт {port}, ничего не слушает",
            ),
        ),
        (r"Timed out", Text(en="no answer in time", ru="ответ не пришёл вовремя")),
        (
            r"the server closed the connection",
            Text(en="the server closed the connection", ru="сервер закрыл соединение"),
        ),
        (
            r"the connection (is|was) closed",
            Text(en="the connection was closed", ru="соединение закрыто"),
        ),
        (
            r"the connection was lost: (?P<why>.*)",
            Text(en="the connection was lost: {why}", ru="соединение потеряно: {why}"),
        ),
        (
            r"the host has no address",
            Text(en="the host has no address", ru="у сервера нет адреса"),
        ),
        (
            r"not an envelope address",
            Text(en="the address can't be sent to", ru="на такой адрес отправить нельзя"),
        ),
        (r"no result", Text(en="no result", ru="результат неизвестен")),
    )
)


def told(result: SendResult, lang: Lang) -> str:
    """Return what a server said of a letter as it stands, or in words why none said anything."""
    if result.code is None:
        for pattern, text in _WORDS:
            found = pattern.match(result.text)
            if found is not None:
                return text.of(lang, found.groupdict())
    return result.text
