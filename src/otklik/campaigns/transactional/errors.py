"""Errors of transactional letters."""

from __future__ import annotations

from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError, Problem
from otklik.kit.i18n import Text


class TransactionalNotFound(NotFound):
    code = "transactional_letter_not_found"
    message = Text(
        en="There is no transactional letter {key}.", ru="Транзакционного письма {key} нет."
    )


class KeyTaken(Conflict):
    code = "transactional_key_taken"
    message = Text(
        en="Another transactional letter has the key {key}.",
        ru="Ключ {key} занят другим транзакционным письмом.",
    )


class NotReady(Invalid):
    """It can't be published as it is; `problems` say why."""

    code = "transactional_not_ready"
    message = Text(en="The letter can't be published yet.", ru="Письмо пока нельзя опубликовать.")

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems=problems)


class NotLive(Conflict):
    code = "transactional_not_live"
    message = Text(
        en="The transactional letter {key} takes no requests: it is {state}.",
        ru="Транзакционное письмо {key} не принимает заявки: его состояние — {state}.",
    )
    hint = Text(en="Publish it first.", ru="Сначала опубликуйте его.")


class WrongTransactionalState(Conflict):
    code = "wrong_transactional_state"
    message = Text(
        en="The transactional letter is {state}, so this can't be done now.",
        ru="Транзакционное письмо в состоянии «{state}», поэтому сейчас это невозможно.",
    )


class NobodyNamed(OtklikError):
    code = "message_without_recipient"
    status = 422
    message = Text(
        en="Message {place} names nobody: it needs a profile_id, a user_id or an email.",
        ru="В сообщении {place} не назван получатель: нужен profile_id, user_id или email.",
    )


class RecipientUnusable(OtklikError):
    code = "message_recipient_unusable"
    status = 422
    message = Text(
        en="Message {place}: “{part}” of the recipient can't be used ({reason}).",
        ru="Сообщение {place}: поле «{part}» получателя не подходит ({reason}).",
    )
