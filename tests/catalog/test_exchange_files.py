"""Files of the exchange with 1C: what is read, and what no file can do to the reader."""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.catalog.exchange import ExchangeReader, check_exchange, files
from otklik.catalog.exchange.model import Document, Good, Group, Offer, Price, Property
from otklik.catalog.products.errors import FeedBadArchive
from otklik.entrypoints.catalog_check import catalog
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "commerceml"
IMPORT = """<?xml version="1.0" encoding="UTF-8"?>
<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.07"
 ДатаФормирования="2026-01-01">
<Классификатор><Ид>k</Ид><Наименование>Классификатор</Наименование>
<Группы><Группа><Ид>g1</Ид><Наименование>Обувь</Наименование>
<Группы><Группа><Ид>g2</Ид><Наименование>Ботинки</Наименование></Группа></Группы></Группа>
<Группа><Ид>g3</Ид><Наименование>Сумки</Наименование></Группа></Группы>
<Свойства><Свойство><Ид>p1</Ид><Наименование>Цвет</Наименование><ВариантыЗначений>
<Справочник><ИдЗначения>v1</ИдЗначения><Значение>Чёрный</Значение></Справочник>
</ВариантыЗначений></Свойство></Свойства></Классификатор>
<Каталог СодержитТолькоИзменения="false"><Ид>c</Ид><Товары>
<Товар><Ид>t1</Ид><Артикул>A-1</Артикул><Наименование>Ботинки  зимние</Наименование>
<Группы><Ид>g2</Ид></Группы><Картинка>import_files/1.jpg</Картинка>
<Изготовитель><Ид>m</Ид><Наименование>Фабрика</Наименование></Изготовитель>
<ЗначенияСвойств><ЗначенияСвойства><Ид>p1</Ид><Значение>v1</Значение></ЗначенияСвойства></ЗначенияСвойств>
<ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>ВидНоменклатуры</Наименование>
<Значение>Товар</Значение></ЗначениеРеквизита></ЗначенияРеквизитов></Товар>
<Товар Статус="Удален"><Ид>t2</Ид><Наименование>Старое</Наименование></Товар>
</Товары></Каталог></КоммерческаяИнформация>"""
OFFERS = """<КоммерческаяИнформация ВерсияСхемы="2.09"><ИзмененияПакетаПредложений>
<Предложения><Предложение><Ид>t1#42</Ид><Наименование>Ботинки 42</Наименование>
<ХарактеристикиТовара><ХарактеристикаТовара><Наименование>Размер</Наименование>
<Значение>42</Значение></ХарактеристикаТовара></ХарактеристикиТовара>
<Цены><Цена><ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>5 990,50</ЦенаЗаЕдиницу>
<Валюта>руб</Валюта></Цена></Цены>
<Склад ИдСклада="s1" КоличествоНаСкладе="3"/><Склад ИдСклада="s2" КоличествоНаСкладе="4"/>
</Предложение><Предложение><Ид>t3</Ид><Остатки><Остаток><Склад><Ид>s1</Ид>
<Количество>1.5</Количество></Склад></Остаток></Остатки></Предложение>
<Предложение><Ид>t4</Ид></Предложение></Предложения>
</ИзмененияПакетаПредложений></КоммерческаяИнформация>"""
ORDER = """<?xml version="1.0" encoding="windows-1251"?><КоммерческаяИнформация ВерсияСхемы="2.05">
<Документ><Ид>17</Ид><Номер>М-17</Номер><Дата>2026-01-02</Дата><Время>10:00:00</Время>
<ХозОперация>Заказ товара</ХозОперация><Валюта>RUB</Валюта><Сумма>100.00</Сумма>
<Контрагенты><Контрагент><Ид>c1</Ид><Наименование>Анна</Наименование><Контакты><Контакт>
<Тип>Почта</Тип><Значение>anna@shop.example</Значение></Контакт></Контакты></Контрагент></Контрагенты>
<Товары><Товар><Ид>t1</Ид><Наименование>Чай</Наименование><ЦенаЗаЕдиницу>50</ЦенаЗаЕдиницу>
<Количество>2</Количество><Сумма>100</Сумма></Товар></Товары>
<ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>Статус заказа</Наименование>
<Значение>[N] Принят</Значение></ЗначениеРеквизита></ЗначенияРеквизитов>
</Документ></КоммерческаяИнформация>"""


def _items(text: str | bytes) -> list[Any]:
    return list(ExchangeReader(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def test_a_catalogue_is_read_with_its_groups_and_properties() -> None:
    items = _items(IMPORT)
    groups = [item for item in items if isinstance(item, Group)]
    assert {(g.id, g.parent_id, g.name) for g in groups} == {
        ("g1", None, "Обувь"),
        ("g2", "g1", "Ботинки"),
        ("g3", None, "Сумки"),
    }
    (colour,) = (item for item in items if isinstance(item, Property))
    assert (colour.name, colour.values) == ("Цвет", {"v1": "Чёрный"})
    boots, old = (item for item in items if isinstance(item, Good))
    assert (boots.name, boots.article, boots.vendor) == ("Ботинки зимние", "A-1", "Фабрика")
    assert (boots.group_ids, boots.properties) == (("g2",), {"p1": "v1"})
    assert (boots.requisites, boots.deleted, old.deleted) == (
        {"ВидНоменклатуры": "Товар"},
        False,
        True,
    )
    assert check_exchange(io.BytesIO(IMPORT.encode())).only_changes is False


def test_offers_have_prices_stock_and_characteristics() -> None:
    boots, loose, silent = (item for item in _items(OFFERS) if isinstance(item, Offer))
    assert (boots.good_id, boots.characteristics) == ("t1", {"Размер": "42"})
    assert boots.prices == (Price("r", Decimal("5990.50"), "руб"),)
    assert (boots.stock, boots.by_warehouse) == (Decimal(7), {"s1": Decimal(3), "s2": Decimal(4)})
    assert (loose.stock, silent.stock) == (Decimal("1.5"), None)
    assert check_exchange(io.BytesIO(OFFERS.encode())).only_changes is True


def test_a_document_is_an_order_with_its_buyer() -> None:
    (order,) = (item for item in _items(ORDER.encode("cp1251")) if isinstance(item, Document))
    assert (order.id, order.number, order.date, order.time) == (
        "17",
        "М-17",
        "2026-01-02",
        "10:00:00",
    )
    assert (order.person, order.contacts) == ("Анна", {"Почта": "anna@shop.example"})
    assert [(li.name, li.quantity, li.price) for li in order.lines] == [("Чай", 2, 50)]
    assert order.requisites == {"Статус заказа": "[N] Принят"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<html/>", "feed_is_not_yml"),
        (IMPORT[:-40], "feed_cut_short"),
        (
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><КоммерческаяИнформация/>',
            "feed_declares_entities",
        ),
        (
            "<КоммерческаяИнформация><Каталог><Товары><Товар>"
            + "<Ид>1</Ид>" * 20_001
            + "</Товар></Товары></Каталог></КоммерческаяИнформация>",
            "feed_beyond_limits",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused(text: str, code: str) -> None:
    report = check_exchange(io.BytesIO(text.encode()))
    assert (report.refused, report.errors[0].code) == (code, code)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([IMPORT, OFFERS, ORDER]),
    st.integers(0, 3_000),
    st.integers(0, 300),
    st.binary(max_size=40),
)
def test_a_damaged_file_gives_a_report_or_a_refusal(
    text: str, at: int, gone: int, put: bytes
) -> None:
    whole = text.encode()
    report = check_exchange(io.BytesIO(whole[:at] + put + whole[at + gone :]))
    assert (report.refused is None) is (report.errors == ())


def _cases() -> list[dict[str, Any]]:
    listed = DATA / "expected_counts.json"
    if not listed.exists():
        return []
    cases = json.loads(listed.read_text("utf-8"))
    return [case for case in cases if (DATA / "raw" / case["file"]).exists()]


def test_files_of_real_exchanges_give_their_counts() -> None:
    cases = _cases()
    if not cases:
        pytest.skip(f"{DATA} is not here: files of real exchanges are not checked")
    for case in cases:
        with (DATA / "raw" / case["file"]).open("rb") as source:
            report = check_exchange(source)
        assert report.refused is None, case["file"]
        assert report.groups == case.get("Группа", 0), case["file"]
        assert report.properties == case.get("Свойство", 0), case["file"]
        assert report.offers == case.get("Предложение", 0), case["file"]
        assert report.price_types == case.get("ТипЦены", 0), case["file"]
        assert report.documents == case.get("Документ", 0), case["file"]
        assert report.products + report.document_lines == case.get("Товар", 0), case["file"]
        assert report.pictures == case.get("Картинка", 0), case["file"]
        assert report.property_values == case.get("ЗначенияСвойства", 0), case["file"]


def test_the_command_knows_files_of_1c(tmp_path: Path) -> None:
    file = tmp_path / "import.xml"
    file.write_text(IMPORT, "utf-8")
    done = CliRunner().invoke(catalog, ["check", str(file)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert (said["format"], said["products"], said["groups"]) == ("commerceml", 2, 3)


def test_an_archive_whose_list_of_files_is_huge_is_refused(rt: Runtime) -> None:
    session_id, file_id = new_id(), new_id()
    folder = files.folder(rt, session_id)
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / str(file_id), "w") as archive:
        for number in range(80):
            archive.writestr(f"{number:060000}.xml", b"")
    with pytest.raises(FeedBadArchive, match="too many files"):
        files.unpack(rt, session_id, file_id, room=10**9)
    files.forget(rt, session_id)
