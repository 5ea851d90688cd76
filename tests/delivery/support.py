"""What the tests of delivery share: a mail server that does as it is told, people, a mailing."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email.public import SmtpPool, create_sender, open_pool
from otklik.delivery.model import LetterContent, MailingSpec, Variant
from otklik.delivery.operations.freeze import freeze_audience
from otklik.delivery.operations.mailings import create_mailing
from otklik.delivery.sending.letters import letter_links, source_of
from otklik.delivery.tables import mailings, message_blocks, messages
from otklik.kit.ids import new_id
from otklik.privacy.public import Action, ConsentEntry, Source, record_consents
from otklik.profiles.public import Observation, resolve_identities
from otklik.runtime.public import Runtime, Tx

LETTER = """<!doctype html><html><body>
<p>Hello {{ customer.first_name }}</p>
<a href="https://shop.example/sale">Sale</a>
<a href="https://shop.example/new">New</a>
<a href="https://shop.example/best">Best</a>
<a href="https://shop.example/for/{{ customer.user_id }}">Yours</a>
<a href="{{ unsubscribe_url }}">Unsubscribe</a>
</body></html>"""


def letter(subject: str = "For {{ customer.first_name }}", source: str = LETTER) -> LetterContent:
    return LetterContent(kind="html", subject=subject, source=source)


class MailServer:
    """An SMTP server on loopback. `script[address]` is a list of answers, one per attempt.

    An answer is "ok", a line such as "450 4.2.2 full" (to RCPT), the same after "data " or "dot "
    (to DATA, to the final dot), or one of: "drop" (closes at RCPT), "hang" (says nothing to RCPT),
    "drop_in_data" (closes in the middle of the letter), "drop_after_dot" and "hang_after_dot"
    (takes the letter, then closes, or says nothing).
    """

    def __init__(self) -> None:
        self.script: dict[str, list[str]] = {}
        self.greeting = "220 test ESMTP"
        self.delay_s = 0.0
        self.letters_per_connection: int | None = None
        self.taken: list[tuple[str, bytes]] = []
        self.attempts: Counter[str] = Counter()
        self.senders: dict[str, str] = {}
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> MailServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def pool(self, **settings: object) -> SmtpPool:
        given: dict[str, Any] = {"timeout_s": 2.0, **settings}
        return open_pool(f"smtp://127.0.0.1:{self.port}?tls=off", **given)

    def copies(self) -> Counter[str]:
        """Return how many letters each address was given."""
        return Counter(address for address, _ in self.taken)

    def letter_to(self, address: str) -> str:
        return next(data for to, data in self.taken if to == address).decode()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._talks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        say(self.greeting)
        sender, to, answer, count = "", "", "ok", 0
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                say("250-test\r\n250-PIPELINING\r\n250 8BITMIME")
            elif verb == "MAIL":
                found = re.search(r"<(.*)>", line)
                sender = found.group(1) if found else ""
                say("250 ok")
            elif verb == "RCPT":
                found = re.search(r"<(.*)>", line)
                to = found.group(1) if found else ""
                self.senders[to] = sender
                self.attempts[to] += 1
                rest = self.script.get(to, ["ok"])
                answer = rest[0] if len(rest) == 1 else rest.pop(0)
                if answer == "drop":
                    return
                if answer == "hang":
                    await asyncio.sleep(3600)
                say(answer if answer[0] in "45" else "250 ok")
            elif verb == "DATA":
                if answer[0] in "45":
                    say("503 no recipient")
                    continue
                if answer.startswith("data "):
                    say(answer.removeprefix("data "))
                    continue
                say("354 go")
                if answer == "drop_in_data":
                    await reader.readexactly(200)
                    return
                data = await reader.readuntil(b"\r\n.\r\n")
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if answer.startswith("dot "):
                    say(answer.removeprefix("dot "))
                    continue
                self.taken.append((to, data))
                if answer == "drop_after_dot":
                    return
                if answer == "hang_after_dot":
                    await asyncio.sleep(3600)
                say("250 2.0.0 taken")
                count += 1
                if count == self.letters_per_connection:
                    await writer.drain()
                    return
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


async def make_people(
    rt: Runtime,
    workspace: Workspace,
    names: Sequence[str],
    *,
    consent: bool = True,
    topic_id: UUID | None = None,
) -> list[int]:
    """Return the profile ids of people called so, each with an address at example.com."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        found = await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[
                Observation(
                    index=number,
                    time=now,
                    user_id=f"u-{name}",
                    email=f"{name}@example.com",
                    traits={"first_name": name.title()},
                    trusted=True,
                )
                for number, name in enumerate(names)
            ],
            now=now,
        )
        ids = list(found.profile_ids)
        if consent:
            await grant(rt, workspace, ids, topic_id=topic_id, tx=tx)
    return ids


async def grant(
    rt: Runtime,
    workspace: Workspace,
    ids: Sequence[int],
    *,
    topic_id: UUID | None = None,
    action: Action = Action.GRANTED,
    tx: Tx | None = None,
) -> None:
    entries = [
        ConsentEntry(
            profile_id=one,
            channel="email",
            topic_id=topic_id,
            action=action,
            source=Source.FORM,
            at=rt.clock(),
        )
        for one in ids
    ]
    if tx is not None:
        await record_consents(tx, workspace_id=workspace.id, entries=entries, now=rt.clock())
        return
    async with rt.db.begin() as own:
        await record_consents(own, workspace_id=workspace.id, entries=entries, now=rt.clock())


async def make_sender(rt: Runtime, workspace: Workspace) -> UUID:
    async with rt.db.begin() as tx:
        sender = await create_sender(
            tx,
            workspace_id=workspace.id,
            name="Shop",
            address="news@shop.example",
            now=rt.clock(),
        )
    return sender.id


async def _sender_of(rt: Runtime, workspace: Workspace) -> UUID:
    """Return the sender of a workspace, made when it is asked for first."""
    async with rt.db.begin() as tx:
        found = await tx.execute(
            sa.text("SELECT id FROM senders WHERE workspace_id = :id ORDER BY id LIMIT 1"),
            {"id": workspace.id},
        )
        sender_id: UUID | None = found.scalar_one_or_none()
    return sender_id or await make_sender(rt, workspace)


async def order(
    rt: Runtime,
    workspace: Workspace,
    *,
    variants: Sequence[Variant] | None = None,
    control_share: int = 0,
    topic_id: UUID | None = None,
    rate_per_s: int | None = None,
    sender_id: UUID | None = None,
    source_kind: str = "campaign",
    **options: Any,
) -> UUID:
    """Create a mailing that is not frozen yet; returns its source."""
    spec = MailingSpec(
        workspace_id=workspace.id,
        source_kind=source_kind,
        source_id=new_id(),
        name="Summer",
        channel="email",
        topic_id=topic_id,
        sender_id=sender_id or await _sender_of(rt, workspace),
        variants=tuple(variants or [Variant("A", "", 10_000 - control_share, letter())]),
        control_share=control_share,
        rate_per_s=rate_per_s,
        **options,
    )
    async with rt.db.begin() as tx:
        await create_mailing(
            tx,
            spec=spec,
            links=[letter_links(source_of(variant.letter)) for variant in spec.variants],
            now=rt.clock(),
        )
    return spec.source_id


async def mailing_to(rt: Runtime, workspace: Workspace, ids: Sequence[int], **options: Any) -> UUID:
    """Create a mailing to these people and freeze its audience; returns its source."""
    source_id = await order(rt, workspace, **options)
    await freeze_audience(
        rt,
        workspace_id=workspace.id,
        source_id=source_id,
        ids=np.array(sorted(ids), dtype=np.uint64),
    )
    return source_id


async def fates(rt: Runtime, source_id: UUID) -> dict[int, tuple[str, str]]:
    """Return (state, reason) of every message of a source by profile."""
    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.select(messages.c.profile_id, messages.c.state, messages.c.reason)
            .join(mailings, mailings.c.mailing_id == messages.c.mailing_id)
            .where(mailings.c.source_id == source_id)
        )
        return {row.profile_id: (row.state, row.reason) for row in rows}


async def tallies_match(rt: Runtime, source_id: UUID) -> bool:
    """Tell whether what the blocks count is what the rows are."""
    async with rt.db.begin() as tx:
        counted: Counter[str] = Counter()
        rows = await tx.execute(
            sa.select(message_blocks.c.tally)
            .join(mailings, mailings.c.mailing_id == message_blocks.c.mailing_id)
            .where(mailings.c.source_id == source_id)
        )
        for (tally,) in rows:
            counted.update(tally)
        real = await tx.execute(
            sa.select(messages.c.state, messages.c.reason, messages.c.variant)
            .join(mailings, mailings.c.mailing_id == messages.c.mailing_id)
            .where(mailings.c.source_id == source_id)
        )
        expected = Counter(
            f"{row.state}|{'' if row.state == 'planned' else row.reason}|{row.variant}"
            for row in real
        )
    return +counted == expected


async def facts_of(rt: Runtime, source_id: UUID) -> dict[str, Counter[str]]:
    """Carry the outbox over and return {fact: Counter of reason} from ClickHouse."""
    from otklik.runtime.outbox import carry_facts

    while await carry_facts(rt):
        pass
    rows = await rt.ch.query(
        "SELECT fact, reason, count() FROM message_facts WHERE source_id = {source:UUID}"
        " GROUP BY fact, reason",
        {"source": str(source_id)},
    )
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for fact, reason, count in rows:
        found[str(fact)][str(reason)] += count
    return found


def at(moment: datetime) -> str:
    return moment.isoformat()
