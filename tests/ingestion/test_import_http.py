"""Imports over HTTP: the whole way, and what is refused."""

from __future__ import annotations

import csv
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Role, Workspace
from otklik.ingestion.imports import run
from otklik.runtime.public import Runtime
from tests.conftest import Cast, signed_in
from tests.ingestion.importing import (
    upload,
)
from tests.ingestion.support import Ingestion


async def test_the_whole_way_over_http(rt: Runtime, cast: Cast, seen: Ingestion) -> None:
    text = "Почта;Имя;Возраст\nanna@example.ru;Анна;31\nбез адреса;Пётр;44\n=2+2;Ева;x\n"
    file = await upload(cast.marketer, text.encode("windows-1251"))
    assert (file["encoding"], file["separator"], file["header"]) == ("windows-1251", ";", True)
    assert [c["suggested"] for c in file["columns"]] == [
        "email",
        "trait:first_name",
        "trait:возраст",
    ]
    assert file["columns"][0]["samples"][0] == "anna@example.ru"
    assert file["rows"][0]["values"] == {
        "email": "anna@example.ru",
        "first_name": "Анна",
        "возраст": "31",
    }
    assert [p["code"] for p in file["rows"][1]["problems"]] == ["bad_email"]
    mapping = {"Почта": "email", "Имя": "trait:first_name", "Возраст": "trait:age:number"}
    preview = await cast.marketer.post(
        "/api/v1/imports/preview",
        json={"file_id": file["file_id"], "kind": "customers", "mapping": mapping},
    )
    assert preview.status_code == 200, preview.text
    assert preview.json()["rows"][0]["values"]["age"] == 31
    assert [p["column"] for p in preview.json()["rows"][2]["problems"]] == ["Почта", "Возраст"]
    created = await cast.marketer.post(
        "/api/v1/imports",
        json={"file_id": file["file_id"], "kind": "customers", "mapping": mapping, "key": "email"},
    )
    assert created.status_code == 201, created.text
    import_id = created.json()["id"]
    assert created.json()["state"] == "queued"
    while await run.step_imports(rt):
        pass
    one = (await cast.colleague.get(f"/api/v1/imports/{import_id}")).json()
    assert (one["state"], one["rows_ok"], one["rows_failed"]) == ("done", 1, 2)
    assert (await cast.colleague.get("/api/v1/imports")).json()["items"][0]["id"] == import_id
    errors = await cast.colleague.get(f"/api/v1/imports/{import_id}/errors.csv")
    assert errors.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(errors.text.removeprefix("\ufeff").splitlines()))
    reason = "Почта: This is not an e-mail address (без адреса)"
    assert rows[0] == ["Почта;Имя;Возраст;Row of the file;What is wrong"]
    assert rows[1] == [f"без адреса;Пётр;44;3;{reason}"]
    assert rows[2][0].startswith("'=2+2;Ева;x;4;")
    assert "Возраст: This is not a number (x); Почта: This is not" in rows[2][0]
    stranger = cast.stranger
    assert (await stranger.get(f"/api/v1/imports/{import_id}")).status_code == 404
    assert (await stranger.get(f"/api/v1/imports/{import_id}/errors.csv")).status_code == 404
    assert (await stranger.put(f"/api/v1/imports/{import_id}/cancellation")).status_code == 404
    body = {"file_id": file["file_id"], "kind": "customers", "mapping": mapping}
    assert (await stranger.post("/api/v1/imports", json=body)).status_code == 404
    assert (await stranger.get("/api/v1/imports")).json()["items"] == []


async def test_rows_with_errors_are_for_who_may_take_data_out_and_the_audit_knows(
    rt: Runtime, app: object, cast: Cast, seen: Ingestion, workspace: Workspace
) -> None:
    file = await upload(cast.owner, b"e-mail\nanna\n")
    body = {"file_id": file["file_id"], "kind": "customers", "mapping": {"e-mail": "email"}}
    created = await cast.owner.post("/api/v1/imports", json=body)
    while await run.step_imports(rt):
        pass
    address = f"/api/v1/imports/{created.json()['id']}/errors.csv"
    async with await signed_in(rt, app, workspace.id, Role.OPERATOR) as operator:
        assert (await operator.get(address)).status_code == 403
    assert (await cast.colleague.get(address)).status_code == 200
    async with rt.db.begin() as tx:
        noted = await tx.execute(
            sa.text(
                "SELECT user_id FROM audit_entries"
                " WHERE workspace_id = :w AND action = 'import.errors_downloaded'"
            ),
            {"w": workspace.id},
        )
        assert [row.user_id is not None for row in noted] == [True]


async def test_an_import_can_be_cancelled_over_http(
    rt: Runtime, cast: Cast, seen: Ingestion
) -> None:
    file = await upload(cast.owner, b"email\na@b.co\n")
    body = {"file_id": file["file_id"], "kind": "customers", "mapping": {"email": "email"}}
    import_id = (await cast.owner.post("/api/v1/imports", json=body)).json()["id"]
    assert (await cast.owner.put(f"/api/v1/imports/{import_id}/cancellation")).status_code == 200
    while await run.step_imports(rt):
        pass
    assert (await cast.owner.get(f"/api/v1/imports/{import_id}")).json()["state"] == "cancelled"


async def test_a_large_file_goes_to_disk_and_not_into_memory(
    rt: Runtime, cast: Cast, seen: Ingestion
) -> None:
    from otklik.ingestion.imports import files

    content = b"email,name\n" + b"a@b.co,some name that is long enough\n" * 200_000
    file = await upload(cast.owner, content)
    path = files.path_of(rt, workspace_id=seen.workspace_id, file_id=file["file_id"])
    assert file["size"] == path.stat().st_size == len(content) > 4 * 1024 * 1024
    assert path.read_bytes() == content


async def test_a_file_over_the_limit_leaves_nothing_behind(
    rt: Runtime, cast: Cast, seen: Ingestion, monkeypatch: Any
) -> None:
    from otklik.ingestion.imports import files

    monkeypatch.setattr(files.receive_file, "__kwdefaults__", {"bytes_max": 1000})
    answer = await cast.owner.post(
        "/api/v1/imports/files", files={"file": ("a.csv", b"email\n" + b"a@b.co\n" * 500)}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    folder = files.path_of(rt, workspace_id=seen.workspace_id, file_id=uuid4()).parent
    assert list(folder.iterdir()) == []


async def test_who_may_only_look_can_not_import(cast: Cast) -> None:
    answer = await cast.colleague.post(
        "/api/v1/imports/files", files={"file": ("a.csv", b"email\na@b.co\n")}
    )
    assert answer.status_code == 403
    assert (await cast.nobody.get("/api/v1/imports")).status_code == 401


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"PK\x03\x04" + bytes(100), "damaged_file"),
        (b",".join([b"x"] * 100_000), "too_many_columns"),
        (b"y" * 3_000_000, "first_line_too_long"),
    ],
)
async def test_a_file_that_can_not_be_read_is_refused_with_a_reason(
    cast: Cast, content: bytes, code: str
) -> None:
    answer = await cast.owner.post(
        "/api/v1/imports/files", files={"file": ("a.csv", content, "text/csv")}
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"not multipart", "text/plain"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut',
            "multipart/form-data; boundary=x",
        ),
    ],
)
async def test_a_request_without_a_whole_file_is_refused(
    cast: Cast, content: bytes, kind: str
) -> None:
    answer = await cast.owner.post(
        "/api/v1/imports/files", content=content, headers={"content-type": kind}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_upload")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"mapping": {"nothing": "email"}}, "unknown_column"),
        ({"mapping": {"email": "order_id"}}, "unknown_field"),
        ({"mapping": {}}, "missing_field"),
        ({"key": "phone"}, "missing_field"),
        ({"options": {"timezone": "Mars"}}, "unknown_timezone"),
    ],
)
async def test_a_plan_that_can_not_be_done_is_refused_with_a_reason(
    cast: Cast, change: dict[str, Any], code: str
) -> None:
    file = await upload(cast.owner, b"email,b\na@b.co,1\n")
    body = {"file_id": file["file_id"], "kind": "customers", "mapping": {"email": "email"}}
    answer = await cast.owner.post("/api/v1/imports", json={**body, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["detail"]
