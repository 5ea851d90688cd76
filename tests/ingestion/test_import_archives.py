"""A ZIP with tables, as mailing services give it, is read as it is; hostile ones are refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from otklik.ingestion.erasure import count_raw, erase_raw
from otklik.ingestion.imports import archives, run
from otklik.ingestion.imports.errors import (
    DamagedFile,
    NotCsv,
    ProtectedFile,
    UnpackedTooLarge,
    UnsafeFile,
)
from otklik.ingestion.imports.files import path_of, prepare
from otklik.ingestion.public import recognise_file
from otklik.kit.errors import OtklikError
from otklik.kit.traces import Traces
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.ingestion.importing import upload
from tests.ingestion.support import Ingestion
from tests.ingestion.test_import_preview import preview

SUBSCRIBED = (
    "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP\n"
    + "".join(
        f"s{i}@x.example,S{i},2,2024-01-02 03:04:05,192.0.2.1,2024-01-02 03:05:05,192.0.2.1\n"
        for i in range(20)
    )
)
GONE = "Email Address,UNSUB_TIME\nu1@x.example,2024-02-03 00:00:00\n"
DEAD = "Email Address,CLEAN_TIME\nc1@x.example,2024-02-03 00:00:00\n"


def packed(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return made.getvalue()


MAILCHIMP = packed(
    {
        "lists/unsubscribed_segment_export_1.csv": GONE,
        "lists/subscribed_segment_export_1.csv": SUBSCRIBED,
        "cleaned_segment_export_1.csv": DEAD,
        "__MACOSX/cleaned.csv": "x" * 9_999,
        "readme.pdf": "%PDF",
    }
)


async def test_an_archive_of_mailchimp_is_taken_file_by_file(
    rt: Runtime, cast: Cast, seen: Ingestion
) -> None:
    file = await upload(cast.marketer, MAILCHIMP)
    assert (file["packed"], file["source"]) == (True, "csv")
    assert file["sheets"] == [
        "unsubscribed_segment_export_1.csv",
        "subscribed_segment_export_1.csv",
        "cleaned_segment_export_1.csv",
    ]
    # The largest comes first.
    assert (file["sheet"], file["columns"][0]["name"]) == (1, "Email Address")
    for number, kind, columns in ((0, "consents", 2), (2, "suppressions", 2), (0, "consents", 2)):
        shown = await preview(cast.marketer, file, format={"sheet": number})
        assert (shown["kind"], len(shown["columns"])) == (kind, columns)
    body: dict[str, Any] = {
        "file_id": file["file_id"],
        "kind": "suppressions",
        "mapping": {"Email Address": "email", "CLEAN_TIME": "time"},
        "options": {"effect": "hard_bounce"},
        "format": {"sheet": 2},
    }
    made = await cast.marketer.post("/api/v1/imports", json=body)
    assert made.status_code == 201, made.text
    while await run.step_imports(rt):
        pass
    view = (await cast.marketer.get(f"/api/v1/imports/{made.json()['id']}")).json()
    assert (view["state"], view["rows_ok"], view["counts"]["suppressed"]) == ("done", 1, 1)


def test_one_table_is_simply_the_file_whatever_it_is_written_in(tmp_path: Path) -> None:
    cases = {
        "utf16.csv": "почта;имя\na@b.co;Анна\n".encode("utf-16"),
        "lines.jsonl": '{"почта": "a@b.co", "имя": "Анна"}\n{"почта": "c@d.co"}\n'.encode(),
    }
    for name, content in cases.items():
        path = tmp_path / f"{name}.upload"
        path.write_bytes(packed({name: content}))
        assert recognise_file(path).columns == ["почта", "имя"]
        form = prepare(path)
        assert (form.columns, form.packed, form.sheets) == (["почта", "имя"], True, [])
        assert not list(tmp_path.glob("*.book"))


async def test_a_table_of_lines_can_be_chosen_twice(cast: Cast, seen: Ingestion) -> None:
    lines = '{"email": "l@x.example"}\n'
    file = await upload(cast.marketer, packed({"a.csv": SUBSCRIBED, "b.jsonl": lines}))
    for _ in range(2):
        shown = await preview(cast.marketer, file, format={"sheet": 1})
        assert [row["values"] for row in shown["rows"]] == [{"email": "l@x.example"}]


def encrypted() -> bytes:
    raw = bytearray(packed({"a.csv": GONE}))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(sign) + place] |= 1
    return bytes(raw)


HOSTILE: list[tuple[str, bytes, type[OtklikError]]] = [
    ("bomb", packed({"a.csv": b"a,b\n" + b"1,2\n" * 12_000_000}), UnsafeFile),
    ("no table", packed({"a.exe": "x"}), NotCsv),
    ("empty", packed({"a.csv": ""}), NotCsv),
    ("archive inside", packed({"a.csv": packed({"b.csv": GONE})}), NotCsv),
    ("many", packed({f"{i}.csv": "a\n" for i in range(60)}), UnsafeFile),
    ("encrypted", encrypted(), ProtectedFile),
    ("cut", MAILCHIMP[:-200], DamagedFile),
    ("other method", packed({"a.csv": GONE}, zipfile.ZIP_LZMA), DamagedFile),
]


@pytest.mark.parametrize(
    ("raw", "error"), [case[1:] for case in HOSTILE], ids=[c[0] for c in HOSTILE]
)
def test_a_hostile_archive_is_refused(tmp_path: Path, raw: bytes, error: type[OtklikError]) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(raw)
    with pytest.raises(error):
        prepare(path)


def test_a_table_over_the_limit_and_a_name_that_leads_out_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(packed({"a.csv": SUBSCRIBED}))
    with pytest.raises(UnpackedTooLarge):
        prepare(path, bytes_max=100)
    path.write_bytes(packed({"../../evil.csv": GONE, "/etc/b.csv": "a\n1\n"}))
    assert archives.tables_of(path) == (["evil.csv", "b.csv"], 0)
    assert prepare(path).columns == ["Email Address", "UNSUB_TIME"]
    assert {one.name for one in tmp_path.iterdir()} == {"x.csv", "x.book"}
    assert not (tmp_path.parent / "evil.csv").exists()


async def test_an_erasure_finds_a_person_inside_of_what_is_packed(
    rt: Runtime, cast: Cast, seen: Ingestion
) -> None:
    file = await upload(cast.marketer, MAILCHIMP)
    await upload(
        cast.marketer, packed({"a.csv": "email\nother@x.example\n", "b.csv": "email\nz\n"})
    )
    traces = Traces(
        workspace_id=seen.workspace_id,
        profile_ids=(1,),
        identifiers=(("email", "c1@x.example"),),
        words=(),
        until=rt.clock(),
    )
    path = path_of(rt, workspace_id=seen.workspace_id, file_id=file["file_id"])
    assert path.with_suffix(".book").exists()
    async with rt.db.begin() as tx:
        assert await count_raw(rt, tx, traces) == 1
        assert (await erase_raw(rt, tx, traces)).count == 1
        assert await count_raw(rt, tx, traces) == 0
    # Nothing is left of the archive either, nor of the tables that were taken out of it.
    assert not list(path.parent.glob(f"{path.stem}.*"))
    assert len(list(path.parent.glob("*.book"))) == 1
