"""What can go wrong with feeds and products in a way that a caller can act on."""

from __future__ import annotations

from otklik.catalog.feeds.errors import FeedRefused
from otklik.kit.errors import Conflict, NotFound, OtklikError
from otklik.kit.i18n import Text


class FeedNotFound(NotFound):
    code = "feed_not_found"
    message = Text(en="The feed was not found.", ru="Фид не найден.")


class RunNotFound(NotFound):
    code = "feed_run_not_found"
    message = Text(en="This loading of the feed was not found.", ru="Загрузка фида не найдена.")


class ProductNotFound(NotFound):
    code = "product_not_found"
    message = Text(en="The product was not found.", ru="Товар не найден.")


class UploadNotFound(NotFound):
    code = "feed_upload_not_found"
    message = Text(en="The uploaded file is not here any more.", ru="Загруженного файла уже нет.")
    hint = Text(en="Upload it again.", ru="Загрузите его ещё раз.")


class FeedHasNoAddress(Conflict):
    code = "feed_has_no_address"
    message = Text(
        en="This feed has no address: it is loaded from files.",
        ru="У этого фида нет адреса: он загружается файлами.",
    )
    hint = Text(en="Upload a file.", ru="Загрузите файл.")


class FeedOfExchange(Conflict):
    code = "feed_of_exchange"
    message = Text(
        en="The products of this feed come from 1C and not from a file.",
        ru="Товары этого фида приходят из 1С, а не из файла.",
    )
    hint = Text(
        en="Start the exchange in 1C, or add a feed of its own for the file.",
        ru="Запустите обмен в 1С или добавьте для файла отдельный фид.",
    )


class NothingHeld(Conflict):
    code = "feed_run_not_held"
    message = Text(
        en="This loading does not wait for a decision.", ru="Эта загрузка не ждёт решения."
    )


class FeedNotServed(OtklikError):
    """The server of the shop answered with something else than the feed."""

    code = "feed_not_served"
    status = 422
    message = Text(
        en="{host} answered {status} instead of the feed.",
        ru="{host} вместо фида ответил {status}.",
    )
    hint = Text(
        en="401 and 403: check login and password. 404: check the address. Others: ask the shop's "
        "developers.",
        ru="401 и 403: проверьте логин и пароль. 404: проверьте адрес. Остальное — вопрос к "
        "разработчикам магазина.",
    )


class FeedMovedTooOften(OtklikError):
    code = "feed_moved_too_often"
    status = 422
    message = Text(
        en="{host} sends from one address to another without end.",
        ru="{host} пересылает с адреса на адрес без конца.",
    )


class FeedTooLarge(OtklikError):
    code = "feed_too_large"
    status = 413
    message = Text(en="The file is larger than {mb} MB.", ru="Файл больше {mb} МБ.")


class FeedBadArchive(FeedRefused):
    """`why` and `why_ru`: what is wrong with the archive."""

    code = "feed_bad_archive"
    message = Text(
        en="The archive cannot be unpacked: {why}.", ru="Архив не распаковывается: {why_ru}."
    )
