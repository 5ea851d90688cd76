"""From the settings of a relay to connections.

A user of the interface may name any host, so names are resolved by the guarded rules for outgoing
addresses, and the connection is made to the address that was checked. The relay of the setting
`smtp_url` is the administrator's and goes where it likes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec

from otklik.channels.email.model import SendResult
from otklik.channels.email.relays.model import RelayAccess, RelayTrial
from otklik.channels.email.relays.queries import sending_ways
from otklik.channels.email.smtp import SmtpPool, SmtpSettings, open_pool
from otklik.channels.email.smtp.connection import Connection
from otklik.channels.email.smtp.results import is_lost, is_relay_trouble
from otklik.channels.email.smtp.words import told
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Lang, Text
from otklik.runtime.public import BadSeal, Runtime, Tx, log

TRIAL_TIMEOUT_S = 10.0
_NO_ANSWER = Text(en="no answer within {seconds} s", ru="нет ответа за {seconds} с")


def relay_settings(rt: Runtime, relay: RelayAccess, *, timeout_s: float) -> SmtpSettings:
    """Return how to reach a relay. Raises: BadSeal, when the installation's key was changed."""
    password = rt.vault.open(relay.password_sealed) if relay.password_sealed else None
    return SmtpSettings(
        host=relay.host,
        port=relay.port,
        username=relay.username,
        password=password,
        implicit_tls=relay.tls == "tls",
        start_tls="required" if relay.tls == "starttls" else "off",
        connections=relay.connections,
        messages_per_connection=relay.letters_per_connection,
        rate_per_s=relay.letters_per_s,
        timeout_s=timeout_s,
    )


def open_relay(rt: Runtime, relay: RelayAccess) -> SmtpPool:
    """Return a pool for a relay of a workspace; nothing is connected yet. Raises: BadSeal."""
    settings = relay_settings(rt, relay, timeout_s=rt.settings.delivery.smtp_timeout_s)
    return SmtpPool(settings, resolve=rt.outgoing.addresses)


class SingleSender:
    """Hands over single letters, by one relay after the other until one takes them.

    `pools` in the order in which they are asked. Close with `await sender.close()`.
    """

    def __init__(self, pools: Sequence[SmtpPool]) -> None:
        self._pools = tuple(pools)

    async def send(self, envelope_from: str, to: str, data: bytes) -> SendResult:
        """Hand one letter over and say what became of it; the same promises as of a pool.

        By another relay goes only what was surely not taken: the relay failed before the recipient
        was named, or the connection was lost before the final dot. The last relay's answer stands.
        """
        lost = False
        for place, pool in enumerate(self._pools):
            result = await pool.send(envelope_from, to, data)
            failed = is_relay_trouble(result)
            if not failed and (lost or not is_lost(result)):
                break
            lost = lost or not failed
            if failed and place + 1 < len(self._pools):
                log.info("a relay did not take a single letter", relay=pool.settings.host)
        return result

    async def close(self) -> None:
        for pool in self._pools:
            await pool.close()


async def single_sender(rt: Runtime, tx: Tx, *, workspace_id: int, domain: str) -> SingleSender:
    """Return who hands over single letters of a sender in this domain.

    They go by the workspace's relays, the one with the greatest weight first and those that fail
    just now last; without any by the installation's own, or to the catcher in its place.
    Raises: BadSeal, when no relay's password can be read.
    """
    now = rt.clock()
    ways = await sending_ways(tx, workspace_id=workspace_id, sender_domain=domain, now=now)
    timeout_s = rt.settings.delivery.smtp_timeout_s
    if not ways.relays:
        return SingleSender([open_pool(own_relay_url(rt), connections=1, timeout_s=timeout_s)])
    pools, unread = [], None
    for relay in sorted(ways.relays, key=lambda one: (one.id in ways.rests, -one.weight)):
        try:
            settings = relay_settings(rt, relay, timeout_s=timeout_s)
        except BadSeal as error:
            unread = error
            continue
        pools.append(
            SmtpPool(
                msgspec.structs.replace(settings, connections=1, rate_per_s=None),
                resolve=rt.outgoing.addresses,
            )
        )
    if unread is not None and not pools:
        raise unread
    return SingleSender(pools)


def own_relay_url(rt: Runtime) -> str:
    """Return where letters go without a workspace's relay: the installation's, or the catcher."""
    return rt.settings.smtp_url or f"smtp://127.0.0.1:{rt.settings.catcher_port}?tls=off"


async def try_relay(rt: Runtime, relay: RelayAccess, *, lang: Lang) -> RelayTrial:
    """Connect, greet, go over to TLS and log in; no letter is offered. Raises nothing."""
    began = time.perf_counter()

    def ended(phase: str, answer: str, connection: Connection | None = None) -> RelayTrial:
        return RelayTrial(
            ok=connection is not None,
            phase=phase,  # type: ignore[arg-type] # one of the words
            answer=answer,
            encrypted=connection is not None and relay.tls != "none",
            extensions=sorted(connection.extensions) if connection else [],
            took_ms=round((time.perf_counter() - began) * 1000),
        )

    try:
        await rt.outgoing.addresses(relay.host, relay.port)
        settings = relay_settings(rt, relay, timeout_s=TRIAL_TIMEOUT_S)
    except OtklikError as error:
        return ended("address", error.text(lang))
    pool = SmtpPool(settings, resolve=rt.outgoing.addresses)
    try:
        async with asyncio.timeout(2 * TRIAL_TIMEOUT_S):
            outcome = await pool.connect()
    except TimeoutError:
        return ended("connect", _NO_ANSWER.of(lang, {"seconds": f"{2 * TRIAL_TIMEOUT_S:g}"}))
    if isinstance(outcome, SendResult):
        about_tls = any(word in outcome.text.lower() for word in ("tls", "ssl", "certificate"))
        return ended("tls" if about_tls else outcome.phase, told(outcome, lang))
    await outcome.quit()
    return ended("done", "250 OK", outcome)
