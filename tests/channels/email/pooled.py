"""Letters that tests hand to a pool of connections."""

from __future__ import annotations

from typing import Any

import pytest

from otklik.channels.email.model import SendResult
from otklik.channels.email.smtp import SmtpPool, open_pool
from tests.channels.email.fake_smtp import FakeServer

LETTER = b"Subject: x\r\n\r\nHello\r\n.dot\r\n..\r\n"
BIG = b"Subject: x\r\n\r\n" + (b"x" * 76 + b"\r\n") * 5_000
# More than the buffers of the kernel hold between the two ends.
HUGE = BIG * 40


def pool_for(server: FakeServer, **changes: Any) -> SmtpPool:
    given = {"timeout_s": 0.2, "final_timeout_s": 0.2, "start_tls": "off", **changes}
    return open_pool(f"smtp://127.0.0.1:{server.port}", **given)


async def sent(server: FakeServer, data: bytes = LETTER, **changes: Any) -> SendResult:
    async with pool_for(server, **changes) as pool:
        return await pool.send("me@shop.example", "ann@example.com", data)


BOTH = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelining", "stepwise"])
