"""A scripted 1C: it calls as 1C does, in its order, and sends files of its kind."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.work import close_session, read_file
from otklik.runtime.public import Runtime
from tests.conftest import Cast, client_of

API = "/api/v1/exchanges"


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


async def products(cast: Cast) -> dict[str, dict[str, Any]]:
    answer = await cast.owner.get("/api/v1/products")
    return {row["offer_id"]: row for row in answer.json()["items"]}


async def log(cast: Cast, made: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await cast.owner.get(f"{API}/{made['exchange']['id']}/sessions")
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()
    return told


async def orders(cast: Cast) -> dict[str, dict[str, Any]]:
    rows = (await cast.owner.get("/api/v1/orders")).json()["items"]
    return {row["order_id"]: row for row in rows}


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
