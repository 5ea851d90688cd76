"""Errors of delivery."""

from __future__ import annotations

from otklik.kit.errors import Conflict, NotFound, OtklikError
from otklik.kit.i18n import Text


class MailingNotFound(NotFound):
    code = "mailing_not_found"
    message = Text(en="There is no such mailing.", ru="Такой рассылки нет.")


class MailingExists(Conflict):
    """The source has a mailing already: the same launch came twice."""

    code = "mailing_exists"
    message = Text(en="This campaign has been launched already.", ru="Эта кампания уже запущена.")


class WrongMailingState(Conflict):
    code = "wrong_mailing_state"
    message = Text(
        en="The mailing is {state}, so this can't be done now.",
        ru="Рассылка в состоянии «{state}», поэтому сейчас это невозможно.",
    )


class BadShares(OtklikError):
    code = "bad_shares"
    status = 422
    message = Text(
        en="The shares of the variants and the control group add up to {total} of 10,000.",
        ru="Доли вариантов и контрольной группы в сумме дают {total} из 10 000.",
    )


class VariantNotFound(NotFound):
    code = "mailing_variant_not_found"
    message = Text(en="The mailing has no variant {key}.", ru="В рассылке нет варианта {key}.")


class NothingHeld(Conflict):
    """No part of the mailing waits for a choice of the variant."""

    code = "nothing_held"
    message = Text(
        en="Nobody waits for a choice any more: the rest has its variant, or the mailing is over.",
        ru="Выбора уже никто не ждёт: вариант для остальных выбран или рассылка закончена.",
    )


class BadTrackingLink(OtklikError):
    """A link of a letter is damaged, or was made by another installation."""

    code = "bad_tracking_link"
    status = 404
    message = Text(
        en="This link does not work: it was cut off or changed on its way.",
        ru="Ссылка не работает: по дороге она обрезалась или изменилась.",
    )
