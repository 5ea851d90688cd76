"""From columns to fields and from rows to events."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.ingestion.imports.errors import (
    FieldTwice,
    MissingField,
    UnknownColumn,
    UnknownField,
    UnknownZone,
)
from otklik.ingestion.imports.fields import Field, make_plan, parse_field
from otklik.ingestion.imports.make import make_rows
from otklik.ingestion.imports.model import FileFormat, ImportKind, ImportOptions, ImportPlan
from otklik.ingestion.imports.reader import Row
from otklik.ingestion.imports.rows import Customer, OrderRow, RowMaker, order_call
from otklik.ingestion.imports.suggest import suggest

CUSTOMERS, ORDERS = ImportKind.CUSTOMERS, ImportKind.ORDERS


def form(*columns: str) -> FileFormat:
    return FileFormat(
        encoding="utf-8",
        original_encoding="utf-8",
        separator=",",
        header=True,
        columns=list(columns),
    )


def plan(kind: ImportKind, mapping: dict[str, str], **options: Any) -> ImportPlan:
    key = options.pop("key", None)
    return make_plan(
        kind=kind,
        form=form(*mapping),
        mapping=mapping,
        key=key,
        options=ImportOptions(**options),
    )


def one(the_plan: ImportPlan, *cells: str) -> Any:
    good, problems = make_rows(the_plan, [Row(2, list(cells))])
    return good[0] if good else [(p.column, p.code) for p in problems]


@pytest.mark.parametrize(
    ("name", "kind", "field"),
    [
        ("E-mail", CUSTOMERS, "email"),
        ("Электронная почта", CUSTOMERS, "email"),
        ("Имя", CUSTOMERS, "trait:first_name"),
        ("Дата рождения", CUSTOMERS, "trait:birthday:date"),
        ("Customer ID", CUSTOMERS, "user_id"),
        ("Любимый цвет", CUSTOMERS, "trait:любимый_цвет"),
        ("InvoiceNo", ORDERS, "order_id"),
        ("StockCode", ORDERS, "product_id"),
        ("Description", ORDERS, "product_name"),
        ("Quantity", ORDERS, "quantity"),
        ("InvoiceDate", ORDERS, "time"),
        ("UnitPrice", ORDERS, "price"),
        ("CustomerID", ORDERS, "user_id"),
        ("Country", ORDERS, "property:country"),
        ("Номер заказа", ORDERS, "order_id"),
        ("Сумма", ORDERS, "total"),
    ],
)
def test_it_suggests_fields_by_name(name: str, kind: ImportKind, field: str) -> None:
    assert suggest(name, [], kind) == field


def test_it_suggests_fields_by_values() -> None:
    assert suggest("kontakt", ["a@b.co", "c@d.ru"], CUSTOMERS) == "email"
    assert suggest("age", ["5", "61"], CUSTOMERS) == "trait:age:number"
    assert suggest("zip", ["01001", "02134"], CUSTOMERS) == "trait:zip"
    assert suggest("since", ["2026-01-01", "2025-12-31"], CUSTOMERS) == "trait:since:date"


def test_it_reads_fields() -> None:
    assert parse_field("email", CUSTOMERS) == Field("email")
    assert parse_field("trait:age:number", CUSTOMERS) == Field("trait", "age", "number")
    assert parse_field("trait:a:b", CUSTOMERS) == Field("trait", "a:b")
    assert parse_field("external:crm_id", CUSTOMERS) == Field("external", "crm_id")
    for wrong in ("order_id", "trait:", "external:Bad Kind", "nothing", "property:x"):
        with pytest.raises(UnknownField):
            parse_field(wrong, CUSTOMERS)


def test_a_plan_is_checked() -> None:
    with pytest.raises(UnknownColumn):
        make_plan(
            kind=CUSTOMERS,
            form=form("a"),
            mapping={"b": "email"},
            key=None,
            options=ImportOptions(),
        )
    with pytest.raises(MissingField):
        plan(CUSTOMERS, {"a": "trait:x"})
    with pytest.raises(FieldTwice):
        plan(CUSTOMERS, {"a": "email", "b": "email"})
    with pytest.raises(MissingField):
        plan(CUSTOMERS, {"a": "email"}, key="user_id")
    with pytest.raises(UnknownField):
        plan(CUSTOMERS, {"a": "email"}, key="name")
    with pytest.raises(UnknownZone):
        plan(CUSTOMERS, {"a": "email"}, timezone="Mars/Base")
    with pytest.raises(MissingField):
        plan(ORDERS, {"a": "order_id"})


def test_a_customer_row_becomes_an_identify_call() -> None:
    the_plan = plan(
        CUSTOMERS,
        {
            "Id": "user_id",
            "Mail": "email",
            "Tel": "phone",
            "Name": "trait:name",
            "Age": "trait:age:number",
            "Born": "trait:born:date",
            "Vip": "trait:vip:bool",
            "Tags": "trait:tags:list",
            "Crm": "external:crm",
            "Skip": "skip",
        },
        key="email",
        date_order="dmy",
    )
    made = one(
        the_plan,
        "17850.0",
        " Ann@Example.COM ",
        "+7 916 123-45-67",
        "=1+1",
        "1 234,5",
        "31.12.1990",
        "да",
        "a; b",
        "77",
        "x",
    )
    assert made == [("Age", "bad_number")]
    made = one(
        the_plan,
        "17850.0",
        " Ann@Example.COM ",
        "+7 916 123-45-67",
        "=1+1",
        "1 234.5",
        "31.12.1990",
        "да",
        "a; b",
        "77",
        "x",
    )
    assert isinstance(made, Customer)
    assert made.key == "ann@example.com"
    assert made.call == {
        "type": "identify",
        "userId": "17850",
        "context": {"externalIds": [{"type": "crm", "id": "77"}]},
        "traits": {
            "name": "=1+1",
            "age": 1234.5,
            "born": "1990-12-31",
            "vip": True,
            "tags": ["a", "b"],
            "email": "ann@example.com",
            "phone": "+79161234567",
        },
    }


def test_an_empty_cell_keeps_or_clears() -> None:
    mapping = {"Mail": "email", "City": "trait:city"}
    kept = one(plan(CUSTOMERS, mapping, empty="keep"), "a@b.co", "")
    cleared = one(plan(CUSTOMERS, mapping, empty="clear"), "a@b.co", "")
    assert kept.call["traits"] == {"email": "a@b.co"}
    assert cleared.call["traits"] == {"email": "a@b.co", "city": None}


def test_every_wrong_cell_is_named() -> None:
    the_plan = plan(
        CUSTOMERS,
        {
            "Mail": "email",
            "Tel": "phone",
            "Age": "trait:age:number",
            "Born": "trait:born:date",
            "Vip": "trait:vip:bool",
        },
    )
    assert one(the_plan, "a@b.co\nBcc: c@d.co", "12", "many", "31.02.2026", "perhaps") == [
        ("Mail", "bad_email"),
        ("Tel", "bad_phone"),
        ("Age", "bad_number"),
        ("Born", "bad_date"),
        ("Vip", "bad_bool"),
    ]
    assert one(the_plan, "", "", "", "", "") == [("Mail", "no_key")]


@pytest.mark.parametrize(
    ("cell", "options", "iso"),
    [
        ("2010-12-01 08:26:00", {}, "2010-12-01T08:26:00+00:00"),
        ("2010-12-01T08:26:00Z", {}, "2010-12-01T08:26:00+00:00"),
        ("2010-12-01T08:26:00+03:00", {}, "2010-12-01T05:26:00+00:00"),
        ("12/1/2010 8:26", {"date_order": "mdy"}, "2010-12-01T08:26:00+00:00"),
        ("1.12.2010 8:26", {"date_order": "dmy"}, "2010-12-01T08:26:00+00:00"),
        ("1.12.10", {"date_order": "dmy"}, "2010-12-01T00:00:00+00:00"),
        ("12/1/2010 8:26 PM", {"date_order": "mdy"}, "2010-12-01T20:26:00+00:00"),
        ("2010-12-01 08:26", {"timezone": "Europe/Moscow"}, "2010-12-01T05:26:00+00:00"),
    ],
)
def test_it_reads_times(cell: str, options: dict[str, Any], iso: str) -> None:
    the_plan = plan(ORDERS, {"o": "order_id", "t": "time", "u": "user_id"}, **options)
    made = one(the_plan, "1", cell, "5")
    assert isinstance(made, OrderRow)
    call = order_call([made], the_plan)
    assert call is not None
    assert call["timestamp"] == iso


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("1,234.50", "point", "1234.50"),
        ("1.234,50", "comma", "1234.50"),
        ("1\u00a0234,5", "comma", "1234.5"),
        ("-12", "point", "-12"),
        ("1e3", "point", "1000"),
    ],
)
def test_it_reads_numbers(cell: str, decimal: Any, number: str) -> None:
    the_plan = plan(ORDERS, {"o": "order_id", "t": "time", "p": "price"}, decimal=decimal)
    assert one(the_plan, "1", "2026-01-01", cell).amount == Decimal(number)


@pytest.mark.parametrize(
    "cell", ["NaN", "Infinity", "1e99", "--1", "abc", "1.2.3", "1,5", "12,34.5", "1,2345"]
)
def test_it_refuses_what_is_no_number(cell: str) -> None:
    the_plan = plan(ORDERS, {"o": "order_id", "t": "time", "p": "price"})
    assert one(the_plan, "1", "2026-01-01", cell) == [("p", "bad_number")]


RETAIL = {
    "InvoiceNo": "order_id",
    "StockCode": "product_id",
    "Description": "product_name",
    "Quantity": "quantity",
    "InvoiceDate": "time",
    "UnitPrice": "price",
    "CustomerID": "user_id",
    "Country": "property:country",
}


def retail(*lines: tuple[str, ...], **options: Any) -> Any:
    the_plan = plan(ORDERS, RETAIL, return_prefix="C", currency="GBP", **options)
    good, problems = make_rows(the_plan, [Row(i + 2, list(cells)) for i, cells in enumerate(lines)])
    assert problems == []
    return order_call(good, the_plan)


def test_lines_of_an_order_become_one_event() -> None:
    when = "2010-12-01 08:26:00"
    call = retail(
        ("536365", "85123A", "HEART", "6", when, "2.55", "17850.0", "United Kingdom"),
        ("536365", "85123A", "HEART", "6", when, "2.55", "17850.0", "United Kingdom"),
        ("536365", "71053", "", "1", when, "3.395", "17850.0", "United Kingdom"),
    )
    assert call == {
        "type": "track",
        "event": "Order Completed",
        "userId": "17850",
        "timestamp": "2010-12-01T08:26:00+00:00",
        "properties": {
            "country": "United Kingdom",
            "order_id": "536365",
            "total": 34.0,
            "currency": "GBP",
            "products": [
                {"quantity": 6, "price": 2.55, "product_id": "85123A", "name": "HEART"},
                {"quantity": 6, "price": 2.55, "product_id": "85123A", "name": "HEART"},
                {"quantity": 1, "price": 3.395, "product_id": "71053"},
            ],
        },
    }


def test_a_cancellation_becomes_a_refund() -> None:
    line = ("C536379", "D", "Discount", "-1", "2010-12-01 09:41:00", "27.5", "14527.0", "UK")
    call = retail(line)
    assert call["event"] == "Order Refunded"
    assert call["properties"]["total"] == 27.5
    assert call["properties"]["products"][0]["quantity"] == 1


def test_an_order_of_nobody_is_skipped_or_kept() -> None:
    line = ("536414", "22139", "", "56", "2010-12-01 11:52:00", "0", "", "United Kingdom")
    assert retail(line) is None
    kept = retail(line, anonymous="keep")
    assert kept["anonymousId"] == "order:536414"
    assert "userId" not in kept


@given(st.lists(st.text(max_size=30), min_size=8, max_size=8))
def test_any_cells_are_a_row_or_named_problems(cells: list[str]) -> None:
    the_plan = plan(ORDERS, RETAIL)
    made = RowMaker(the_plan).order_row(Row(2, cells))
    if isinstance(made, list):
        assert made
        assert all(p.code and p.column in RETAIL for p in made)
    else:
        order_call([made], the_plan)


def test_a_day_stays_that_day_in_every_zone() -> None:
    mapping = {"id": "user_id", "born": "trait:birthday:date"}
    for zone in ("Europe/Moscow", "America/New_York", "UTC"):
        made = one(plan(CUSTOMERS, mapping, timezone=zone, date_order="dmy"), "1", "18.03.1983")
        assert made.call["traits"] == {"birthday": "1983-03-18"}
