"""What can go wrong with consents in a way that a caller can act on."""

from __future__ import annotations

from otklik.kit.errors import Conflict, NotFound, OtklikError
from otklik.kit.i18n import Text


class TopicNotFound(NotFound):
    code = "topic_not_found"
    message = Text(en="The topic was not found.", ru="Тема не найдена.")


class TopicExists(Conflict):
    code = "topic_exists"
    message = Text(
        en="There is a topic “{name}” already.",
        ru="Тема «{name}» уже есть.",
    )


class TopicNested(Conflict):
    code = "topic_nested_too_deep"
    message = Text(
        en="A topic has subtopics, and those have none.",
        ru="У темы бывают подтемы, а у подтем — нет.",
    )


class TextNotFound(NotFound):
    code = "consent_text_not_found"
    message = Text(en="The text of the consent was not found.", ru="Текст согласия не найден.")


class SuppressionNotFound(NotFound):
    code = "suppression_not_found"
    message = Text(
        en="The address is not on the stop list.",
        ru="Этого адреса нет в стоп-листе.",
    )


class UnknownChannel(OtklikError):
    code = "unknown_channel"
    status = 422
    message = Text(
        en="There is no channel “{channel}”; the channels are: {channels}.",
        ru="Канала «{channel}» нет; каналы: {channels}.",
    )


class PurposeWithoutChannel(OtklikError):
    code = "purpose_without_channel"
    status = 422
    message = Text(
        en="A consent to “{purpose}” belongs to no channel and no topic.",
        ru="Согласие «{purpose}» не относится ни к каналу, ни к теме.",
    )


class SubtopicsRefused(Conflict):
    code = "subtopics_refused"
    message = Text(
        en="The person refused subtopics of this topic before: {names}.",
        ru="Клиент раньше отказался от подтем этой темы: {names}.",
    )
    hint = Text(
        en="Say whether they are agreed to as well: `subtopics` is `keep` or `grant`.",
        ru="Укажите, дано ли согласие и на них: `subtopics` — `keep` или `grant`.",
    )


class EntryNotFound(NotFound):
    code = "consent_entry_not_found"
    message = Text(en="The ledger has no such line.", ru="Такой записи в журнале согласий нет.")


class RequestNotFound(NotFound):
    code = "person_request_not_found"
    message = Text(en="The request was not found.", ru="Запрос не найден.")


class RequestClosed(Conflict):
    code = "person_request_closed"
    message = Text(
        en="Request {number} has been answered already.",
        ru="На запрос {number} уже ответили.",
    )


class RequestNotExtendable(Conflict):
    code = "person_request_not_extendable"
    message = Text(
        en="The term of request {number} can't be extended: the law lets it be extended once, "
        "and not for every kind.",
        ru="Срок запроса {number} нельзя продлить: закон разрешает продление один раз и не для "
        "всех видов запросов.",
    )


class ReceivedInFuture(OtklikError):
    code = "received_in_future"
    status = 422
    message = Text(
        en="A request can't have been received in the future.",
        ru="Запрос не мог прийти в будущем.",
    )


class ErasureNotFound(NotFound):
    code = "erasure_not_found"
    message = Text(en="The erasure was not found.", ru="Удаление не найдено.")


class ErasureUnconfirmed(OtklikError):
    code = "erasure_unconfirmed"
    status = 422
    message = Text(
        en="To confirm, type the number of the customer: {profile_id}.",
        ru="Для подтверждения введите номер клиента: {profile_id}.",
    )


class ExportNotFound(NotFound):
    code = "person_export_not_found"
    message = Text(
        en="The file was not found or is kept no more.",
        ru="Файл не найден или уже удалён.",
    )
    hint = Text(en="Make a new one.", ru="Соберите новый.")


class UnknownRetention(NotFound):
    code = "retention_not_found"
    message = Text(
        en="There is nothing of the kind “{kind}” to keep for a term.",
        ru="Данных вида «{kind}» со сроком хранения нет.",
    )


class RetentionTooShort(OtklikError):
    code = "retention_too_short"
    status = 422
    message = Text(
        en="“{kind}” are kept for at least {days} days.",
        ru="«{kind}»: хранить можно не меньше {days} дн.",
    )


class ReasonNamesPerson(OtklikError):
    code = "reason_names_person"
    status = 422
    message = Text(
        en="The reason names the customer, but it stays in the act after the erasure.",
        ru="В причине назван сам клиент, а она останется в акте после удаления.",
    )
    hint = Text(
        en="Leave out names, addresses and phones; write the number of the request instead.",
        ru="Уберите имя, адрес и телефон; вместо них укажите номер запроса.",
    )


class BadAddress(OtklikError):
    code = "bad_ip_address"
    status = 422
    message = Text(en="“{ip}” is not an IP address.", ru="«{ip}» — не IP-адрес.")
