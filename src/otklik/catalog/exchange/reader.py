"""CommerceML 2 as a stream: groups, properties, goods, offers and documents as they come.

An item (a product, an offer, a document) is gathered as a small tree with a bound and then read, so
that memory is that of one item. Encodings, entities and limits are those of `feeds.stream`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from otklik.catalog.exchange import model
from otklik.catalog.exchange.errors import NotCommerceMl
from otklik.catalog.feeds.errors import FeedBeyondLimits
from otklik.catalog.feeds.stream import Characters, Grammar, Source, Walk, XmlStream, one_line
from otklik.catalog.feeds.values import amount, truth

ROOTS = frozenset({"КоммерческаяИнформация", "Классификатор"})
_PARTS = frozenset({"Каталог", "ПакетПредложений", "ИзмененияПакетаПредложений"})
# Element of an item → the elements that it may stand in.
_ITEMS = {
    "Товар": {"Товары"},
    "Предложение": {"Предложения"},
    "Документ": {"КоммерческаяИнформация", "Контейнер"},
    "Свойство": {"Свойства"},
    "СвойствоНоменклатуры": {"Свойства"},
    "ТипЦены": {"ТипыЦен"},
    "Склад": {"Склады"},
}


class ExchangeReader(XmlStream):
    """Iterate over it once; see `model` for the items and `XmlStream` for memory and refusals."""

    def __init__(self, source: Source) -> None:
        super().__init__(source, _begin)

    def __iter__(self) -> Iterator[Any]:
        return super().__iter__()


def _begin(walk: Walk, tag: str, attributes: dict[str, str]) -> Grammar:
    if tag not in ROOTS:
        raise NotCommerceMl(root=tag[:40], line=walk.line)
    return _CommerceMl(walk, attributes)


class _Node:
    """An element of an item with what is inside it."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[_Node] = []
        self.text = Characters(model.TEXT_MAX)

    def all(self, *path: str) -> list[_Node]:
        found = [self]
        for tag in path:
            found = [child for node in found for child in node.children if child.tag == tag]
        return found

    def value(self, *path: str) -> str | None:
        """Return the first text that is not empty."""
        return next((text for node in self.all(*path) if (text := node.text.value)), None)

    def line(self, *path: str) -> str:
        return one_line(self.value(*path) or "")


class _CommerceMl:
    def __init__(self, walk: Walk, attributes: dict[str, str]) -> None:
        self._walk = walk
        self._open: list[_Node] = []
        self._nodes = 0
        # Groups are nested without a bound of their own: only the open ones are kept.
        self._groups: list[tuple[int, dict[str, Characters]]] = []
        self._text: Characters | None = None
        walk.put(
            model.ExchangeHead(attributes.get("ВерсияСхемы"), attributes.get("ДатаФормирования"))
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        path = self._walk.path
        if self._open:
            self._nodes += 1
            if self._nodes > model.NODES_MAX:
                raise FeedBeyondLimits(
                    line=self._walk.line,
                    what=f"one item has more than {model.NODES_MAX} elements",
                    what_ru=f"внутри одного элемента больше {model.NODES_MAX} других",
                )
            node = _Node(tag, attributes)
            self._open[-1].children.append(node)
            self._open.append(node)
        elif path[-2] in _ITEMS.get(tag, ()):
            self._nodes = 0
            self._open = [_Node(tag, attributes)]
        elif tag in _PARTS:
            only = truth(attributes.get("СодержитТолькоИзменения"))
            self._walk.put(model.ExchangePart(tag, True if tag.startswith("Изменения") else only))
        elif tag == "Группа" and path[-2] == "Группы":
            self._groups.append((len(path), {}))
        elif (
            self._groups and len(path) == self._groups[-1][0] + 1 and tag in {"Ид", "Наименование"}
        ):
            self._text = self._groups[-1][1].setdefault(tag, Characters(1_000))

    def characters(self, text: str) -> None:
        if self._open:
            self._open[-1].text.add(text)
        elif self._text is not None:
            self._text.add(text)

    def end(self, tag: str) -> None:
        if self._open:
            node = self._open.pop()
            if not self._open:
                item = _READ[node.tag](node)
                if item is not None:
                    self._walk.put(item)
        elif self._groups and len(self._walk.path) == self._groups[-1][0]:
            _, told = self._groups.pop()
            above = self._groups[-1][1].get("Ид") if self._groups else None
            group = {name: one_line(text.value) for name, text in told.items()}
            if group.get("Ид"):
                parent = one_line(above.value) if above is not None else ""
                self._walk.put(
                    model.Group(group["Ид"], parent or None, group.get("Наименование", ""))
                )
        self._text = None


def _property(node: _Node) -> model.Property | None:
    id_ = node.line("Ид")
    values = {
        one.line("ИдЗначения"): one.line("Значение")
        for one in node.all("ВариантыЗначений", "Справочник")
        if one.line("ИдЗначения")
    }
    return model.Property(id_, node.line("Наименование"), values) if id_ else None


def _price_type(node: _Node) -> model.PriceType | None:
    id_ = node.line("Ид")
    currency = node.line("Валюта") or None
    return model.PriceType(id_, node.line("Наименование"), currency) if id_ else None


def _warehouse(node: _Node) -> model.Warehouse | None:
    id_ = node.line("Ид")
    return model.Warehouse(id_, node.line("Наименование")) if id_ else None


def _good(node: _Node) -> model.Good | None:
    id_ = node.line("Ид")
    if not id_:
        return None
    return model.Good(
        id=id_,
        name=node.line("Наименование"),
        article=node.line("Артикул") or None,
        barcode=node.line("Штрихкод") or None,
        description=node.value("Описание"),
        vendor=node.line("Изготовитель", "Наименование") or None,
        group_ids=tuple(t for one in node.all("Группы", "Ид") if (t := one.text.value)),
        pictures=tuple(t for one in node.all("Картинка") if (t := one.text.value)),
        properties={
            one.line("Ид"): one.line("Значение")
            for one in node.all("ЗначенияСвойств", "ЗначенияСвойства")
            if one.line("Ид")
        },
        requisites=_requisites(node),
        deleted=node.attributes.get("Статус") == "Удален"
        or node.line("Статус") == "Удален"
        or truth(node.value("ПометкаУдаления")) is True,
    )


def _offer(node: _Node) -> model.Offer | None:
    id_ = node.line("Ид")
    if not id_:
        return None
    prices = []
    for one in node.all("Цены", "Цена"):
        found = amount(one.value("ЦенаЗаЕдиницу") or "")
        if found is not None:
            currency = one.line("Валюта") or None
            prices.append(model.Price(one.line("ИдТипаЦены"), found, currency))
    by_warehouse = {
        one.attributes["ИдСклада"]: _number(one.attributes.get("КоличествоНаСкладе"))
        for one in node.all("Склад")
        if one.attributes.get("ИдСклада")
    }
    loose = []
    for one in node.all("Остатки", "Остаток"):
        for store in one.all("Склад"):
            by_warehouse[store.line("Ид")] = _number(store.value("Количество"))
        if not one.all("Склад"):
            loose.append(_number(one.value("Количество")))
    told = node.value("Количество")
    parts = [*by_warehouse.values(), *loose]
    stock = _number(told) if told is not None else sum(parts, Decimal(0)) if parts else None
    return model.Offer(
        id=id_,
        good_id=id_.split("#", 1)[0],
        name=node.line("Наименование"),
        article=node.line("Артикул") or None,
        prices=tuple(prices),
        stock=stock,
        by_warehouse=by_warehouse,
        characteristics={
            one.line("Наименование"): one.line("Значение")
            for one in node.all("ХарактеристикиТовара", "ХарактеристикаТовара")
        },
    )


def _document(node: _Node) -> model.Document | None:
    id_ = node.line("Ид")
    if not id_:
        return None
    people = node.all("Контрагенты", "Контрагент")
    person = people[0] if people else _Node("", {})
    lines = [
        model.DocumentLine(
            id=one.line("Ид"),
            name=one.line("Наименование"),
            quantity=_number(one.value("Количество")),
            price=_number(one.value("ЦенаЗаЕдиницу")),
            total=amount(one.value("Сумма") or ""),
        )
        for one in node.all("Товары", "Товар")
    ]
    return model.Document(
        id=id_,
        number=node.line("Номер"),
        date=node.line("Дата"),
        time=node.line("Время") or None,
        kind=node.line("ХозОперация") or None,
        currency=node.line("Валюта") or None,
        total=amount(node.value("Сумма") or ""),
        person_id=person.line("Ид") or None,
        person=person.line("ПолноеНаименование") or person.line("Наименование") or None,
        contacts={
            one.line("Тип"): one.line("Значение")
            for one in person.all("Контакты", "Контакт")
            if one.line("Значение")
        },
        lines=tuple(lines),
        requisites=_requisites(node),
        basis=node.line("Основание") or None,
    )


def _requisites(node: _Node) -> dict[str, str]:
    return {
        one.line("Наименование"): one.line("Значение")
        for one in node.all("ЗначенияРеквизитов", "ЗначениеРеквизита")
        if one.line("Наименование")
    }


def _number(written: str | None) -> Decimal:
    bare = (written or "").strip()
    sign = -1 if bare.startswith("-") else 1
    return sign * (amount(bare.lstrip("-")) or Decimal(0))


_READ = {
    "Товар": _good,
    "Предложение": _offer,
    "Документ": _document,
    "Свойство": _property,
    "СвойствоНоменклатуры": _property,
    "ТипЦены": _price_type,
    "Склад": _warehouse,
}
