"""What processes tell each other of relays, and what services tell of letters."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from otklik.accounts.public import Workspace
from otklik.channels.email.public import (
    CameBy,
    FoundBy,
    Provider,
    list_returns,
    read_reports,
)
from otklik.delivery.operations.returns import take_report
from otklik.delivery.sending import fleet
from otklik.delivery.sending.routes import BEHIND_S, Rest
from otklik.runtime.public import Runtime
from tests.delivery.returned import send
from tests.delivery.support import MailServer, fates, make_people

READ_EVERY_S = 3.0


@dataclass
class Process:
    """A process as far as one relay goes: it reads the common row every few seconds."""

    tells: bool
    read_at: float
    rest: Rest = field(default_factory=Rest)


def attempts_at(relay_works_from: float, *, processes: int, tells: bool) -> tuple[int, float]:
    """Return how often a relay that is away is asked, and when all processes are at work again."""
    row: tuple[float, float, int] | None = None
    all_of = [Process(tells, n * READ_EVERY_S / processes) for n in range(processes)]
    asked, working, moment = 0, set[int](), 0.0
    while len(working) < processes:
        moment += 0.1
        for number, one in enumerate(all_of):
            if tells and moment >= one.read_at:
                one.read_at = moment + READ_EVERY_S
                if row is None:
                    one.rest.heard_nothing()
                elif row[2] != number:
                    one.rest.heard(since=row[0], until=row[1], moment=moment)
            if moment < one.rest.until or number in working:
                continue
            if moment >= relay_works_from:
                one.rest.worked(moment)
                working.add(number)
                row = None
            else:
                asked += 1
                one.rest.failed(moment)
                row = (moment, one.rest.until, number)
    return asked, moment


def test_processes_that_tell_each_other_ask_a_relay_that_is_away_a_fraction_as_often() -> None:
    """Eight processes, a relay that is away for ten minutes: one asks it, the others hear of it."""
    alone, _ = attempts_at(600.0, processes=1, tells=False)
    silent, _ = attempts_at(600.0, processes=8, tells=False)
    told, back = attempts_at(600.0, processes=8, tells=True)
    assert silent == 8 * alone
    assert told <= alone + 3 * 8, (alone, silent, told)
    assert back <= 600.0 + 60.0 + BEHIND_S + READ_EVERY_S


def test_a_process_whose_letters_are_taken_does_not_rest_because_another_s_are_not() -> None:
    rest = Rest()
    rest.worked(100.0)
    rest.heard(since=99.0, until=130.0, moment=101.0)
    assert rest.until == 0.0
    rest.heard(since=100.5, until=130.0, moment=101.0)
    assert rest.until == 130.0 + BEHIND_S
    # Its own failure counts from what it heard: it does not begin at one second again.
    rest.failed(131.0)
    assert rest.wait_s == 59.0
    rest.heard_nothing()
    assert rest.until == 190.0, "what it found itself stays"
    rest.heard(since=140.0, until=90_000.0, moment=141.0)
    assert rest.until <= 141.0 + 60.0 + BEHIND_S, "a clock that runs ahead holds nothing up"


async def test_a_service_s_event_finds_the_very_letter_by_its_mark(
    rt: Runtime, workspace: Workspace, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two letters to one person the event is about the first; the last one is left alone."""
    monkeypatch.setattr(fleet, "service_of", lambda _host: Provider.POSTMARK)
    url = f"smtp://127.0.0.1:{server.port}?tls=off"
    rt = replace(rt, settings=msgspec.structs.replace(rt.settings, smtp_url=url))
    (ann,) = await make_people(rt, workspace, ["ann"])
    first = await send(rt, server, workspace, [ann])
    second = await send(rt, server, workspace, [ann])
    text = server.letter_to("ann@example.com")
    mark = text.partition("X-PM-Metadata-otklik: ")[2].partition("\r\n")[0]
    event = {
        "RecordType": "Bounce",
        "ID": 42,
        "Type": "HardBounce",
        "Email": "ann@example.com",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"otklik": mark},
    }
    (report,) = read_reports(Provider.POSTMARK, json.dumps(event).encode())
    async with rt.db.begin() as tx:
        await take_report(
            rt,
            tx,
            workspace_id=workspace.id,
            provider=Provider.POSTMARK,
            report=report,
            now=rt.clock(),
        )
    assert (await fates(rt, first))[ann] == ("bounced", "no_mailbox")
    assert (await fates(rt, second))[ann] == ("sent", "")
    async with rt.db.begin() as tx:
        (kept,) = (await list_returns(tx, workspace_id=workspace.id, lang="en")).items
    assert (kept.came_by, kept.found_by) == (CameBy.REPORT, FoundBy.MARK)
