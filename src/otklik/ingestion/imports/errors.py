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
    message = Text(en="The file is not a CSV file.", ru="Это не файл CSV.")
    hint = Text(
        en="In a spreadsheet, choose “Save as” and the type CSV.",
        ru="В таблице выберите «Сохранить как» и тип CSV.",
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
