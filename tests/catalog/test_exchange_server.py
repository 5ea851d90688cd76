"""The server of the exchange: a scripted 1C in whole exchanges of the catalogue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from otklik.catalog.exchange import files
from otklik.runtime.public import Runtime
from tests.catalog.onec import API, OneC, goods, log, products, zipped
from tests.catalog.test_exchange_files import IMPORT, OFFERS
from tests.conftest import Cast


async def test_a_whole_exchange_of_the_catalogue_ends_in_products(
    cast: Cast, onec: OneC, made: dict[str, Any], rt: Runtime
) -> None:
    await onec.exchange(import_xml=IMPORT, offers_xml=OFFERS)
    await onec.finish()
    found = await products(cast)
    assert set(found) == {"t1#42"}
    shoe = found["t1#42"]
    assert (shoe["name"], shoe["price"], shoe["currency"], shoe["stock"], shoe["category"]) == (
        "Ботинки 42", 5990.5, "RUB", 7, ["Обувь", "Ботинки"],
    )  # fmt: skip
    card = (await cast.owner.get(f"/api/v1/products/{shoe['id']}")).json()
    assert {(one["name"], one["value"]) for one in card["params"]} == {
        ("Цвет", "Чёрный"), ("Размер", "42"),
    }  # fmt: skip
    (session,) = await log(cast, made)
    assert session["state"] == "closed"
    assert [(one["name"], one["state"]) for one in session["files"]] == [
        ("import.xml", "done"), ("offers.xml", "done"),
    ]  # fmt: skip
    assert session["files"][0]["counts"]["products"] == 2
    assert not files.folder(rt, UUID(session["id"])).exists()


async def test_prices_that_come_alone_leave_stock_and_names(cast: Cast, onec: OneC) -> None:
    await onec.exchange(import_xml=IMPORT, offers_xml=OFFERS)
    prices = OFFERS.split("<Предложения>")[0] + (
        "<Предложения><Предложение><Ид>t1#42</Ид><Цены><Цена><ИдТипаЦены>r</ИдТипаЦены>"
        "<ЦенаЗаЕдиницу>10</ЦенаЗаЕдиницу></Цена></Цены></Предложение></Предложения>"
        "</ИзмененияПакетаПредложений></КоммерческаяИнформация>"
    )
    await onec.finish()
    await onec.exchange(prices_xml=prices)
    shoe = (await products(cast))["t1#42"]
    assert (shoe["name"], shoe["price"], shoe["stock"]) == ("Ботинки 42", 10, 7)


async def test_only_a_session_that_is_whole_takes_products_away(cast: Cast, onec: OneC) -> None:
    async def listed() -> set[str]:
        return {one for one, row in (await products(cast)).items() if not row["gone"]}

    await onec.exchange(import_xml=goods("a", "b", "c"))
    await onec.finish()
    assert await listed() == {"a", "b", "c"}
    # Changes only: what is not named stays.
    await onec.exchange(import_xml=goods("d", only_changes="true"))
    await onec.finish()
    assert await listed() == {"a", "b", "c", "d"}
    # Whole in two files: what neither names is gone, and not before the end.
    await onec.exchange(import0_xml=goods("a"), import1_xml=goods("d"))
    assert await listed() == {"a", "b", "c", "d"}
    await onec.finish()
    assert await listed() == {"a", "d"}
    # One of its files was broken: nobody knows what the whole was.
    await onec.login()
    await onec.send("import0.xml", goods("a"))
    await onec.send("import1.xml", "<КоммерческаяИнформация><Каталог>")
    assert (await onec.read("import0.xml")).startswith("success")
    assert (await onec.read("import1.xml")).startswith("failure")
    await onec.finish()
    assert await listed() == {"a", "d"}


async def test_losing_more_than_half_at_once_is_held_back(
    cast: Cast, onec: OneC, made: dict[str, Any]
) -> None:
    await onec.exchange(import_xml=goods(*(f"g{n}" for n in range(12))))
    await onec.finish()
    await onec.exchange(import_xml=goods("g1"))
    await onec.finish()
    assert len([row for row in (await products(cast)).values() if not row["gone"]]) == 12
    assert "more than half" in (await log(cast, made))[0]["problem"]


async def test_an_archive_in_parts_is_put_together_and_unpacked(cast: Cast, onec: OneC) -> None:
    old = IMPORT.replace("UTF-8", "windows-1251").encode("cp1251")
    packed = zipped(**{"webdata/import.xml": old, "offers.xml": OFFERS,
                       "import_files/1.jpg": b"x"})  # fmt: skip
    await onec.login()
    assert await onec.send("v8.zip", packed, part=300) == "success"
    assert (await onec.read("import.xml")).startswith("success")
    assert (await onec.read("offers.xml")).startswith("success")
    assert (await products(cast))["t1#42"]["category"] == ["Обувь", "Ботинки"]
    assert (await onec.read("rests.xml")).startswith("failure")


async def test_pictures_are_let_by_and_leave_no_file(
    onec: OneC, cast: Cast, made: dict[str, Any]
) -> None:
    await onec.login()
    assert await onec.send("import_files/ab/1.jpg", b"picture") == "success"
    assert (await log(cast, made))[0]["files"] == []


async def test_the_type_of_prices_can_be_chosen(cast: Cast, onec: OneC) -> None:
    await onec.exchange(import_xml=IMPORT)
    offers = (
        "<КоммерческаяИнформация><ПакетПредложений><ТипыЦен><ТипЦены><Ид>r</Ид><Наименование>Розница"
        "</Наименование><Валюта>руб</Валюта></ТипЦены><ТипЦены><Ид>w</Ид><Наименование>Опт"
        "</Наименование></ТипЦены></ТипыЦен><Предложения><Предложение><Ид>t1</Ид><Цены>"
        "<Цена><ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>9</ЦенаЗаЕдиницу></Цена>"
        "<Цена><ИдТипаЦены>w</ИдТипаЦены><ЦенаЗаЕдиницу>7</ЦенаЗаЕдиницу></Цена></Цены></Предложение>"
        "</Предложения></ПакетПредложений></КоммерческаяИнформация>"
    )
    await onec.exchange(offers_xml=offers)
    assert (await products(cast))["t1"]["price"] == 9
    kept = await cast.owner.patch(f"{API}/{onec.id}", json={"price_type": "w"})
    assert [one["name"] for one in kept.json()["price_types"]] == ["Розница", "Опт"]
    await onec.exchange(offers_xml=offers)
    assert (await products(cast))["t1"]["price"] == 7
