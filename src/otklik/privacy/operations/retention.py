"""Terms of keeping: rules of a workspace, what they would take, and their nightly runs."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.privacy import tables as t
from otklik.privacy.errors import RetentionTooShort, UnknownRetention
from otklik.privacy.keepers import Store, stores
from otklik.runtime.public import Runtime, Tx, log


class RetentionRule(msgspec.Struct, frozen=True, kw_only=True):
    """How long one kind of data is kept. `keep_days` null: without a term."""

    kind: str
    title: str
    hint: str
    keep_days: int | None
    default_days: int
    least_days: int
    updated_at: datetime | None


class RetentionPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a term would take tonight."""

    kind: str
    keep_days: int
    before: datetime
    count: int


class RetentionRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one rule. `problem`: the code of the error it ended with."""

    id: int
    kind: str
    title: str
    before: datetime
    started_at: datetime
    finished_at: datetime | None
    removed: int | None
    problem: str | None


def _store(kind: str) -> Store:
    for store in stores():
        if store.kind == kind:
            return store
    raise UnknownRetention(kind=kind[:40])


async def list_rules(tx: Tx, *, workspace_id: int, lang: Lang) -> list[RetentionRule]:
    """Return every kind of data that can have a term, with the workspace's rule."""
    c = t.retention_rules.c
    rows = {
        row.kind: row
        for row in await tx.execute(
            sa.select(t.retention_rules).where(c.workspace_id == workspace_id)
        )
    }
    return [
        RetentionRule(
            kind=store.kind,
            title=store.title.of(lang),
            hint=store.hint.of(lang),
            keep_days=rows[store.kind].keep_days if store.kind in rows else None,
            default_days=store.default_days,
            least_days=store.least_days,
            updated_at=rows[store.kind].updated_at if store.kind in rows else None,
        )
        for store in stores()
    ]


async def set_rule(
    tx: Tx, *, workspace_id: int, kind: str, keep_days: int | None, now: datetime
) -> None:
    """Set a term, or with None take it away. Raises: UnknownRetention, RetentionTooShort."""
    store = _store(kind)
    c = t.retention_rules.c
    if keep_days is None:
        await tx.execute(
            t.retention_rules.delete().where(c.workspace_id == workspace_id, c.kind == kind)
        )
        return
    if keep_days < store.least_days:
        raise RetentionTooShort(kind=kind, days=store.least_days)
    values = {"keep_days": keep_days, "updated_at": now}
    await tx.execute(
        insert(t.retention_rules)
        .values(workspace_id=workspace_id, kind=kind, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "kind"], set_=values)
    )


async def preview_rule(
    rt: Runtime, *, workspace_id: int, kind: str, keep_days: int, now: datetime
) -> RetentionPreview:
    """Count what a term would take now. Raises: UnknownRetention, RetentionTooShort."""
    store = _store(kind)
    if keep_days < store.least_days:
        raise RetentionTooShort(kind=kind, days=store.least_days)
    before = now - timedelta(days=keep_days)
    count = await store.count(rt, workspace_id, before)
    return RetentionPreview(kind=kind, keep_days=keep_days, before=before, count=count)


async def run_rules(rt: Runtime) -> None:
    """Remove what is older than its term, workspace by workspace, and note every run.

    A rule that fails is noted with its error and does not hold the others; it runs again the next
    night. What one run removed is removed for good, so a run that was killed is simply repeated.
    """
    async with rt.db.begin() as tx:
        rules = (await tx.execute(sa.select(t.retention_rules))).all()
    known = {store.kind: store for store in stores()}
    for rule in rules:
        if rule.kind not in known:
            continue
        now = rt.clock()
        before = now - timedelta(days=rule.keep_days)
        async with rt.db.begin() as tx:
            run_id = (
                await tx.execute(
                    t.retention_runs.insert()
                    .values(
                        workspace_id=rule.workspace_id,
                        kind=rule.kind,
                        before=before,
                        started_at=now,
                    )
                    .returning(t.retention_runs.c.id)
                )
            ).scalar_one()
        removed, problem = None, None
        try:
            removed = await known[rule.kind].remove(rt, rule.workspace_id, before)
        except Exception as error:
            # One kind must not keep the others; the run says what happened.
            log.error("a term was not kept", kind=rule.kind, error=repr(error))
            problem = type(error).__name__
        async with rt.db.begin() as tx:
            await tx.execute(
                t.retention_runs.update()
                .where(
                    t.retention_runs.c.workspace_id == rule.workspace_id,
                    t.retention_runs.c.id == run_id,
                )
                .values(finished_at=rt.clock(), removed=removed, problem=problem)
            )


async def list_runs(
    tx: Tx, *, workspace_id: int, lang: Lang, cursor: str | None = None, limit: int = 50
) -> Page[RetentionRun]:
    """Return the runs, newest first. Raises: BadCursor."""
    limit = clamp_limit(limit)
    c = t.retention_runs.c
    statement = (
        sa.select(t.retention_runs)
        .where(c.workspace_id == workspace_id)
        .order_by(c.id.desc())
        .limit(limit + 1)
    )
    if cursor:
        statement = statement.where(c.id < decode_cursor(cursor, int)[0])
    rows = (await tx.execute(statement)).all()
    titles = {store.kind: store.title.of(lang) for store in stores()}
    return Page(
        [
            RetentionRun(
                id=row.id,
                kind=row.kind,
                title=titles.get(row.kind, row.kind),
                before=row.before,
                started_at=row.started_at,
                finished_at=row.finished_at,
                removed=row.removed,
                problem=row.problem,
            )
            for row in rows[:limit]
        ],
        encode_cursor(rows[limit - 1].id) if len(rows) > limit else None,
    )
