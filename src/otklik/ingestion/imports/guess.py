"""The whole of what is proposed for a file: its kind, a field for every column, choices."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from otklik.ingestion.imports.fields import may_repeat, parse_field
from otklik.ingestion.imports.model import FileFormat, ImportKind, ImportOptions
from otklik.ingestion.imports.services import Service, service_of
from otklik.ingestion.imports.suggest import suggest_all, suggest_kind

_DEFAULT = ImportOptions()


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal. `service`: the code of the mailing service whose export it seems to be."""

    kind: ImportKind
    mapping: dict[str, str]
    options: ImportOptions
    service: str = ""

    def completed(self, chosen: ImportOptions | None) -> ImportOptions:
        """Return what somebody chose, with the proposal where he left the usual."""
        if chosen is None:
            return self.options
        proposed = {
            name: getattr(self.options, name)
            for name in _DEFAULT.__struct_fields__
            if getattr(chosen, name) == getattr(_DEFAULT, name)
        }
        if self.service:
            # A service writes its own times, wherever its user lives.
            proposed["timezone"] = self.options.timezone
        return msgspec.structs.replace(chosen, **proposed)


def make_guess(
    form: FileFormat, rows: Sequence[Sequence[str]], kind: ImportKind | None = None
) -> Guess:
    """Propose how to import a file; `kind`: chosen already."""
    service = service_of(form.columns)
    if service is not None and kind in {None, service.kind}:
        return _of_service(service, form, rows)
    kind = kind or suggest_kind(form)
    fields = suggest_all(form, rows, kind)
    return Guess(
        kind=kind,
        mapping=dict(zip(form.columns, fields, strict=True)),
        options=_DEFAULT,
    )


def _of_service(service: Service, form: FileFormat, rows: Sequence[Sequence[str]]) -> Guess:
    guessed = suggest_all(form, rows, service.kind)
    own = {column: service.fields.get(column.strip().lower()) for column in form.columns}
    taken = {field for field in own.values() if field is not None}
    mapping = {}
    used: set[str] = set()
    for column, guess in zip(form.columns, guessed, strict=True):
        # What the service's own columns mean is not guessed for others.
        field = own[column] or ("skip" if guess in taken else guess)
        if own[column] is None and parse_field(field, service.kind).kind not in _FREE:
            field = "skip"
        if field in used and not may_repeat(field, service.kind):
            field = "skip"
        used.add(field)
        mapping[column] = field
    return Guess(kind=service.kind, mapping=mapping, options=service.options, service=service.code)


_FREE = frozenset({"trait", "property", "external"})
