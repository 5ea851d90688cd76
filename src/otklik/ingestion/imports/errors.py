"""Why a file or an import as a whole is refused."""

from __future__ import annotations

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text


class UnreadableFile(OtklikError):
    code = "unreadable_file"
    status = 422
    message = Text(en="{what}", ru="{what}")


class FileTooLarge(OtklikError):
    code = "file_too_large"
    status = 413
    message = Text(en="The file is larger than {limit} bytes.", ru="Файл больше {limit} байт.")


class EmptyFile(UnreadableFile):
    code = "empty_file"
    message = Text(en="The file has no rows.", ru="В файле нет строк.")


class NotCsv(UnreadableFile):
    code = "not_csv"
    message = Text(
        en="The file is neither CSV, nor JSON lines, nor an XLSX workbook.",
        ru="Это не CSV, не JSON по строкам и не книга XLSX.",
    )
    hint = Text(
        en="In a spreadsheet, choose “Save as” and the type XLSX or CSV. A ZIP archive may hold CSV"
        " and JSON lines.",
        ru="В таблице выберите «Сохранить как» и тип XLSX или CSV. В архиве ZIP могут лежать CSV и "
        "JSON по строкам.",
    )


class OldExcel(UnreadableFile):
    code = "old_excel"
    message = Text(
        en="This is a workbook of an old format (.xls) or of a binary one (.xlsb).",
        ru="Это книга старого (.xls) или двоичного (.xlsb) формата.",
    )
    hint = Text(
        en="Open it in a spreadsheet, choose “Save as” and the type XLSX or CSV.",
        ru="Откройте её в табличном редакторе, выберите «Сохранить как» и тип XLSX или CSV.",
    )


class ProtectedFile(UnreadableFile):
    code = "protected_file"
    message = Text(en="The file is protected by a password.", ru="Файл защищён паролем.")
    hint = Text(
        en="Open it with its password, save a copy without one, and upload the copy.",
        ru="Откройте файл с паролем, сохраните копию без пароля и загрузите её.",
    )


class DamagedFile(UnreadableFile):
    code = "damaged_file"
    message = Text(
        en="The file is damaged or incomplete and can't be unpacked.",
        ru="Файл повреждён или загружен не целиком, распаковать его нельзя.",
    )
    hint = Text(
        en="Save or export it once more and upload it again.",
        ru="Сохраните или выгрузите его заново и загрузите ещё раз.",
    )


class UnsafeFile(UnreadableFile):
    code = "unsafe_file"
    message = Text(
        en="The file holds what no spreadsheet program writes: XML entities, or data packed to grow"
        " out of all proportion.",
        ru="В файле есть то, чего не пишет ни один табличный редактор: сущности XML или данные,"
        " которые при распаковке непомерно растут.",
    )
    hint = Text(
        en="Open it in a spreadsheet and save it as CSV.",
        ru="Откройте его в табличном редакторе и сохраните как CSV.",
    )


class UnpackedTooLarge(FileTooLarge):
    code = "unpacked_too_large"
    message = Text(
        en="Unpacked, the file is larger than {limit} bytes.",
        ru="После распаковки файл больше {limit} байт.",
    )
    hint = Text(
        en="Split it into several files and import them one after another.",
        ru="Разделите его на несколько файлов и загрузите их по очереди.",
    )


class JsonDocument(UnreadableFile):
    code = "json_document"
    message = Text(
        en="This is one JSON document, not an object on every line.",
        ru="Это один документ JSON, а нужен отдельный объект в каждой строке.",
    )
    hint = Text(
        en="Export it as JSON lines (NDJSON), or as CSV.",
        ru="Выгрузите его как JSON по строкам (JSON lines, NDJSON) или как CSV.",
    )


class TooManyColumns(UnreadableFile):
    code = "too_many_columns"
    message = Text(
        en="The first line has {count} columns; at most {limit} are allowed.",
        ru="В первой строке столбцов: {count}, допустимо не больше {limit}.",
    )
    hint = Text(
        en="Perhaps the line breaks or the separator are not what they seem.",
        ru="Возможно, переводы строк или разделитель не те, какими кажутся.",
    )


class FirstLineTooLong(UnreadableFile):
    code = "first_line_too_long"
    message = Text(
        en="The first line of the file is longer than {limit} bytes.",
        ru="Первая строка файла длиннее {limit} байт.",
    )


class UnknownColumn(OtklikError):
    code = "unknown_column"
    status = 422
    message = Text(
        en="The file has no column “{column}”. Its columns: {columns}.",
        ru="В файле нет столбца «{column}». Его столбцы: {columns}.",
    )


class UnknownField(OtklikError):
    code = "unknown_field"
    status = 422
    message = Text(
        en="“{field}” is not a field of {kind}. Fields: {fields}.",
        ru="«{field}» — не поле для {kind}. Поля: {fields}.",
    )


class MissingField(OtklikError):
    code = "missing_field"
    status = 422
    message = Text(
        en="No column is mapped to “{field}”.", ru="Ни один столбец не отнесён к полю «{field}»."
    )


class FieldTwice(OtklikError):
    code = "field_twice"
    status = 422
    message = Text(
        en="Two columns are mapped to “{field}”: {columns}.",
        ru="К полю «{field}» отнесены два столбца: {columns}.",
    )


class BadUpload(OtklikError):
    code = "bad_upload"
    status = 400
    message = Text(
        en="The request holds no file. Send it as multipart/form-data in the part “file”.",
        ru="В запросе нет файла. Передайте его как multipart/form-data в части «file».",
    )


class UnknownZone(OtklikError):
    code = "unknown_timezone"
    status = 422
    message = Text(en="“{zone}” is not a time zone.", ru="«{zone}» — не часовой пояс.")
