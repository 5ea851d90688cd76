"""Errors of content feeds."""

from __future__ import annotations

from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError
from otklik.kit.i18n import Text


class ContentFeedNotFound(NotFound):
    code = "content_feed_not_found"
    message = Text(en="The feed was not found.", ru="Лента не найдена.")


class ContentFeedKeyTaken(Conflict):
    code = "content_feed_key_taken"
    message = Text(
        en="Another feed is called “{key}” in letters.",
        ru="В письмах другая лента уже называется «{key}».",
    )


class TooManyContentFeeds(Invalid):
    code = "too_many_content_feeds"
    message = Text(
        en="A workspace has {max} feeds at most.", ru="В пространстве не больше {max} лент."
    )


class ContentFeedInUse(Conflict):
    """Regular mailings are filled from it; `names` are theirs."""

    code = "content_feed_in_use"
    message = Text(
        en="Regular mailings are filled from this feed: {names}.",
        ru="Из этой ленты собираются регулярные рассылки: {names}.",
    )
    hint = Text(
        en="Take it out of them first.",
        ru="Сначала уберите её из них.",
    )


class FeedUnreadable(OtklikError):
    """The file is none of the formats."""

    status = 422


class FeedHasNoItems(FeedUnreadable):
    code = "content_feed_no_items"
    message = Text(
        en="No list of items was found in the file.",
        ru="В файле не нашлось списка материалов.",
    )
    hint = Text(
        en="For JSON, say where the list is, for example “data.posts”.",
        ru="Для JSON укажите, где лежит список, например «data.posts».",
    )


class FeedIsNoFeed(FeedUnreadable):
    code = "content_feed_unknown_format"
    message = Text(
        en="The file begins with <{root}>: it is neither RSS nor Atom nor YML.",
        ru="Файл начинается с <{root}>: это не RSS, не Atom и не YML.",
    )
    hint = Text(
        en="Check that the address gives the feed itself and not a page of the site.",
        ru="Проверьте, что по этому адресу лежит сама лента, а не страница сайта.",
    )


class FeedIsEmpty(FeedUnreadable):
    code = "content_feed_empty"
    message = Text(en="The file is empty.", ru="Файл пустой.")


class FeedJsonBroken(FeedUnreadable):
    code = "content_feed_json_broken"
    message = Text(en="The JSON is broken: {detail}.", ru="JSON нарушен: {detail}.")


class FeedAnswered(FeedUnreadable):
    code = "content_feed_answered"
    message = Text(
        en="{host} answered with status {status} in place of the feed.",
        ru="Вместо ленты {host} ответил статусом {status}.",
    )


class FeedRedirects(FeedUnreadable):
    code = "content_feed_redirects"
    message = Text(
        en="{host} sends from address to address without end.",
        ru="{host} без конца перенаправляет с адреса на адрес.",
    )


class UnknownTopics(Invalid):
    """A topic of the mapping is not there."""

    code = "content_feed_unknown_topics"
    message = Text(
        en="A topic of the mapping was not found. Load the page again.",
        ru="Одна из тем в таблице не найдена. Загрузите страницу заново.",
    )
