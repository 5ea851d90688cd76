"""From a row of a file to an event, a consent, or a line of the stop list."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime
from typing import Any

import msgspec

from otklik.ingestion.imports.cells import Cells, Wrong, clean
from otklik.ingestion.imports.fields import IDENTIFIERS, Field, parse_field
from otklik.ingestion.imports.known import Known
from otklik.ingestion.imports.model import (
    PROOF_CHARS_MAX,
    STOPS,
    Channel,
    Effect,
    ImportKind,
    ImportPlan,
    RowProblem,
)
from otklik.ingestion.imports.reader import Row
from otklik.ingestion.imports.rows import RowMaker, identify_call, order_of
from otklik.ingestion.imports.words import (
    PHONE_CHANNELS,
    channel_of,
    effect_of,
    purpose_of,
)
from otklik.ingestion.model import ID_CHARS_MAX, NAME_CHARS_MAX

GRANTED, WITHDRAWN = "Consent given", "Consent withdrawn"
CONSENT_EVENTS = (GRANTED, WITHDRAWN)
"""Names of the events by which consents of a file reach the ledger."""
_VALUE_SHOWN = 200
_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """One good row of a file of events. `people`: who it names, by kind; `key` knows a repeat."""

    line: int
    call: dict[str, Any]
    people: list[tuple[str, str]]
    key: str


class ConsentRow(msgspec.Struct, frozen=True, gc=False):
    """One good row of a file of consents: who it is, what he said (None: nothing), when."""

    line: int
    identify: dict[str, Any]
    people: list[tuple[str, str]]
    effect: Effect
    channel: Channel
    said: dict[str, Any]
    at: datetime | None


class StopRow(msgspec.Struct, frozen=True, gc=False):
    """One address for the stop list of one channel."""

    line: int
    channel: Channel
    address: str
    reason: Effect
    at: datetime | None


class _Maker:
    def __init__(self, plan: ImportPlan) -> None:
        self._plan = plan
        self._options = plan.options
        self._columns = plan.form.columns
        self._cells = Cells(plan.options)
        self._fields = [
            (position, parse_field(text, plan.kind), order_of(plan, position))
            for position, text in sorted(plan.mapping.items())
        ]

    def _problem(self, row: Row, position: int, code: str) -> RowProblem:
        value = row.cells[position][:_VALUE_SHOWN]
        return RowProblem(row.line, self._columns[position], code, value, row.cells)

    def _missing(self, row: Row, kind: str, code: str) -> RowProblem:
        """Name a field that the row leaves empty, or one that the file has not."""
        position = next((p for p, field, _ in self._fields if field.kind == kind), None)
        column = "" if position is None else self._columns[position]
        return RowProblem(row.line, column, code, "", row.cells)


class EventMaker(_Maker):
    """Turns rows into track calls."""

    def make(self, row: Row) -> EventRow | list[RowProblem]:
        """Return the track call of a row, or everything that is wrong with it."""
        problems: list[RowProblem] = []
        found: dict[str, Any] = {}
        external: list[dict[str, str]] = []
        properties: dict[str, Any] = {}
        for position, field, order in self._fields:
            cell = clean(row.cells[position])
            if not cell:
                continue
            try:
                if field.kind == "property":
                    properties[field.name] = self._cells.value(field.type, cell, order)
                elif field.kind == "external":
                    value = self._cells.identifier(field.name, cell)
                    external.append({"type": field.name, "id": value})
                elif field.kind == "time":
                    found["time"] = self._cells.moment(cell, order).at
                else:
                    found[field.kind] = self._value(field, cell)
            except Wrong as wrong:
                problems.append(self._problem(row, position, wrong.code))
        name = found.get("event") or self._options.event_name.strip()
        people = [(kind, found[kind]) for kind in (*IDENTIFIERS, "anonymous_id") if kind in found]
        people += [(one["type"], one["id"]) for one in external]
        if not problems:
            if not name:
                problems.append(self._missing(row, "event", "no_event_name"))
            if "time" not in found:
                problems.append(self._missing(row, "time", "no_time"))
            if not people:
                problems.append(self._missing(row, self._plan.key, "no_identifier"))
        if problems:
            return problems
        call: dict[str, Any] = {
            "type": "track",
            "event": name,
            "timestamp": found["time"].isoformat(),
            "properties": properties,
        }
        if "user_id" in found:
            call["userId"] = found["user_id"]
        if "anonymous_id" in found:
            call["anonymousId"] = found["anonymous_id"]
        known = {kind: found[kind] for kind in ("email", "phone") if kind in found}
        context: dict[str, Any] = {}
        if known:
            context["traits"] = known
        if external:
            context["externalIds"] = external
        if context:
            call["context"] = context
        given = found.get("message_id")
        # Without an id of its own an event is known by all that is said of it.
        key = f"id:{given}" if given else "row:" + _encode(call).decode()
        digest = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
        # The prefix of imports is theirs alone: by it consents are known.
        call["messageId"] = given if given and not given.startswith("import:") else f"row:{digest}"
        return EventRow(row.line, call, people, digest)

    def _value(self, field: Field, cell: str) -> str:
        match field.kind:
            case "event":
                if len(cell) > NAME_CHARS_MAX:
                    raise Wrong("too_long")
                return cell
            case "message_id":
                if len(cell) > ID_CHARS_MAX:
                    raise Wrong("too_long")
                return cell
            case _:
                return self._cells.identifier(field.kind, cell)


class ConsentMaker(_Maker):
    """Turns rows into consents. `known`: the topics and texts that they may name."""

    def __init__(self, plan: ImportPlan, known: Known) -> None:
        super().__init__(plan)
        self._known = known
        self._person = RowMaker(plan)

    def make(self, row: Row) -> ConsentRow | list[RowProblem]:
        """Return what a row says, or everything that is wrong with it."""
        identifiers, external, traits, problems = self._person.person(row)
        effect, channel = self._options.effect, self._options.channel
        topic, ip, purpose = self._options.topic_id, "", self._options.purpose
        said: dict[str, Any] = {}
        times: dict[str, datetime] = {}
        versions: list[tuple[int, str]] = []
        for position, field, order in self._fields:
            kind = field.kind
            if kind in {"trait", "external", *IDENTIFIERS}:
                continue
            cell = clean(row.cells[position])
            if not cell:
                continue
            try:
                match kind:
                    case "status":
                        effect = effect_of(cell, self._plan.kind, self._options.effects)
                    case "channel":
                        channel = channel_of(cell)
                    case "time" | "granted_at" | "withdrawn_at":
                        at = self._cells.moment(cell, order).at
                        times[kind] = max(at, times.get(kind, at))
                    case "topic":
                        topic = self._known.topics.get(cell.lower())
                        if topic is None:
                            raise Wrong("unknown_topic")
                    case "purpose":
                        purpose = purpose_of(cell)
                    case "text_version":
                        # Which version a name means depends on the moment, known at the end.
                        versions.append((position, cell))
                    case "ip":
                        ip = _ip(cell)
                    case "note" if said.get("note"):
                        said["note"] = f"{said['note']}; {cell}"[:PROOF_CHARS_MAX]
                    case _:
                        said[kind] = cell[:PROOF_CHARS_MAX]
            except Wrong as wrong:
                problems.append(self._problem(row, position, wrong.code))
        people = [(kind, identifiers[kind]) for kind in IDENTIFIERS if kind in identifiers]
        people += [(one["type"], one["id"]) for one in external]
        own = "granted_at" if effect == "granted" else "withdrawn_at"
        moment = times.get(own) or times.get("time")
        text_id = None
        for position, cell in versions:
            text_id = self._known.text_named(cell, moment)
            if text_id is None:
                problems.append(self._problem(row, position, "unknown_text"))
        if not problems:
            if not people:
                problems.append(self._missing(row, self._plan.key, "no_identifier"))
            if topic is not None and purpose != "advertising":
                problems.append(self._missing(row, "topic", "topic_of_other_purpose"))
            if effect is None:
                problems.append(self._missing(row, "status", "no_status"))
        if problems or effect is None:
            return problems
        # Only advertising goes by a channel.
        said["channel"] = channel if purpose == "advertising" else ""
        if purpose != "advertising":
            said["purpose"] = purpose
        if topic is not None:
            said["topic_id"] = str(topic)
        if text_id is not None:
            said["text_id"] = str(text_id)
        if ip:
            said["ip"] = ip
        call = identify_call(identifiers, external, traits)
        return ConsentRow(row.line, call, people, effect, channel, said, moment)

    def stop_row(self, row: ConsentRow) -> StopRow | None:
        """Return the line of the stop list that a row asks for, if its address can be stopped."""
        if row.effect not in STOPS:
            return None
        kind = "phone" if row.channel in PHONE_CHANNELS else row.channel
        address = dict(row.people).get(kind)
        if address is None:
            return None
        return StopRow(row.line, row.channel, address, row.effect, row.at)


class StopMaker(_Maker):
    """Turns rows into lines of the stop list."""

    def make(self, row: Row) -> list[StopRow] | list[RowProblem]:
        """Return a line for each address of a row, or everything that is wrong with it."""
        problems: list[RowProblem] = []
        effect: Effect = self._options.effect or "manual"
        channel: Channel | None = None
        at: datetime | None = None
        addresses: dict[str, str] = {}
        for position, field, order in self._fields:
            cell = clean(row.cells[position])
            if not cell:
                continue
            try:
                match field.kind:
                    case "status":
                        effect = effect_of(cell, ImportKind.SUPPRESSIONS, self._options.effects)
                    case "channel":
                        channel = channel_of(cell)
                    case "time":
                        at = self._cells.moment(cell, order).at
                    case "address":
                        kind = "email" if "@" in cell else "phone"
                        addresses.setdefault(kind, self._cells.identifier(kind, cell))
                    case kind:
                        addresses[kind] = self._cells.identifier(kind, cell)
            except Wrong as wrong:
                problems.append(self._problem(row, position, wrong.code))
        if not addresses and not problems:
            problems.append(self._missing(row, self._plan.key, "no_address"))
        if problems:
            return problems
        found = []
        if "email" in addresses and channel in {None, "email"}:
            found.append(StopRow(row.line, "email", addresses["email"], effect, at))
        if "phone" in addresses and channel != "email":
            chosen = channel or self._options.channel
            on = chosen if chosen in PHONE_CHANNELS else "sms"
            found.append(StopRow(row.line, on, addresses["phone"], effect, at))
        return found or [self._missing(row, self._plan.key, "no_address")]


def _ip(cell: str) -> str:
    try:
        return str(ipaddress.ip_address(cell))
    except ValueError as error:
        raise Wrong("bad_ip") from error
