"""Recalculating the segments of a workspace that can have changed, each question asked once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.kit.errors import OtklikError
from otklik.rules import plan as p
from otklik.rules import tree
from otklik.rules.moments import Frame, epoch_millis
from otklik.runtime.public import Runtime, Tx, log
from otklik.segments import tables as t
from otklik.segments.engine import REFRESH_S, compiler, store
from otklik.segments.model import News, RunReason, in_order, subject_of
from otklik.segments.operations.news import Parts, find_news
from otklik.segments.operations.together import Due, groups, recalculate_group
from otklik.segments.queries.records import Record, all_records

REST_RATIO = 30
"""After a recalculation a segment rests this many times as long as it took."""
REST_MIN = timedelta(seconds=20)
ANSWER_AGE_MAX = timedelta(days=1)


async def note_news(rt: Runtime, tx: Tx, *, workspace_id: int, parts: Parts, now: datetime) -> News:
    """Mark the segments that new facts can have changed, and forget answers that hold no more."""
    news = await find_news(rt, tx, workspace_id=workspace_id, parts=parts, now=now)
    if news == News():
        return news
    stale = [
        record.id
        for record in await all_records(tx, workspace_id=workspace_id)
        if record.is_dynamic
        and record.definition is not None
        and news.touches_any(p.plan(record.definition))
    ]
    await tx.execute(
        t.segments.update()
        .where(
            t.segments.c.workspace_id == workspace_id,
            t.segments.c.id.in_(stale),
            t.segments.c.stale_since.is_(None),
        )
        .values(stale_since=now)
    )
    await _forget_answers(tx, workspace_id=workspace_id, news=news)
    return news


async def _forget_answers(tx: Tx, *, workspace_id: int, news: News) -> None:
    a = t.segment_answers.c
    where: list[sa.ColumnElement[bool]] = []
    if not news.merges:
        where.append(sa.and_(a.source == "profile_traits", a.subject.in_(news.traits)))
        if news.events:
            # Questions about several events stand under no name.
            where.append(sa.and_(a.source == "events", a.subject.in_([*news.events, ""])))
        changed = {
            "orders": news.orders,
            "consents": news.consents,
            "profiles": news.universe or news.seen,
            "message_facts": news.messages,
        }
        where.append(a.source.in_([source for source, is_new in changed.items() if is_new]))
    await tx.execute(
        t.segment_answers.delete().where(
            a.workspace_id == workspace_id, sa.or_(*where) if where else sa.true()
        )
    )


async def recalculate_due(rt: Runtime, *, workspace_id: int, now: datetime) -> int:
    """Recalculate what is due in a workspace and return how many segments that were.

    One segment's failure is written down at it and does not keep the others from being done.
    """
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=workspace_id)
        records = await all_records(tx, workspace_id=workspace_id)
    due = due_segments(records, now)
    if not due:
        return 0
    frame = Frame(now=now, zone=workspace.timezone)
    answers = _Answers(rt, workspace_id, frame)
    await answers.prepare([one.record for one in due])
    done = 0
    for group in groups(due, answers.stored):
        done += await recalculate_group(rt, group=group, frame=frame, stored=answers.stored)
    return done


def due_segments(records: Sequence[Record], now: datetime) -> list[Due]:
    """Return what to recalculate and why, contained segments before those that contain them.

    A segment is due when facts for it arrived, when its window moved, when it was never computed,
    or when a segment that it contains is due.
    """
    by_id = {
        record.id: record
        for record in records
        if record.is_dynamic and record.definition and not record.is_archived
    }
    edges = {
        key: sorted(tree.segments_of(record.definition)) if record.definition else []
        for key, record in by_id.items()
    }
    reasons: dict[UUID, RunReason] = {}
    for key in in_order(edges):
        reason = _reason(by_id[key], now)
        if reason is None and any(inner in reasons for inner in edges[key]):
            reason = RunReason.NEW_FACTS
        if reason is not None:
            reasons[key] = reason
    return [Due(by_id[key], reason) for key, reason in reasons.items()]


def _reason(record: Record, now: datetime) -> RunReason | None:
    if record.computed_at is None:
        return RunReason.CREATED
    rest = max(REST_MIN, timedelta(milliseconds=REST_RATIO * (record.took_ms or 0)))
    if record.stale_since is not None and record.computed_at + rest <= now:
        return RunReason.NEW_FACTS
    if record.due_at is not None and record.due_at <= now:
        return RunReason.TIME
    return None


class _Answers:
    """Answers to questions that several segments ask, and answers that still hold from before."""

    def __init__(self, rt: Runtime, workspace_id: int, frame: Frame) -> None:
        self._rt = rt
        self._workspace_id = workspace_id
        self._frame = frame
        self.stored: dict[str, str] = {}
        """Queries for the bitmaps at hand, by key of the question."""

    async def prepare(self, records: Sequence[Record]) -> None:
        """Answer what more than one of the segments asks, unless an answer is at hand."""
        asked = p.plan(*(record.definition for record in records if record.definition))
        times: dict[str, int] = {}
        in_timed: set[str] = set()
        for record in records:
            assert record.definition is not None
            own = p.plan(record.definition)
            for key in own.keys:
                times[key] = times.get(key, 0) + 1
            if own.is_timed:
                in_timed.update(own.keys)
        known = await self._known()
        for number, (key, question) in enumerate(zip(asked.keys, asked.questions, strict=True)):
            if isinstance(question, p.SegmentQuestion):
                continue
            timed = p.is_timed(question)
            if key in known and not timed:
                self._keep(key, known[key])
            elif times[key] > 1 or (key in in_timed and not timed):
                # The second kind comes again soon, when the window of its neighbour moves on.
                await self._answer(asked, number, key, remember=not timed)

    async def _known(self) -> dict[str, datetime]:
        a = t.segment_answers.c
        async with self._rt.db.begin() as tx:
            rows = await tx.execute(
                sa.select(a.key, a.computed_at).where(
                    a.workspace_id == self._workspace_id,
                    a.computed_at > self._frame.now - ANSWER_AGE_MAX,
                )
            )
            return {row.key: row.computed_at for row in rows}

    async def _answer(self, asked: p.Plan, number: int, key: str, *, remember: bool) -> None:
        query = compiler(asked, self._frame, workspace_id=self._workspace_id).question(number)
        now = self._frame.now
        try:
            await store(
                self._rt,
                "INSERT INTO segment_answers (workspace_id, key, computed_at, members)"
                " SELECT {workspace:UInt32}, {key:String},"
                " fromUnixTimestamp64Milli({at:Int64}, 'UTC'), members"
                f" FROM ({query.sql})",
                {**query.parameters, "key": key, "at": epoch_millis(now)},
                limit_s=REFRESH_S,
            )
        except OtklikError as error:
            # The segments that ask it try by themselves and say what is wrong.
            log.warning("question could not be answered", problem=error.code)
            return
        self._keep(key, now)
        if remember:
            question = asked.questions[number]
            values = {
                "source": p.table_of(question),
                "subject": subject_of(question),
                "computed_at": now,
            }
            async with self._rt.db.begin() as tx:
                await tx.execute(
                    insert(t.segment_answers)
                    .values(workspace_id=self._workspace_id, key=key, **values)
                    .on_conflict_do_update(index_elements=["workspace_id", "key"], set_=values)
                )

    def _keep(self, key: str, at: datetime) -> None:
        # Key and moment are made by this program: hexadecimal digits and a whole number.
        millis = epoch_millis(at)
        assert key.isalnum()
        self.stored[key] = (
            "SELECT members FROM segment_answers WHERE workspace_id = {workspace:UInt32}"
            f" AND key = '{key}' AND toUnixTimestamp64Milli(computed_at) = {millis}"
        )
