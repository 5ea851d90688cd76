"""Why a feed cannot be read. Each refusal says what was found, where, and what to do."""

from __future__ import annotations

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text


class FeedRefused(OtklikError):
    """The feed cannot be read, or not to its end. The fact `line` is the line where it was seen."""

    code = "feed_refused"
    status = 422

    @property
    def line(self) -> int | None:
        line = self.facts.get("line")
        return line if isinstance(line, int) else None


class FeedIsNotXml(FeedRefused):
    code = "feed_is_not_xml"
    message = Text(
        en="This is not XML: no element was found (line {line}).",
        ru="Это не XML: ни одного элемента не найдено (строка {line}).",
    )
    hint = Text(
        en="Check that the address gives the feed itself and not a page of the shop.",
        ru="Проверьте, что по этому адресу лежит сам фид, а не страница магазина.",
    )


class FeedIsNotYml(FeedRefused):
    code = "feed_is_not_yml"
    message = Text(
        en="The root element is <{root}> (line {line}); a YML feed begins with "
        "<yml_catalog>, a feed of Google Merchant with <rss> or <feed>.",
        ru="Корневой элемент — <{root}> (строка {line}); фид YML начинается с "
        "<yml_catalog>, фид Google Merchant — с <rss> или <feed>.",
    )
    hint = Text(
        en="Export the feed in the YML format of Yandex Market, or in that of Google Merchant.",
        ru="Выгрузите фид в формате YML (Яндекс Маркет) или Google Merchant.",
    )


class FeedCutShort(FeedRefused):
    code = "feed_cut_short"
    message = Text(
        en="The file breaks off on line {line}: the document is not closed.",
        ru="Файл обрывается на строке {line}: документ не закрыт.",
    )
    hint = Text(
        en="Load the file again: it came incompletely or was being written at that moment.",
        ru="Загрузите файл ещё раз: он пришёл не целиком или в этот момент записывался.",
    )


class FeedBroken(FeedRefused):
    """`what` and `what_ru`: the rule of XML that the file breaks."""

    code = "feed_broken"
    message = Text(
        en="The XML is broken on line {line}, column {column}: {what}.",
        ru="XML нарушен: строка {line}, позиция {column}: {what_ru}.",
    )
    hint = Text(
        en="Correct the export of the shop: a broken feed is never taken in part.",
        ru="Исправьте выгрузку в магазине: нарушенный фид не принимается частями.",
    )


class FeedDeclaresEntities(FeedRefused):
    code = "feed_declares_entities"
    message = Text(
        en="Line {line} declares {what} inside DOCTYPE; such files are not read.",
        ru="В строке {line} внутри DOCTYPE объявлено: {what}. Такие файлы не читаются.",
    )
    hint = Text(
        en='Leave DOCTYPE as <!DOCTYPE yml_catalog SYSTEM "shops.dtd"> or remove it.',
        ru='Оставьте <!DOCTYPE yml_catalog SYSTEM "shops.dtd"> или уберите DOCTYPE.',
    )


class FeedEncodingUnknown(FeedRefused):
    code = "feed_encoding_unknown"
    message = Text(
        en="The file says that its encoding is “{encoding}”, which is not known.",
        ru="В файле указана неизвестная кодировка «{encoding}».",
    )
    hint = Text(en="Use UTF-8 or windows-1251.", ru="Используйте UTF-8 или windows-1251.")


class FeedBeyondLimits(FeedRefused):
    """`what` and `what_ru`: which limit, with its value."""

    code = "feed_beyond_limits"
    message = Text(
        en="On line {line} the file goes beyond the limits: {what}.",
        ru="В строке {line} файл выходит за пределы: {what_ru}.",
    )
