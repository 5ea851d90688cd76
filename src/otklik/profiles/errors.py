"""What can go wrong with a profile in a way that a caller can act on."""

from __future__ import annotations

from otklik.kit.errors import Conflict, Invalid, NotFound
from otklik.kit.i18n import Text


class ProfileNotFound(NotFound):
    code = "profile_not_found"
    message = Text(en="Profile {profile_id} was not found.", ru="Профиль {profile_id} не найден.")


class MergeNotFound(NotFound):
    code = "merge_not_found"
    message = Text(
        en="Merge {merge_id} of this profile was not found.",
        ru="Объединение {merge_id} у этого профиля не найдено.",
    )


class UnableToMerge(Conflict):
    code = "unable_to_merge"
    message = Text(
        en="Profiles {from_id} and {into_id} are one profile already.",
        ru="Профили {from_id} и {into_id} — уже один профиль.",
    )
    hint = Text(
        en="Choose two different profiles.",
        ru="Выберите два разных профиля.",
    )


class UnableToUndo(Conflict):
    code = "merge_undone_already"
    message = Text(
        en="This merge was undone before.",
        ru="Это объединение уже отменено.",
    )


class BadTraits(Invalid):
    code = "bad_traits"
    message = Text(
        en="Some traits cannot be stored.",
        ru="Некоторые свойства сохранить нельзя.",
    )


class NoIdentifier(Conflict):
    code = "profile_without_identifier"
    message = Text(
        en="Profile {profile_id} has no identifier that could hold the value.",
        ru="У профиля {profile_id} нет идентификатора, к которому можно отнести значение.",
    )
