"""The people behind a figure of all mailings, as a list and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Final

from otklik.analytics.channel.model import Behind, MailingsPerson, MailingsSpec
from otklik.analytics.channel.queries import people_behind, people_pages
from otklik.analytics.export import csv_line
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.profiles.public import profile_items
from otklik.runtime.public import Runtime

COLUMNS: Final = ("person", "things", "amount", "at")


async def mailings_people(
    rt: Runtime, spec: MailingsSpec, behind: Behind, *, cursor: str | None, limit: int
) -> Page[MailingsPerson]:
    """Return a page of the people behind a figure, the newest profiles first; raises BadCursor."""
    limit = clamp_limit(limit)
    before = decode_cursor(cursor, int)[0] if cursor else None
    rows, total = await people_behind(rt, spec, behind, before=before, limit=limit + 1)
    shown = rows[:limit]
    async with rt.db.begin() as tx:
        items = await profile_items(
            tx, workspace_id=spec.workspace_id, profile_ids=[row.profile_id for row in shown]
        )
    return Page(
        items=[
            MailingsPerson(
                profile_id=row.profile_id,
                person=items.get(row.profile_id),
                things=row.things,
                amount=row.amount,
                at=row.at,
            )
            for row in shown
        ],
        next_cursor=encode_cursor(shown[-1].profile_id) if len(rows) > limit else None,
        total=total if before is None else None,
    )


async def mailings_people_csv(
    rt: Runtime, spec: MailingsSpec, behind: Behind
) -> AsyncIterator[bytes]:
    """Yield one line for every person of a figure; columns as in the API, moments in UTC."""
    yield ("\ufeff" + ",".join(COLUMNS) + "\r\n").encode()
    async for table in people_pages(rt, spec, behind):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        for row in table.to_pylist():
            writer.writerow(csv_line(row[name] for name in COLUMNS))
        yield out.getvalue().encode()
