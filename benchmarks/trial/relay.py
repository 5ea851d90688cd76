"""An SMTP relay that writes every letter down before it says yes: `relay.py PORT FILE [DELAY_S]`.

One line for each letter: the subject, a tab, the recipient, a tab, the moment (epoch seconds). The
line is in the file before the answer goes out, so a relay that is killed in between has taken a
letter whose sender never heard of it: the case in which only an honest "in doubt" is right. Up to
DELAY_S seconds are waited before the line is written, and as long before the answer, so that kills
meet both moments.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
import time

import uvloop

_SUBJECT = re.compile(rb"^subject: *([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


class Relay:
    """Takes letters on all connections and appends them to one file."""

    def __init__(self, file: str, delay_s: float) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._delay_s = delay_s
        self._random = random.Random(7)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(*lines: str) -> None:
            writer.write("".join(f"{line}\r\n" for line in lines).encode())

        to = b""
        say("220 trial ESMTP")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say("250-trial", "250-PIPELINING", "250 8BITMIME")
            elif verb == b"RCPT":
                to = line[line.index(b"<") + 1 : line.index(b">")]
                say("250 2.1.5 ok")
            elif verb == b"DATA":
                say("354 go on")
                letter = await reader.readuntil(_END)
                await self._wait()
                found = _SUBJECT.search(letter)
                subject = found[1] if found else b"?"
                os.write(self._file, b"%s\t%s\t%.4f\n" % (subject, to, time.time()))
                await self._wait()
                say("250 2.0.0 taken")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 2.0.0 ok")

    async def _wait(self) -> None:
        if self._delay_s:
            await asyncio.sleep(self._random.uniform(0.0, self._delay_s))


async def main(port: int, file: str, delay_s: float) -> None:
    relay = Relay(file, delay_s)
    server = await asyncio.start_server(
        relay.serve, "127.0.0.1", port, limit=4 << 20, reuse_address=True
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]) if sys.argv[3:] else 0.0))
