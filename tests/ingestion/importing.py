"""Files to import, and an import from beginning to end."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import httpx

from otklik.ingestion.imports.model import ImportKind
from otklik.ingestion.public import (
    ImportView,
    import_file,
)
from otklik.runtime.public import Runtime
from tests.ingestion.support import Ingestion

CUSTOMERS, ORDERS = ImportKind.CUSTOMERS, ImportKind.ORDERS


def write_csv(path: Path, rows: list[list[Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def customers_csv(path: Path, count: int) -> Path:
    rows: list[list[Any]] = [["id", "email", "name", "age"]]
    rows += [[f"c{i}", f"c{i}@example.com", f"Name {i}", i % 90] for i in range(count)]
    return write_csv(path, rows)


async def the_import(
    rt: Runtime, seen: Ingestion, file: Path, kind: ImportKind = CUSTOMERS, **more: Any
) -> ImportView:
    return await import_file(
        rt, workspace_id=seen.workspace_id, kind=kind, file=file, carry=True, **more
    )


async def upload(client: httpx.AsyncClient, content: bytes) -> Any:
    answer = await client.post(
        "/api/v1/imports/files", files={"file": ("клиенты.csv", content, "text/csv")}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


class Crash(BaseException):
    """The process was killed here."""
