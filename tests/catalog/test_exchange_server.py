"""The server of the exchange: a scripted 1C in whole exchanges, and strangers who get nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.catalog.exchange import files
from otklik.catalog.exchange import jobs as exchange_jobs
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.http_server import PUBLIC_HANDLERS
from otklik.catalog.exchange.work import close_session, read_file
from otklik.catalog.http import HANDLERS
from otklik.catalog.operations import apply_order_events
from otklik.profiles.public import Observation, resolve_identities
from otklik.runtime.public import Runtime
from otklik.runtime.web.app import create_app
from tests.catalog.conftest import event
from tests.catalog.test_exchange_files import IMPORT, OFFERS
from tests.conftest import Cast, Clock, client_of

API = "/api/v1/exchanges"
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "commerceml"


@pytest.fixture(scope="session")
async def app(runtime: Runtime) -> object:
    from litestar.di import Provide

    from otklik.accounts.public import provide_principal

    return create_app(
        runtime,
        api=HANDLERS,
        public=PUBLIC_HANDLERS,
        dependencies={"who": Provide(provide_principal)},
    )


class OneC:
    """Does what 1C does, in its order, and nothing else."""

    def __init__(self, rt: Runtime, app: object, made: dict[str, Any], *, kind: str = "catalog"):
        self.rt, self.kind = rt, kind
        self.client = client_of(app)
        self.id = made["exchange"]["id"]
        self.url = httpx.URL(made["exchange"]["url"]).path
        self.auth = (made["exchange"]["login"], made["password"])
        self.workspace_id = 0

    async def ask(self, mode: str, *, body: bytes | None = None, **query: str) -> httpx.Response:
        params = {"type": self.kind, "mode": mode, **query}
        answer = await self.client.request(
            "GET" if body is None else "POST", self.url, params=params, content=body
        )
        assert answer.status_code == 200, answer.text
        return answer

    async def text(self, mode: str, **query: Any) -> str:
        return (await self.ask(mode, **query)).text.strip()

    async def login(self, password: str | None = None) -> str:
        answer = await self.client.get(
            self.url,
            params={"type": self.kind, "mode": "checkauth"},
            auth=(self.auth[0], password or self.auth[1]),
        )
        word, *rest = answer.text.strip().split("\n")
        if word == "success":
            self.client.headers["cookie"] = f"{rest[0]}={rest[1]}"
        return answer.text.strip()

    async def send(self, name: str, body: str | bytes, *, part: int = 1 << 20) -> str:
        raw = body.encode() if isinstance(body, str) else body
        told = ""
        for first in range(0, len(raw), part):
            told = await self.text("file", body=raw[first : first + part], filename=name)
            if told != "success":
                break
        return told

    async def work(self) -> None:
        """Do what a worker would."""
        f, s = t.exchange_files.c, t.exchange_sessions.c
        async with self.rt.db.begin() as tx:
            queued = (
                await tx.execute(
                    sa.select(f.workspace_id, f.file_id)
                    .join(t.exchange_sessions, s.session_id == f.session_id)
                    .where(s.exchange_id == UUID(self.id), f.state == "queued")
                )
            ).all()
            closing = (
                await tx.execute(
                    sa.select(s.workspace_id, s.session_id).where(
                        s.exchange_id == UUID(self.id), s.state == "closing"
                    )
                )
            ).all()
        for row in queued:
            await read_file(self.rt, workspace_id=row.workspace_id, file_id=row.file_id)
        for row in closing:
            await close_session(self.rt, workspace_id=row.workspace_id, session_id=row.session_id)

    async def read(self, name: str) -> str:
        """Ask until it is over, as 1C does."""
        for _ in range(10):
            told = await self.text("import", filename=name)
            if not told.startswith("progress"):
                return told
            await self.work()
        raise AssertionError("it never ends")

    async def exchange(self, **sent: str | bytes) -> None:
        """Do a whole exchange of files, named with `_` for `.`."""
        assert (await self.login()).startswith("success")
        assert (await self.text("init")).split("\n")[0] == "zip=yes"
        for name, body in sent.items():
            assert await self.send(name.replace("_", "."), body) == "success"
        for name in sent:
            assert (await self.read(name.replace("_", "."))).startswith("success")

    async def finish(self) -> None:
        assert await self.text("complete") == "success"
        await self.work()


@pytest.fixture
async def made(cast: Cast) -> dict[str, Any]:
    answer = await cast.owner.post(API, json={"name": "UT 11"})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
async def onec(rt: Runtime, app: object, made: dict[str, Any]) -> AsyncIterator[OneC]:
    one = OneC(rt, app, made)
    yield one
    await one.client.aclose()


@pytest.fixture
async def sale(rt: Runtime, app: object, made: dict[str, Any]) -> AsyncIterator[OneC]:
    one = OneC(rt, app, made, kind="sale")
    yield one
    await one.client.aclose()


async def products(cast: Cast) -> dict[str, dict[str, Any]]:
    answer = await cast.owner.get("/api/v1/products")
    return {row["offer_id"]: row for row in answer.json()["items"]}


async def log(cast: Cast, made: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await cast.owner.get(f"{API}/{made['exchange']['id']}/sessions")
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()
    return told


def zipped(**members: str | bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return packed.getvalue()


def goods(*ids: str, only_changes: str = "false") -> str:
    rows = "".join(
        f"<Товар><Ид>{one}</Ид><Наименование>N {one}</Наименование></Товар>" for one in ids
    )
    return (
        f'<КоммерческаяИнформация ВерсияСхемы="2.07"><Каталог СодержитТолькоИзменения='
        f'"{only_changes}"><Товары>{rows}</Товары></Каталог></КоммерческаяИнформация>'
    )


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


@pytest.mark.parametrize(
    "name",
    ["../x.xml", "a/../../x.xml", "/etc/x.xml", "..\\x.xml", "C:\\x.xml", "x.php", "x", "",
     "a//b.xml",     "x\0.xml", "x" * 300 + ".xml"],
)  # fmt: skip
async def test_a_name_that_leads_elsewhere_is_refused(onec: OneC, name: str) -> None:
    await onec.login()
    told = await onec.text("file", body=b"<a/>", filename=name)
    assert told.startswith("failure")


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (zipped(**{"../../evil.xml": IMPORT}), "leads elsewhere"),
        (zipped(**{"import.xml": b" " * (80 * 1024**2)}), "too large"),
        (b"PK\x03\x04 not an archive", "damaged"),
    ],
    ids=["slip", "bomb", "damaged"],
)
async def test_a_bad_archive_is_refused_whole(
    onec: OneC, cast: Cast, packed: bytes, reason: str, data_dir: Path
) -> None:
    await onec.login()
    await onec.send("v8.zip", packed)
    told = await onec.read("import.xml")
    assert told.startswith("failure")
    assert reason in told
    assert await products(cast) == {}
    assert not list(data_dir.rglob("evil.xml"))


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
    ids=["bomb", "external"],
)
async def test_entities_are_never_followed(onec: OneC, cast: Cast, head: str) -> None:
    await onec.login()
    body = head + goods("a").replace("N a", "&b;" if "b" in head else "&x;")
    await onec.send("import.xml", body)
    assert (await onec.read("import.xml")).startswith("failure")
    assert await products(cast) == {}


async def test_a_wrong_password_opens_nothing_and_many_close_the_door(
    onec: OneC, clock: Clock
) -> None:
    assert (await onec.text("init")).startswith("failure")
    for _ in range(20):
        assert (await onec.login("guess")).startswith("failure\nWrong login")
    assert (await onec.login()).startswith("failure\nToo many")
    clock.move(minutes=16)
    assert (await onec.login()).startswith("success")


async def test_a_session_ends_with_silence_and_with_a_new_password(
    onec: OneC, cast: Cast, clock: Clock
) -> None:
    await onec.login()
    clock.move(minutes=31)
    assert (await onec.text("init")).startswith("failure")
    await onec.login()
    assert (await onec.text("init")).startswith("zip")
    renewed = await cast.owner.post(f"{API}/{onec.id}/password", json={})
    assert (await onec.text("init")).startswith("failure")
    assert (await onec.login()).startswith("failure")
    onec.auth = (onec.auth[0], renewed.json()["password"])
    assert (await onec.login()).startswith("success")


async def test_two_exchanges_at_once_are_refused_until_the_first_is_silent(
    rt: Runtime, app: object, onec: OneC, made: dict[str, Any], clock: Clock
) -> None:
    await onec.login()
    await onec.send("import.xml", goods("a"))
    other = OneC(rt, app, made)
    assert "under way" in await other.login()
    clock.move(minutes=6)
    assert (await other.login()).startswith("success")
    # The first has lost its session, and its parts are nobody's.
    assert (await onec.text("import", filename="import.xml")).startswith("failure")
    await other.client.aclose()


async def test_a_file_sent_again_changes_nothing(
    cast: Cast, onec: OneC, made: dict[str, Any]
) -> None:
    await onec.exchange(import_xml=IMPORT, offers_xml=OFFERS)
    await onec.exchange(import_xml=IMPORT, offers_xml=OFFERS)
    counts = (await log(cast, made))[0]["files"][1]["counts"]
    assert not {"added", "changed", "gone"} & set(counts)


async def test_a_kill_before_the_end_of_a_file_leaves_it_to_be_read_again(
    cast: Cast, onec: OneC, monkeypatch: pytest.MonkeyPatch
) -> None:
    await onec.login()
    await onec.send("import.xml", goods("a"))
    assert (await onec.text("import", filename="import.xml")).startswith("progress")

    async def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("otklik.catalog.exchange.work._end", killed)
        with pytest.raises(KeyboardInterrupt):
            await onec.work()
    assert await products(cast) == {}
    assert (await onec.read("import.xml")).startswith("success")
    assert set(await products(cast)) == {"a"}


async def test_strangers_see_and_touch_nothing(cast: Cast, made: dict[str, Any]) -> None:
    one = f"{API}/{made['exchange']['id']}"
    assert (await cast.stranger.get(API)).json() == []
    for answer in (
        await cast.stranger.get(one),
        await cast.stranger.get(f"{one}/sessions"),
        await cast.stranger.patch(one, json={"name": "mine"}),
        await cast.stranger.post(f"{one}/password", json={}),
        await cast.stranger.delete(one),
    ):
        assert answer.status_code == 404
    assert (await cast.colleague.post(API, json={"name": "x"})).status_code == 403
    assert (await cast.colleague.get(one)).status_code == 200
    unknown = await cast.nobody.get(
        "/1c/unknown", params={"type": "catalog", "mode": "checkauth"}, auth=("a", "b")
    )
    assert unknown.text.startswith("failure")
    assert (await cast.owner.delete(one)).status_code == 204
    assert (await cast.owner.get(API)).json() == []


async def test_our_orders_go_out_until_1c_has_confirmed_them(
    rt: Runtime, workspace: Workspace, cast: Cast, made: dict[str, Any], sale: OneC, clock: Clock
) -> None:
    now = clock()
    async with rt.db.begin() as tx:
        found = await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[
                Observation(
                    index=0, time=now, email="anna@shop.example", phone="+79161234567",
                    traits={"name": "Анна <Ли> ☺"},
                )
            ],
            now=now,
        )  # fmt: skip
        bought = event(
            now,
            "Order Completed",
            profile_id=found.profile_ids[0],
            order_id="S-1",
            products=[{"product_id": "t1", "name": "Чай & кофе", "price": 50, "quantity": 2}],
        )
        await apply_order_events(tx, workspace_id=workspace.id, rows=[bought], now=now)
    await cast.owner.patch(f"{API}/{sale.id}", json={"encoding": "windows-1251"})
    await sale.login()
    for _ in range(2):
        answer = await sale.ask("query")
        told = answer.content.decode("cp1251")
        for part in ("<Ид>S-1</Ид>", "anna@shop.example", "+79161234567", "Чай &amp; кофе",
                     "Анна &lt;Ли&gt; &#9786;", "<Сумма>100.00</Сумма>"):  # fmt: skip
            assert part in told
    assert await sale.text("success") == "success"
    assert "<Документ>" not in (await sale.ask("query")).content.decode("cp1251")
    assert (await log(cast, made))[0]["orders_taken"] == 1


def document(id_: str, *, status: str = "Принят", more: str = "", kind: str = "Заказ товара",
             mail: str = "boris@shop.example", facts: str = "") -> str:  # fmt: skip
    contact = f"<Контакт><Тип>Почта</Тип><Значение>{mail}</Значение></Контакт>" if mail else ""
    return (
        f"<Документ><Ид>{id_}</Ид><Номер>М-{id_}</Номер><Дата>2025-12-01</Дата><Время>10:00:00</Время>"
        f"<ХозОперация>{kind}</ХозОперация><Валюта>руб.</Валюта><Сумма>100.00</Сумма>{more}"
        f"<Контрагенты><Контрагент><Ид>c</Ид><Наименование>Борис</Наименование><Контакты>{contact}"
        "</Контакты></Контрагент></Контрагенты><Товары><Товар><Ид>t1</Ид><Наименование>Чай</Наименование>"
        "<ЦенаЗаЕдиницу>50</ЦенаЗаЕдиницу><Количество>2</Количество></Товар></Товары>"
        "<ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>Статус заказа</Наименование>"
        f"<Значение>[N] {status}</Значение></ЗначениеРеквизита>{facts}</ЗначенияРеквизитов>"
        "</Документ>"
    )


def documents(*each: str, at: str = "2025-12-02T10:00:00") -> bytes:
    return (
        '<?xml version="1.0" encoding="windows-1251"?><КоммерческаяИнформация ВерсияСхемы="2.05"'
        f' ДатаФормирования="{at}">{"".join(each)}</КоммерческаяИнформация>'
    ).encode("cp1251")


async def orders(cast: Cast) -> dict[str, dict[str, Any]]:
    rows = (await cast.owner.get("/api/v1/orders")).json()["items"]
    return {row["order_id"]: row for row in rows}


async def test_documents_of_1c_make_and_move_orders(
    cast: Cast, sale: OneC, made: dict[str, Any]
) -> None:
    first = documents(document("o1"), document("o2", mail=""))
    await sale.exchange(documents_xml=first)
    found = await orders(cast)
    assert set(found) == {"o1"}
    assert (found["o1"]["status"], found["o1"]["total"], found["o1"]["currency"]) == (
        "placed", 100, "RUB",
    )  # fmt: skip
    assert (found["o1"]["number"], found["o1"]["source"]) == ("М-o1", "1C")
    counts = (await log(cast, made))[0]["files"][0]
    assert counts["counts"]["without_contacts"] == 1
    assert counts["problems"]
    # The same file once more, and what 1C said itself is not handed back to it.
    await sale.exchange(documents_xml=first)
    assert "changed_orders" not in (await log(cast, made))[0]["files"][0]["counts"]
    assert await orders(cast) == found
    assert "<Документ>" not in (await sale.ask("query")).text

    paid = document("p1", kind="Выплата безналичных денег", more="<Основание>o1</Основание>")
    await sale.text("success")
    await sale.exchange(documents_xml=documents(paid))
    assert (await orders(cast))["o1"]["status"] == "paid"
    off = document("o1", status="Собирается", facts="<ЗначениеРеквизита><Наименование>Отменен"
                   "</Наименование><Значение>true</Значение></ЗначениеРеквизита>")  # fmt: skip
    await sale.exchange(documents_xml=documents(off, at="2025-12-03T10:00:00"))
    assert (await orders(cast))["o1"]["status"] == "cancelled"
    words = (await cast.owner.get("/api/v1/order-statuses")).json()
    assert words[0]["word"] == "собирается"


async def test_an_old_1c_that_never_asks_for_the_reading_is_read_after_a_minute(
    rt: Runtime, cast: Cast, sale: OneC, clock: Clock
) -> None:
    await sale.login()
    await sale.send("orders.xml", documents(document("o1")))
    clock.move(minutes=2)
    await exchange_jobs.sweep_exchanges(rt)
    await sale.work()
    assert set(await orders(cast)) == {"o1"}


async def test_silence_ends_a_session_and_its_files(
    rt: Runtime, cast: Cast, onec: OneC, made: dict[str, Any], clock: Clock
) -> None:
    await onec.login()
    await onec.send("import.xml", goods("a"))
    clock.move(minutes=40)
    await exchange_jobs.sweep_exchanges(rt)
    await onec.work()
    (session,) = await log(cast, made)
    assert (session["state"], session["files"][0]["state"]) == ("closed", "failed")
    assert not files.folder(rt, UUID(session["id"])).exists()
    clock.move(days=100)
    await exchange_jobs.clean_exchanges(rt)
    assert await log(cast, made) == []


async def test_a_part_that_is_switched_off_is_refused(cast: Cast, onec: OneC, sale: OneC) -> None:
    await cast.owner.patch(f"{API}/{onec.id}", json={"orders": False})
    assert (await sale.login()).startswith("failure\nThis part")
    assert (await onec.login()).startswith("success")
    assert (await onec.text("query")).startswith("failure")


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


@pytest.mark.skipif(not DATA.exists(), reason="the shared files of 1C are not here")
async def test_real_files_of_1c_pass_through_the_server(
    rt: Runtime, cast: Cast, onec: OneC, made: dict[str, Any]
) -> None:
    expected = {one["file"]: one for one in json.loads((DATA / "expected_counts.json").read_text())}
    for path in sorted(DATA.glob("raw/**/*.xml")):
        counts = expected.get(path.name, {})
        if path.stat().st_size > 300_000 or "Документ" in counts:
            continue
        await onec.login()
        assert await onec.send(path.name, path.read_bytes(), part=100_000) == "success"
        told = await onec.read(path.name)
        (file,) = (await log(cast, made))[0]["files"]
        if told.startswith("success"):
            for tag, name in (
                ("Товар", "products"),
                ("Предложение", "offers"),
                ("Группа", "groups"),
            ):
                assert file["counts"].get(name, 0) == counts.get(tag, 0), path.name
        else:
            assert file["problems"], path.name
        await onec.finish()
