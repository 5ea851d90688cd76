"""Copies of a person's data: one archive, for machines and for his own eyes, kept for a week."""

from __future__ import annotations

import hashlib
import zipfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio.to_thread
import msgspec
import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.kit.i18n import LANGS
from otklik.kit.ids import new_id
from otklik.kit.traces import Traces
from otklik.privacy import tables as t
from otklik.privacy.keepers import Keeper, keepers
from otklik.privacy.operations.own import export_path
from otklik.privacy.pages.dossier import Chapter, dossier_page
from otklik.privacy.queries.erasures import ExportState
from otklik.privacy.queries.requests import get_request
from otklik.profiles.public import ProfileNotFound, get_profile, person_traces
from otklik.runtime.public import Runtime, Tx

JOB = "privacy.build_export"
KEPT = timedelta(days=7)
SHOWN_MAX = 2_000
"""Records of one kind on the readable page; the machine-readable file has every one."""
FORMAT = "otklik-person-export"
FORMAT_VERSION = 1


async def order_export(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int,
    request_id: UUID | None,
    user_id: UUID | None,
    now: datetime,
) -> UUID:
    """Order a copy of everything that is kept of a person.

    Raises: ProfileNotFound, RequestNotFound.
    """
    card = await get_profile(tx, workspace_id=workspace_id, profile_id=profile_id)
    if request_id is not None:
        await get_request(tx, workspace_id=workspace_id, request_id=request_id, now=now)
    export_id = new_id()
    await tx.execute(
        t.person_exports.insert().values(
            id=export_id,
            workspace_id=workspace_id,
            profile_id=card.id,
            request_id=request_id,
            state=ExportState.WAITING.value,
            counts={},
            created_at=now,
            created_by=user_id,
            expires_at=now + KEPT,
        )
    )
    await rt.jobs.defer(tx, JOB, args={"workspace_id": workspace_id, "export_id": str(export_id)})
    return export_id


async def build_export(rt: Runtime, *, workspace_id: int, export_id: UUID) -> None:
    """Write the archive; one that is ready, or whose person is gone, is left alone."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        x = t.person_exports.c
        row = (
            await tx.execute(
                sa.select(t.person_exports)
                .where(x.workspace_id == workspace_id, x.id == export_id)
                .with_for_update()
            )
        ).one_or_none()
        if row is None or row.state != ExportState.WAITING.value:
            return
        try:
            traces = await person_traces(
                tx, workspace_id=workspace_id, profile_id=row.profile_id, now=now
            )
        except ProfileNotFound:
            await _change(tx, workspace_id, export_id, state=ExportState.FAILED.value)
            return
        path = export_path(rt, workspace_id=workspace_id, export_id=export_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        try:
            counts = await _write(rt, tx, part, traces, now)
            digest = await anyio.to_thread.run_sync(_digest, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        await _change(
            tx,
            workspace_id,
            export_id,
            state=ExportState.READY.value,
            counts=counts,
            size_bytes=path.stat().st_size,
            sha256=digest,
            finished_at=rt.clock(),
        )


async def _write(rt: Runtime, tx: Tx, part: Path, traces: Traces, now: datetime) -> dict[str, int]:
    workspace = await get_workspace(tx, workspace_id=traces.workspace_id)
    counts: dict[str, int] = {}
    chapters: list[Chapter] = []
    files: list[dict[str, Any]] = []
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for keeper in keepers():
            chapter, digest = await _write_records(rt, tx, archive, keeper, traces)
            counts[keeper.name] = chapter.total
            chapters.append(chapter)
            files.append(
                {
                    "file": f"{keeper.name}.json",
                    "title": {lang: keeper.title.of(lang) for lang in LANGS},
                    "records": chapter.total,
                    "sha256": digest,
                }
            )
        for lang in LANGS:
            page = dossier_page(
                lang=lang,
                workspace=workspace,
                profile_id=traces.profile_ids[0],
                chapters=chapters,
                now=now,
            )
            archive.writestr(f"readable.{lang}.html", page)
        manifest = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "company": workspace.name,
            "profile_id": traces.profile_ids[0],
            "merged_from": traces.profile_ids[1:],
            "made_at": now,
            "files": files,
        }
        archive.writestr("manifest.json", msgspec.json.format(msgspec.json.encode(manifest)))
    return counts


async def _write_records(
    rt: Runtime, tx: Tx, archive: zipfile.ZipFile, keeper: Keeper, traces: Traces
) -> tuple[Chapter, str]:
    shown: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    total = 0
    with archive.open(f"{keeper.name}.json", "w") as file:

        def put(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        put(b"[")
        async for record in keeper.export(rt, tx, traces):
            line = msgspec.json.encode(record, enc_hook=str)
            put((b",\n" if total else b"\n") + line)
            total += 1
            if len(shown) < SHOWN_MAX:
                shown.append(msgspec.json.decode(line))
        put(b"\n]\n")
    return Chapter(title=keeper.title, records=shown, total=total), digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def forget_exports(rt: Runtime, tx: Tx, *, now: datetime) -> int:
    """Delete copies whose time is over; returns how many."""
    x = t.person_exports.c
    rows = (
        await tx.execute(
            t.person_exports.delete().where(x.expires_at <= now).returning(x.workspace_id, x.id)
        )
    ).all()
    for row in rows:
        with suppress(OSError):
            export_path(rt, workspace_id=row.workspace_id, export_id=row.id).unlink()
    return len(rows)


async def _change(tx: Tx, workspace_id: int, export_id: UUID, **values: object) -> None:
    x = t.person_exports.c
    await tx.execute(
        t.person_exports.update()
        .where(x.workspace_id == workspace_id, x.id == export_id)
        .values(**values)
    )
