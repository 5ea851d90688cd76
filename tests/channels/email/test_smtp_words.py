"""Why no server said anything, in the reader's language."""

from __future__ import annotations

import pytest

from otklik.channels.email.model import SendResult, SendState
from otklik.channels.email.smtp import open_pool
from otklik.channels.email.smtp.words import told
from tests.delivery.support import MailServer


@pytest.mark.parametrize(
    ("text", "russian"),
    [
        ("no answer within 15 s", "нет ответа за 15 с"),
        ("the server closed the connection", "сервер закрыл соединение"),
        ("the connection was lost: reset", "соединение потеряно: reset"),
        ("Timed out connecting to mx.example on port 25", "mx.example, порт 25, не отвечает"),
        ("not an envelope address", "на такой адрес отправить нельзя"),
        ("something else", "something else"),
    ],
)
def test_its_own_texts_are_told_in_words(text: str, russian: str) -> None:
    result = SendResult(SendState.TEMPORARY, None, None, text, "connect")
    assert told(result, "ru") == russian
    assert "[Errno" not in told(result, "en")


def test_what_a_server_said_stays_as_it_is() -> None:
    said = SendResult(SendState.TEMPORARY, 421, None, "no answer within 15 s", "connect")
    assert told(said, "ru") == "no answer within 15 s"


async def test_a_relay_that_is_not_there_is_named() -> None:
    async with MailServer() as gone:
        port = gone.port
    async with open_pool(f"smtp://127.0.0.1:{port}?tls=off") as pool:
        result = await pool.send("a@shop.example", "b@example.com", b"Subject: x\r\n\r\nx\r\n")
    assert told(result, "ru") == f"по адресу 127.0.0.1, порт {port}, ничего не слушает"
    assert told(result, "en") == f"nothing listens at 127.0.0.1, port {port}"
