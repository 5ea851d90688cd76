"""What can go wrong when data leaves."""

from __future__ import annotations

from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError
from otklik.kit.i18n import Text


class ExportNotFound(NotFound):
    code = "export_not_found"
    message = Text(en="There is no such export.", ru="Такой выгрузки нет.")


class ExportNotReady(Conflict):
    code = "export_not_ready"
    message = Text(en="The file is not ready.", ru="Файл ещё не готов.")


class ExportOver(Conflict):
    code = "export_over"
    message = Text(
        en="The export has ended already; there is nothing to cancel.",
        ru="Выгрузка уже завершена, отменять нечего.",
    )


class TooManyExports(Conflict):
    code = "export_too_many"
    message = Text(
        en="{count} exports wait or are being made; more can be asked for when some have ended.",
        ru="Ждут или готовятся выгрузки ({count}); новые можно запросить, когда часть завершится.",
    )
    hint = Text(en="Cancel those that are not needed.", ru="Отмените те, которые больше не нужны.")


class FileGone(OtklikError):
    code = "export_file_gone"
    status = 410
    message = Text(en="The file is not kept any more.", ru="Файл больше не хранится.")
    hint = Text(en="Make the export again.", ru="Сделайте выгрузку ещё раз.")


class LinkExpired(OtklikError):
    code = "export_link_expired"
    status = 410
    message = Text(
        en="The link has expired or is damaged.", ru="Срок ссылки истёк, или она повреждена."
    )
    hint = Text(
        en="Take a new link from the list of exports.",
        ru="Возьмите новую ссылку в списке выгрузок.",
    )


class CursorExpired(OtklikError):
    code = "export_cursor_expired"
    status = 410
    message = Text(
        en="The export can't be continued: its list of members is not kept any more.",
        ru="Выгрузку нельзя продолжить: её список участников больше не хранится.",
    )
    hint = Text(en="Begin anew, without a cursor.", ru="Начните заново, без указателя.")


class OtherCursor(OtklikError):
    code = "export_cursor_of_another"
    message = Text(
        en="The cursor belongs to an export of other data.",
        ru="Указатель относится к выгрузке других данных.",
    )
    hint = Text(
        en="Repeat the address of the first request and add only the cursor.",
        ru="Повторите адрес первого запроса и добавьте только указатель.",
    )


class UnknownColumn(Invalid):
    code = "export_unknown_column"
    message = Text(
        en="There is no column “{column}” in {subject}.", ru="В «{subject}» нет столбца «{column}»."
    )


class BadPlan(Invalid):
    code = "export_bad_plan"
    message = Text(en="{what}", ru="{what_ru}")


class MayNotExport(OtklikError):
    code = "export_forbidden"
    status = 403
    message = Text(
        en="Your role doesn't let data out.", ru="Ваша роль не позволяет выгружать данные."
    )
    hint = Text(en="Ask an owner of the workspace.", ru="Обратитесь к владельцу пространства.")


class NoRoom(OtklikError):
    code = "export_no_room"
    status = 507
    retry = "later"
    message = Text(
        en="The disk has {free_mb} MB left, so no file is written: {kept_mb} MB stay free for"
        " everything else.",
        ru="На диске осталось {free_mb} МБ, поэтому файл не записан: {kept_mb} МБ остаются"
        " свободными для всего остального.",
    )
    hint = Text(
        en="Delete files that are not needed, or ask the administrator for more space.",
        ru="Удалите ненужные файлы или попросите администратора добавить место.",
    )


class RangeOutside(OtklikError):
    code = "export_range"
    status = 416
    message = Text(
        en="The file has {size} bytes; the part that was asked for is not in it.",
        ru="В файле {size} байт, запрошенной части в нём нет.",
    )
    hint = Text(en="Ask for the whole file.", ru="Запросите файл целиком.")


class UnusableText(Invalid):
    code = "export_unusable_text"
    message = Text(
        en="Somewhere in the values there is a NUL character.",
        ru="В одном из значений есть символ NUL.",
    )


class DestinationNotFound(NotFound):
    code = "export_destination_not_found"
    message = Text(en="There is no such destination.", ru="Такого места выгрузки нет.")


class DestinationInUse(Conflict):
    code = "export_destination_in_use"
    message = Text(en="Schedules write there: {users}.", ru="Туда пишут расписания: {users}.")
    hint = Text(en="Give them another destination first.", ru="Сначала укажите им другое место.")


class DestinationGone(OtklikError):
    code = "export_destination_gone"
    status = 409
    message = Text(
        en="The destination of this file was removed.", ru="Место выгрузки этого файла удалено."
    )


class ScheduleNotFound(NotFound):
    code = "export_schedule_not_found"
    message = Text(en="There is no such schedule.", ru="Такого расписания нет.")


class BadPath(Invalid):
    code = "export_bad_path"
    message = Text(
        en="The folder “{path}” can't be used: {why}.",
        ru="Папку «{path}» использовать нельзя: {why_ru}.",
    )


class FolderNotConfigured(OtklikError):
    code = "export_folder_not_configured"
    status = 409
    message = Text(
        en="Exports to a folder are switched off on this installation.",
        ru="Выгрузка в папку на этой установке выключена.",
    )
    hint = Text(
        en="An administrator can name the folder by the setting exports.folder.",
        ru="Администратор может указать папку настройкой exports.folder.",
    )


class StoreRefused(OtklikError):
    code = "export_store_refused"
    status = 422
    message = Text(
        en="The store answered {status}: {detail}", ru="Хранилище ответило {status}: {detail}"
    )
    hint = Text(
        en="Check the address, the bucket, the region and the keys.",
        ru="Проверьте адрес, бакет, регион и ключи.",
    )


class ForwardingNotFound(NotFound):
    code = "forwarding_not_found"
    message = Text(en="There is no such forwarding.", ru="Такой пересылки нет.")


class DeliveryNotFound(NotFound):
    code = "forwarding_delivery_not_found"
    message = Text(en="There is no such delivery.", ru="Такой отправки нет.")


class BadForwarding(Invalid):
    code = "forwarding_invalid"
    message = Text(en="{what}", ru="{what_ru}")
