"""One open connection: letter after letter, as few round trips as the protocol allows.

With PIPELINING (RFC 2920) the envelope of a letter goes out in one piece. And since the text of a
letter may begin such a group (section 3.1), the envelope of the next letter travels behind the
final dot of this one, so that in a long run each letter costs one write and one wait.

Before the final dot, a failure is surely "not taken" and may be tried again; after it, without an
answer, nobody knows, and the letter is not sent again here.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from otklik.channels.email.frame import WireLetter
from otklik.channels.email.model import Phase, SendResult, SendState
from otklik.channels.email.smtp.results import (
    CLOSING,
    Reply,
    accepted,
    is_good,
    lost,
    refused,
    unknown,
)
from otklik.channels.email.smtp.settings import SmtpSettings
from otklik.channels.email.smtp.supply import Outgoing, Supply
from otklik.channels.email.smtp.wire import Answers, Wire

# A body up to this size goes out together with its final dot; a larger one is written first, so
# that a connection lost half-way is known to have delivered nothing.
WHOLE_BODY_MAX: Final = 64 * 1024
_BREAK: Final = re.compile(rb"\r\n|\r|\n")
_DOT: Final = b".\r\n"
_DATA: Final = b"DATA\r\n"

Turn = Callable[[], Awaitable[None]]


class Manners(msgspec.Struct):
    """What the letters before have taught about a relay; shared by its connections.

    `ahead`: it reads commands that come behind a letter, as RFC 2920 says it must.
    """

    ahead: bool = True


class Connection:
    """One open, logged-in connection."""

    def __init__(
        self, wire: Wire, extensions: dict[str, str], settings: SmtpSettings, manners: Manners
    ) -> None:
        self.wire = wire
        self.settings = settings
        self.manners = manners
        self.extensions = frozenset(extensions)
        self.pipelining = "pipelining" in extensions
        self.size_max = int(extensions["size"] or 0) if extensions.get("size", "").isdigit() else 0
        self.announce_size = "size" in extensions
        self.sent = 0
        self._begun = 0  # letters whose envelope went out
        self._dirty = False  # a refused transaction must be reset before the next one

    @property
    def usable(self) -> bool:
        return self.wire.lost is None and self.sent < self.settings.messages_per_connection

    async def convey(self, letter: Outgoing, supply: Supply, turn: Turn | None) -> Outgoing | None:
        """Hand over a letter, and then those of the supply as long as the connection is good.

        turn: wait for it before each letter after the first. Returns a letter that this connection,
        a used one, died before: it is not settled, and another connection may offer it. Afterwards
        the connection may be unusable: look at `usable`.
        """
        current: Outgoing | None = self._fitting(letter, supply)
        envelope: Answers | None = None
        while current is not None:
            refusal = await self._envelope(current, envelope)
            envelope, following = None, None
            if refusal is not None and self._died_before_letter(refusal):
                return current
            if refusal is None:
                result, following, envelope = await self._body(current, supply, turn)
            else:
                result = refusal
            supply.settle(current.key, result)
            current = following
            if current is None and self.usable:
                current = self._next(supply)
                if current is not None and turn is not None:
                    await turn()
        return None

    def _next(self, supply: Supply) -> Outgoing | None:
        letter = supply.take()
        return None if letter is None else self._fitting(letter, supply)

    def _fitting(self, letter: Outgoing, supply: Supply) -> Outgoing | None:
        """Return the letter, or the first after it that the server does not refuse by its size."""
        current: Outgoing | None = letter
        while current is not None and self.announce_size and 0 < self.size_max < len(current.data):
            text = f"the letter has {len(current.data)} bytes, the server takes {self.size_max}"
            supply.settle(current.key, refused(Reply(552, f"5.3.4 {text}"), "mail"))
            current = supply.take()
        return current

    # --- The envelope ----------------------------------------------------------------------------

    def _commands(self, letter: Outgoing) -> list[tuple[Phase, bytes]]:
        size = f" SIZE={len(letter.data)}" if self.announce_size else ""
        commands: list[tuple[Phase, bytes]] = [
            ("mail", f"MAIL FROM:<{letter.return_path}>{size}\r\n".encode()),
            ("rcpt", f"RCPT TO:<{letter.to}>\r\n".encode()),
            ("data", _DATA),
        ]
        if self._dirty:
            commands.insert(0, ("mail", b"RSET\r\n"))
            self._dirty = False
        return commands

    async def _envelope(self, letter: Outgoing, answers: Answers | None) -> SendResult | None:
        """Offer a letter; returns why it is not wanted, None when its text is.

        answers: those that came already, because the envelope went out with the letter before.
        """
        if answers is None:
            commands = self._commands(letter)
            self._begun += 1
            if not self.pipelining:
                return await self._stepwise(commands)
            phases = [phase for phase, _ in commands]
            answers = await self.wire.ask(
                b"".join([command for _, command in commands]),
                replies=len(commands),
                timeout_s=self.settings.timeout_s,
            )
        else:
            phases = ["mail", "rcpt", "data"]
        return await self._judge(phases, answers)

    async def _judge(self, phases: list[Phase], answers: Answers) -> SendResult | None:
        refusal: SendResult | None = None
        for phase, reply in zip(phases, answers.replies, strict=False):
            if not is_good(reply, 354 if phase == "data" else 250):
                refusal = refused(reply, phase)
                break
        if answers.failure is not None:
            return refusal or lost(
                answers.failure, phases[min(len(answers.replies), len(phases) - 1)]
            )
        if refusal is not None:
            self._dirty = True
            if answers.replies[-1].code == 354:
                # RFC 2920 section 3.1: the server waits for a body although it refused before.
                # It gets an empty one, which goes to nobody.
                await self.wire.ask(_DOT, replies=1, timeout_s=self.settings.timeout_s)
            self._leave_if_closing(refusal)
        return refusal

    async def _stepwise(self, commands: list[tuple[Phase, bytes]]) -> SendResult | None:
        for phase, command in commands:
            answers = await self.wire.ask(command, replies=1, timeout_s=self.settings.timeout_s)
            if not answers.replies:
                return lost(answers.failure or "", phase)
            if not is_good(answers.replies[0], 354 if phase == "data" else 250):
                self._dirty = True
                refusal = refused(answers.replies[0], phase)
                self._leave_if_closing(refusal)
                return refusal
        return None

    def _died_before_letter(self, result: SendResult) -> bool:
        """Tell whether a used connection turned out dead before the letter was offered on it."""
        return (
            self._begun > 1
            and self.wire.lost is not None
            and result.state is SendState.TEMPORARY
            and result.phase == "mail"
            and (result.code == CLOSING or result.code is None)
        )

    # --- The text --------------------------------------------------------------------------------

    async def _body(
        self, letter: Outgoing, supply: Supply, turn: Turn | None
    ) -> tuple[SendResult, Outgoing | None, Answers | None]:
        """Send the text, and behind it the envelope of the next letter, if there is one.

        Returns the result of this letter, the next one, and the answers to its envelope.
        """
        data = transparent(letter.data)
        if len(data) > WHOLE_BODY_MAX:
            if failure := await self.wire.drain(data, timeout_s=self.settings.timeout_s):
                self.wire.leave(failure)
                return lost(failure, "data"), None, None
            data = b""
        if self.wire.lost is not None:
            return lost(self.wire.lost, "data"), None, None
        following = self._next(supply) if turn is None and self._may_look_ahead() else None
        group = [data, _DOT]
        if following is not None:
            group += [command for _, command in self._commands(following)]
            self._begun += 1
        answers = await self.wire.ask(
            b"".join(group),
            replies=len(group) - 1,
            timeout_s=self.settings.final_timeout_s,
            next_s=self.settings.timeout_s,
        )
        self.sent += 1
        behind = None
        if following is not None:
            behind = Answers(answers.replies[1:], answers.failure, answers.late)
        if not answers.replies:
            # The dot may have arrived. Only the receiver knows, and it can't be asked.
            self.wire.leave(answers.failure or "")
            return unknown(answers.failure or ""), following, behind
        reply = answers.replies[0]
        if 200 <= reply.code < 300:
            result = accepted(reply)
        else:
            result = refused(reply, "body")
            self._leave_if_closing(result)
        if answers.late and behind is not None and not behind.replies:
            # It answered the letter and then waited: what came behind was lost on it.
            self.manners.ahead = False
        return result, following, behind

    def _may_look_ahead(self) -> bool:
        return (
            self.pipelining
            and self.manners.ahead
            and self.sent + 1 < self.settings.messages_per_connection
        )

    def _leave_if_closing(self, refusal: SendResult) -> None:
        if refusal.code == CLOSING:
            self.wire.leave(refusal.text)

    async def quit(self) -> None:
        if self.wire.lost is None:
            await self.wire.ask(b"QUIT\r\n", replies=1, timeout_s=min(2.0, self.settings.timeout_s))
        self.wire.abort()


def transparent(data: bytes) -> bytes:
    """Return the letter as it goes over the wire: CRLF everywhere, dots doubled, CRLF at the end.

    A bare CR or LF would let a letter smuggle a second one past servers that read them as line
    ends, so each becomes CRLF.
    """
    if type(data) is WireLetter:
        return data
    if data.count(b"\n") != data.count(b"\r\n") or data.count(b"\r") != data.count(b"\r\n"):
        data = _BREAK.sub(b"\r\n", data)
    if b"\r\n." in data:
        data = data.replace(b"\r\n.", b"\r\n..")
    if data.startswith(b"."):
        data = b"." + data
    return data if data.endswith(b"\r\n") else data + b"\r\n"
