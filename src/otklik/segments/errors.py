"""Errors of segments."""

from __future__ import annotations

from typing import ClassVar

from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError, Retry
from otklik.kit.i18n import Text


class SegmentNotFound(NotFound):
    code = "segment_not_found"
    message = Text(en="The segment was not found.", ru="Сегмент не найден.")


class SegmentInvalid(Invalid):
    """A value of the segment can't be; `problems` name the places."""

    code = "segment_invalid"
    message = Text(
        en="The segment has values that can't be used.",
        ru="В сегменте есть значения, которые нельзя использовать.",
    )


class SegmentInUse(Conflict):
    code = "segment_in_use"
    message = Text(en="The segment is in use: {users}.", ru="Сегмент используется: {users}.")
    hint = Text(en="Take it out there first.", ru="Сначала уберите его оттуда.")


class SegmentCycle(Conflict):
    """The definition would make the segment contain itself; `path` are the names on the way."""

    code = "segment_cycle"
    message = Text(
        en="The segment would contain itself: {path}.", ru="Сегмент содержал бы сам себя: {path}."
    )


class SegmentBusy(Conflict):
    code = "segment_busy"
    retry: ClassVar[Retry] = 5
    message = Text(
        en="The segment is being recounted at this moment.",
        ru="Сегмент прямо сейчас пересчитывается.",
    )


class NotAList(Conflict):
    code = "segment_is_dynamic"
    message = Text(
        en="The segment recounts itself by its conditions; only a list can be changed by hand.",
        ru="Сегмент пересчитывается по условиям; вручную меняется только список.",
    )


class DefinitionTooHeavy(OtklikError):
    """The engine gave up on a definition within the limits of time and memory."""

    code = "definition_too_heavy"
    status = 422
    message = Text(
        en="The conditions could not be counted within {limit_s} seconds.",
        ru="Условия не удалось посчитать за {limit_s} с.",
    )
    hint = Text(
        en="Shorten the windows or split the segment in two.",
        ru="Сократите периоды или разделите сегмент на два.",
    )


class FolderNotFound(NotFound):
    code = "folder_not_found"
    message = Text(en="The folder was not found.", ru="Папка не найдена.")


class FolderExists(Conflict):
    code = "folder_exists"
    message = Text(
        en="There is a folder with this name already.", ru="Папка с таким названием уже есть."
    )


class FolderNotEmpty(Conflict):
    code = "folder_not_empty"
    message = Text(en="Segments in the folder: {count}.", ru="В папке есть сегменты: {count}.")
    hint = Text(
        en="Move them out first; archived ones too.",
        ru="Сначала перенесите их оттуда, архивные тоже.",
    )


class MomentUnknown(NotFound):
    code = "moment_unknown"
    message = Text(
        en="It is not known who was in the segment at that moment.",
        ru="Неизвестно, кто был в сегменте в тот момент.",
    )
    hint = Text(
        en="Choose a moment after the first recount.", ru="Выберите момент после первого пересчёта."
    )
