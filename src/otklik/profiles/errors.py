"""What can go wrong with a profile in a way that a caller can act on."""

from __future__ import annotations

from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError
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


class NothingToApply(Conflict):
    code = "rules_being_applied"
    message = Text(
        en="The rules are being applied already.",
        ru="Правила уже применяются.",
    )


class NoteNotFound(NotFound):
    code = "note_not_found"
    message = Text(en="This note was not found.", ru="Заметка не найдена.")


class NoteOfAnother(OtklikError):
    code = "note_of_another"
    status = 403
    message = Text(
        en="This note was written by somebody else.",
        ru="Эту заметку написал другой человек.",
    )
    hint = Text(
        en="Its author or an owner of the workspace can change it.",
        ru="Изменить её может автор или владелец рабочего пространства.",
    )


class BadNote(Invalid):
    code = "bad_note"
    message = Text(en="A note has 1 to {most} characters.", ru="В заметке от 1 до {most} символов.")


class SearchRunning(Conflict):
    code = "search_running"
    message = Text(
        en="Duplicates are being searched for already.",
        ru="Поиск дублей уже идёт.",
    )


class MergesRunning(Conflict):
    code = "merges_running"
    message = Text(
        en="Duplicates are being merged already.",
        ru="Дубли уже объединяются.",
    )


class CountChanged(Conflict):
    code = "count_changed"
    message = Text(
        en="By now {people} profiles would be merged, not {confirmed}.",
        ru="Сейчас объединились бы профили: {people}, а не {confirmed}.",
    )
    hint = Text(
        en="Look at the new count and confirm again.",
        ru="Посмотрите на новое число и подтвердите ещё раз.",
    )
