"""What can go wrong with a tracking domain."""

from __future__ import annotations

from otklik.kit.errors import Conflict, Invalid, NotFound
from otklik.kit.i18n import Text


class TrackingDomainNotFound(NotFound):
    code = "tracking_domain_not_found"
    message = Text(en="The tracking domain was not found.", ru="Домен для ссылок не найден.")


class BadHost(Invalid):
    code = "bad_host"
    message = Text(en="“{host}” is not a domain name.", ru="«{host}» — не имя домена.")
    hint = Text(
        en="Write it without https:// and path: links.shop.example.",
        ru="Напишите имя без https:// и пути: links.shop.example.",
    )


class OwnHost(Invalid):
    code = "own_host"
    message = Text(
        en="{host} is the address of this program itself.",
        ru="{host} — адрес самой программы.",
    )
    hint = Text(
        en="Take another name, for example links.{host}: at a tracking domain the interface is "
        "not served.",
        ru="Возьмите другое имя, например links.{host}: на домене для ссылок интерфейс "
        "не открывается.",
    )


class HostTaken(Conflict):
    code = "host_taken"
    message = Text(
        en="{host} is used by another workspace of this installation.",
        ru="{host} занят другим рабочим пространством этой установки.",
    )


class HostExists(Conflict):
    code = "host_exists"
    message = Text(en="{host} is set up already.", ru="{host} уже настроен.")


class SenderDomainTaken(Conflict):
    code = "sender_domain_taken"
    message = Text(
        en="There is already a tracking domain for the same senders: {host}.",
        ru="Для этих отправителей домен для ссылок уже есть: {host}.",
    )


class NoSuchSenderDomain(Invalid):
    code = "no_such_sender_domain"
    message = Text(
        en="No sender has the domain {domain}.", ru="Отправителей с доменом {domain} нет."
    )
