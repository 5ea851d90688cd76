"""What can be said of a feed, in both languages."""

from __future__ import annotations

from typing import Literal

from otklik.kit.i18n import Text

Level = Literal["error", "warning"]

# An error spoils an offer or the tree; a warning is what a shop would want to know.
REMARKS: dict[str, tuple[Level, Text]] = {
    "no_offers": (
        "error",
        Text(en="The feed has no offers.", ru="В фиде нет ни одного предложения."),
    ),
    "without_id": (
        "error",
        Text(
            en="Offers without an id: {count}; the first on line {line}.",
            ru="Предложений без id: {count}; первое в строке {line}.",
        ),
    ),
    "duplicate_id": (
        "error",
        Text(
            en="Offers whose id was used before: {count}; the first on line {line} (id {fact}).",
            ru="Предложений с уже занятым id: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "without_name": (
        "error",
        Text(
            en="Offers without a name: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без названия: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "without_price": (
        "error",
        Text(
            en="Offers without a price: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без цены: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "price_unreadable": (
        "error",
        Text(
            en="Prices that cannot be read: {count}; the first on line {line} ({fact}).",
            ru="Нечитаемых цен: {count}; первая в строке {line} ({fact}).",
        ),
    ),
    "without_category": (
        "error",
        Text(
            en="Offers without a category: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без категории: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "unknown_category": (
        "error",
        Text(
            en="Offers of a category that the feed does not list: {count}; "
            "the first on line {line} (category {fact}).",
            ru="Предложений с категорией, которой нет в фиде: {count}; "
            "первое в строке {line} (категория {fact}).",
        ),
    ),
    "category_without_id": (
        "error",
        Text(
            en="Categories without an id: {count}; the first on line {line}.",
            ru="Категорий без id: {count}; первая в строке {line}.",
        ),
    ),
    "duplicate_category": (
        "error",
        Text(
            en="Categories whose id was used before: {count}; "
            "the first on line {line} (id {fact}).",
            ru="Категорий с уже занятым id: {count}; первая в строке {line} (id {fact}).",
        ),
    ),
    "unknown_parent": (
        "error",
        Text(
            en="Categories whose parent the feed does not list: {count}; "
            "the first on line {line} (parent {fact}).",
            ru="Категорий, чьего родителя нет в фиде: {count}; "
            "первая в строке {line} (родитель {fact}).",
        ),
    ),
    "value_too_long": (
        "error",
        Text(
            en="Ids and addresses that are too long and were left out: {count}; "
            "the first on line {line} ({fact}).",
            ru="Слишком длинных id и адресов, они пропущены: {count}; "
            "первый в строке {line} ({fact}).",
        ),
    ),
    "bad_bytes": (
        "error",
        Text(
            en="Bytes on line {line} do not fit the encoding {fact}; "
            "each was replaced by “\ufffd”.",
            ru="Байты в строке {line} не подходят к кодировке {fact}, каждый заменён на «\ufffd».",
        ),
    ),
    "other_encoding": (
        "warning",
        Text(
            en="From line {line} the text is not in {fact}; it is read as windows-1251.",
            ru="Со строки {line} текст не в кодировке {fact}, он прочитан как windows-1251.",
        ),
    ),
    "control_characters": (
        "warning",
        Text(
            en="Characters that XML forbids were removed; the first on line {line} ({fact}).",
            ru="Убраны символы, запрещённые в XML; первый в строке {line} ({fact}).",
        ),
    ),
    "space_before_xml": (
        "warning",
        Text(
            en="Something empty stands before <?xml; other readers refuse such a file.",
            ru="Перед <?xml есть пустое место: другие программы такой файл не примут.",
        ),
    ),
    "entity": (
        "warning",
        Text(
            en="Entities of HTML that XML does not know: {count}; "
            "the first on line {line} ({fact}). They were read as in HTML.",
            ru="Сущностей HTML, которых нет в XML: {count}; "
            "первая в строке {line} ({fact}). Они прочитаны как в HTML.",
        ),
    ),
    "entity_unknown": (
        "warning",
        Text(
            en="Unknown entities: {count}; the first on line {line} ({fact}).",
            ru="Неизвестных сущностей: {count}; первая в строке {line} ({fact}).",
        ),
    ),
    "text_cut": (
        "warning",
        Text(
            en="Texts that were too long and were cut: {count}; the first on line {line} ({fact}).",
            ru="Слишком длинных текстов, они обрезаны: {count}; первый в строке {line} ({fact}).",
        ),
    ),
    "pictures_left_out": (
        "warning",
        Text(
            en="Pictures beyond the limit of one offer: {count}; the first on line {line}.",
            ru="Картинок сверх предела одного предложения: {count}; первая в строке {line}.",
        ),
    ),
    "params_left_out": (
        "warning",
        Text(
            en="Parameters beyond the limit of one offer: {count}; the first on line {line}.",
            ru="Параметров сверх предела одного предложения: {count}; первый в строке {line}.",
        ),
    ),
    "without_url": (
        "warning",
        Text(
            en="Offers without an address: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без ссылки: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "without_picture": (
        "warning",
        Text(
            en="Offers without a picture: {count}; the first on line {line} (id {fact}).",
            ru="Предложений без картинки: {count}; первое в строке {line} (id {fact}).",
        ),
    ),
    "undeclared_currency": (
        "warning",
        Text(
            en="Offers in a currency that the feed does not declare: {count}; "
            "the first on line {line} ({fact}).",
            ru="Предложений в валюте, не объявленной в фиде: {count}; "
            "первое в строке {line} ({fact}).",
        ),
    ),
    "category_without_name": (
        "warning",
        Text(
            en="Categories without a name: {count}; the first on line {line} (id {fact}).",
            ru="Категорий без названия: {count}; первая в строке {line} (id {fact}).",
        ),
    ),
    "without_date": (
        "warning",
        Text(en="The feed does not say its date.", ru="В фиде не указана дата."),
    ),
    "odd_date": (
        "warning",
        Text(
            en="The date of the feed is not in the form YYYY-MM-DD hh:mm: {fact}.",
            ru="Дата фида не в виде ГГГГ-ММ-ДД чч:мм: {fact}.",
        ),
    ),
}
