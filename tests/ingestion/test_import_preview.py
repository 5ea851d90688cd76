"""What a person sees before an import: proposals, questions, rows as they will be."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from otklik.ingestion.imports import files, run
from otklik.ingestion.imports.cells import Cells, Wrong, list_of
from otklik.ingestion.imports.model import FileFormat, ImportKind, ImportOptions
from otklik.ingestion.imports.moments import read_moment
from otklik.ingestion.imports.suggest import suggest, suggest_kind, type_of
from otklik.ingestion.public import error_file, import_file
from otklik.profiles.public import Refusal, list_profiles, normalise
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.ingestion.importing import upload, write_csv
from tests.ingestion.support import Ingestion
from tests.ingestion.test_import_sources import workbook


async def preview(client: Any, file: Any, **more: Any) -> Any:
    body = {"file_id": file["file_id"], "options": file["options"], **more}
    answer = await client.post("/api/v1/imports/preview", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_rows_tell_whom_they_will_meet_and_leave_no_trace(
    rt: Runtime, cast: Cast, seen: Ingestion
) -> None:
    await seen.put(
        {"type": "identify", "userId": "7", "traits": {"name": "Anna", "email": "a@b.example"}},
        {"type": "identify", "userId": "8", "traits": {"phone": "+79161234567"}},
        {"type": "identify", "anonymousId": "v", "traits": {"email": "v@b.example"}},
    )
    await seen.drain()
    text = (
        "id,email,phone,name\n"
        "7,,,Anna P\n"  # updates one
        "9,new@b.example,,Nick\n"
        ",NEW@b.example,,Nick\n"  # the same person as the line above
        "11,v@b.example,,Vera\n"
        "7,a@b.example,8 (916) 123-45-67,\n"  # two with ids of their own, who share a phone
    )
    file = await upload(cast.marketer, text.encode())
    shown = await preview(
        cast.marketer,
        file,
        key="email",
        options={"phone_region": "RU"},
        mapping={"id": "user_id"},
    )
    rows = {row["line"]: row for row in shown["rows"]}
    assert [p["code"] for p in rows[2]["problems"]] == ["no_key"]
    assert rows[3]["meets"] == {"outcome": "new", "people": [], "same_as": None}
    assert rows[4]["meets"]["same_as"] == 3
    assert rows[5]["meets"]["outcome"] == "updates"
    assert rows[6]["values"]["phone"] == "+79161234567"
    assert rows[6]["meets"]["outcome"] == "apart"
    assert next(p["name"] for p in rows[6]["meets"]["people"]) == "Anna"
    async with rt.db.begin() as tx:
        count = await tx.execute(
            sa.text("SELECT count(*) FROM profiles WHERE workspace_id = :w"),
            {"w": seen.workspace_id},
        )
        assert count.scalar_one() == 3
    other = await cast.stranger.post("/api/v1/imports/preview", json={"file_id": file["file_id"]})
    assert other.status_code == 404


async def test_a_date_with_two_readings_becomes_a_question(cast: Cast, seen: Ingestion) -> None:
    text = (
        "email;born;since;sum\n"
        "a@b.example;03.04.1990;25.12.2020;1,234\n"
        "c@b.example;05.06.1991;01.02.2021;2,345\n"
    )
    file = await upload(cast.marketer, text.encode())
    shown = await preview(cast.marketer, file)
    asked = {(q["kind"], q["column"]): q for q in shown["questions"]}
    assert set(asked) == {("date_order", "born"), ("decimal", "")}
    born = asked["date_order", "born"]
    assert (born["sample"], born["answer"]) == ("03.04.1990", "dmy")
    assert born["choices"] == [
        {"value": "dmy", "example": "1990-04-03"},
        {"value": "mdy", "example": "1990-03-04"},
    ]
    values = shown["rows"][0]["values"]
    assert (values["born"], values["since"]) == ("1990-04-03", "2020-12-25")
    told = await preview(
        cast.marketer,
        file,
        options={"date_order_of": {"born": "mdy"}, "decimal": "point"},
    )
    values = told["rows"][0]["values"]
    assert (values["born"], values["since"], values["sum"]) == ("1990-03-04", "2020-12-25", 1234)


async def test_another_sheet_can_be_chosen(rt: Runtime, cast: Cast, seen: Ingestion) -> None:
    def rows(*lines: str) -> str:
        return "".join(
            f'<row r="{i}"><c t="inlineStr"><is><t>{line}</t></is></c></row>'
            for i, line in enumerate(lines, 1)
        )

    book = workbook(rows("email", "a@b.example"), rows("Почта", "x@y.example", "z@y.example"))
    file = await upload(cast.marketer, book)
    assert (file["source"], file["sheets"], file["sheet"]) == ("xlsx", ["S1", "S2"], 0)
    shown = await preview(cast.marketer, file, format={"sheet": 1})
    assert [row["values"] for row in shown["rows"]] == [
        {"email": "x@y.example"},
        {"email": "z@y.example"},
    ]
    body = {
        "file_id": file["file_id"],
        "kind": "customers",
        "mapping": {"Почта": "email"},
        "format": {"sheet": 1},
    }
    made = await cast.marketer.post("/api/v1/imports", json=body)
    assert made.status_code == 201, made.text
    while await run.step_imports(rt):
        pass
    one = (await cast.colleague.get(f"/api/v1/imports/{made.json()['id']}")).json()
    assert (one["state"], one["rows_ok"], one["source"]) == ("done", 2, "xlsx")
    assert one["created_by"] == "Marketer"
    folder = files.path_of(rt, workspace_id=seen.workspace_id, file_id=file["file_id"]).parent
    assert list(folder.glob(f"{file['file_id']}*")) == []


async def test_the_kind_and_the_words_of_a_file_are_proposed(cast: Cast, seen: Ingestion) -> None:
    text = "Почта;Статус;Дата\na@b.example;подписан;01.02.2026\nc@b.example;думает;02.02.2026\n"
    file = await upload(cast.marketer, text.encode("windows-1251"))
    assert (file["kind"], file["encoding"]) == ("consents", "windows-1251")
    assert file["words"] == [
        {"word": "подписан", "rows": 1, "effect": "granted"},
        {"word": "думает", "rows": 1, "effect": None},
    ]
    assert [p["code"] for p in file["rows"][1]["problems"]] == ["bad_status"]
    told = await preview(cast.marketer, file, options={"effects": {"думает": "none"}})
    assert [row["problems"] for row in told["rows"]] == [[], []]
    events = await preview(cast.marketer, file, kind="events")
    assert (events["missing"], events["rows"]) == ("event", [])
    named = await preview(cast.marketer, file, kind="events", options={"event_name": "Asked"})
    assert named["rows"][0]["values"]["event"] == "Asked"


async def test_the_rows_with_errors_can_be_corrected_and_imported_as_they_are(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    text = [
        ["email", "age", "note"],
        ["a@b.example", "5", "fine"],
        ["no address", "x", '=1+1; "quoted"'],
        ["c@b.example", "7"],
    ]
    mapping = {"age": "trait:age:number"}
    file = write_csv(tmp_path / "p.csv", text)
    view = await import_file(
        rt, workspace_id=seen.workspace_id, file=file, mapping=mapping, carry=True
    )
    assert (view.rows_ok, view.rows_failed) == (1, 2)
    parts = error_file(rt, workspace_id=seen.workspace_id, import_id=view.id, lang="ru")
    errors = b"".join([part async for part in parts]).decode("utf-8-sig")
    header, wrong, short = csv.reader(io.StringIO(errors))
    assert header == ["email", "age", "note", "Строка файла", "Что не так"]
    assert wrong[:4] == ["no address", "x", '\'=1+1; "quoted"', "3"]
    assert wrong[4] == "age: Это не число (x); email: Это не адрес почты (no address)"
    assert short[:4] == ["c@b.example", "7", "", "4"]
    wrong[:2] = ["b@b.example", "6"]
    again = await import_file(
        rt,
        workspace_id=seen.workspace_id,
        file=write_csv(tmp_path / "again.csv", [header, wrong, short]),
        carry=True,
    )
    assert (again.rows_ok, again.rows_failed) == (2, 0)
    assert set(again.mapping) == {"email", "age", "note"}
    assert ("b@b.example", 6, '=1+1; "quoted"') in await seen.stored(
        "properties.email, properties.age, properties.note"
    )


async def test_empty_cells_clear_only_where_it_was_chosen(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    full = [["email", "city", "plan"], ["a@b.example", "Omsk", "pro"]]
    empty = [["email", "city", "plan"], ["a@b.example", "", ""]]
    for rows, options in (
        (full, ImportOptions()),
        (empty, ImportOptions(empty_of={"city": "clear"})),
    ):
        file = write_csv(tmp_path / "p.csv", rows)
        await import_file(
            rt, workspace_id=seen.workspace_id, file=file, options=options, carry=True
        )
        rt.clock.move(minutes=1)  # type: ignore[attr-defined]  # the clock of tests can be moved
    async with rt.db.begin() as tx:
        (person,) = (await list_profiles(tx, workspace_id=seen.workspace_id)).items
    assert person.traits == {"email": "a@b.example", "plan": "pro"}


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("2026-04-03", "ymd", "2026-04-03T00:00:00"),
        ("20260403", "ymd", "2026-04-03T00:00:00"),
        ("2026/04/03 10:15", "ymd", "2026-04-03T10:15:00"),
        ("03.04.2026", "dmy", "2026-04-03T00:00:00"),
        ("04/03/26 8:26 PM", "mdy", "2026-04-03T20:26:00"),
        ("3 апреля 2026 г.", "dmy", "2026-04-03T00:00:00"),
        ("пт, 3 апр. 2026 в 10:15", "dmy", "2026-04-03T10:15:00"),
        ("3-Apr-26", "dmy", "2026-04-03T00:00:00"),
        ("April 3rd, 2026", "dmy", "2026-04-03T00:00:00"),
        ("Fri, 03 Apr 2026 10:15:00 +0300", "dmy", "2026-04-03T10:15:00+03:00"),
        ("46115,4375", "dmy", "2026-04-03T10:30:00"),
        ("1775210400", "dmy", "2026-04-03T10:00:00+00:00"),
        ("1775210400123", "dmy", "2026-04-03T10:00:00.123000+00:00"),
        ("2026-04-03T10:15:00.5Z", "dmy", "2026-04-03T10:15:00.500000+00:00"),
    ],
)
def test_dates_are_read_in_many_styles(text: str, order: Any, iso: str) -> None:
    assert read_moment(text, order).at.isoformat() == iso


@pytest.mark.parametrize("text", ["31.02.2026", "yesterday", "12", "2026", "10:15", "99999999"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        read_moment(text, "dmy")


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    with suppress(Wrong):
        assert 1900 <= Cells(ImportOptions()).moment(text, "dmy").at.year <= 2200


names = st.text(alphabet="aA1Zz0_-.+@x", max_size=30)


@given(names | st.builds("{}@{}.ru".format, names, names))
def test_the_quick_way_gives_what_the_careful_way_gives(text: str) -> None:
    cells = Cells(ImportOptions())
    for kind in ("email", "user_id", "crm"):
        careful = normalise(kind, text)
        try:
            quick: Any = cells.identifier(kind, text)
        except Wrong:
            quick = None
        if not (kind != "email" and text.endswith(".0")):
            assert quick == (None if isinstance(careful, Refusal) else careful.value)


@pytest.mark.parametrize(
    ("cell", "options", "number"),
    [
        ("1\u00a0234,50 ₽", {"decimal": "comma"}, 1234.5),
        ("$1,234.50", {}, 1234.5),
        ("12 500 руб.", {}, 12500),
        ("-7", {}, -7),
    ],
)
def test_money_is_a_number(cell: str, options: dict[str, Any], number: float) -> None:
    assert Cells(ImportOptions(**options)).value("number", cell) == number


@pytest.mark.parametrize(
    ("name", "values", "type_"),
    [
        ("Подписан", ["да", "нет"], "bool"),
        ("visits", ["0", "1"], "number"),
        ("is_vip", ["0", "1"], "bool"),
        ("Дата визита", ["45000", "45001"], "date"),
        ("Сумма", ["1 200,50 ₽", "300 ₽"], "number"),
        ("Теги", ["a, b", "c"], "list"),
        ("ids", ['["a","b"]', "[]"], "list"),
        ("Индекс", ["010110", "620000"], "text"),
        ("born", ["3 мая 1990", "12 июня 1985 г."], "date"),
    ],
)
def test_types_are_told_by_values(name: str, values: list[str], type_: str) -> None:
    assert type_of(name, values) == type_


def test_phones_are_told_by_values_in_any_column() -> None:
    found = suggest("kontakt", ["+7 916 123-45-67", "8 (916) 123-45-68"], ImportKind.CUSTOMERS)
    assert found == "phone"
    assert suggest("code", ["1234567890"], ImportKind.CUSTOMERS) == "trait:code:number"


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ("order_id,date,sku,quantity", "orders"),
        ("Номер заказа,Дата,Сумма", "orders"),
        ("event,timestamp,user_id", "events"),
        ("email,reason", "suppressions"),
        ("email,status,date", "consents"),
        ("email,имя,город", "customers"),
    ],
)
def test_the_kind_is_told_by_the_columns(columns: str, kind: str) -> None:
    form = FileFormat(
        encoding="utf-8",
        original_encoding="utf-8",
        separator=",",
        header=True,
        columns=columns.split(","),
    )
    assert suggest_kind(form) == kind


def test_cells_of_several_values_are_parted() -> None:
    assert list_of("a; b;") == ["a", "b"]
    assert list_of('["a, b", 2]') == ["a, b", "2"]
    assert list_of("[broken") == ["[broken"]
    assert list_of('"vip","new"') == ["vip", "new"]
