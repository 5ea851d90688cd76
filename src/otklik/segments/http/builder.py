"""What builders of conditions need: counts and sentences of what is not saved, names and values
to choose from, ready-made segments."""

from typing import Any
from urllib.parse import unquote

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from otklik.accounts.public import Permission, Who, requires
from otklik.events.public import ValueCount
from otklik.privacy.public import list_topics
from otklik.rules.check import check
from otklik.rules.describe import describe
from otklik.rules.parse import parse
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt
from otklik.segments.http.common import Limit, on_endless_nesting
from otklik.segments.model import SegmentCount, SegmentExplanation
from otklik.segments.queries.counts import count_definition
from otklik.segments.queries.people import explain_definition
from otklik.segments.queries.records import segment_names
from otklik.segments.queries.schema import (
    Schema,
    field_titles,
    get_registry,
    get_schema,
    trait_values,
)
from otklik.segments.queries.values import Choice, ValuesOf, campaign_choices, field_values
from otklik.segments.templates import Template, templates
from otklik.segments.usage import source_names


class DefinitionInput(msgspec.Struct, forbid_unknown_fields=True):
    """`definition`: a condition tree, see the reference of segments."""

    definition: Any


class PersonAndDefinition(msgspec.Struct, forbid_unknown_fields=True):
    definition: Any
    profile_id: int


class DefinitionWarning(msgspec.Struct, frozen=True):
    """Something that may be a mistake: a name never seen, a test for another type."""

    path: str
    code: str
    message: str


class Sentence(msgspec.Struct, frozen=True):
    text: str
    warnings: list[DefinitionWarning]


class Definitions(Controller):
    """Definitions that are not saved."""

    path = "/segments"
    tags = ["Segments"]
    exception_handlers = {RecursionError: on_endless_nesting}

    @post(
        "/preview",
        operation_id="preview_segment",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def preview(
        self, *, rt: Rt, who: Who, now: Now, data: JSONBody[DefinitionInput]
    ) -> SegmentCount:
        """Count the people for whom an unsaved definition holds, and each of its parts."""
        return await count_definition(
            rt,
            workspace_id=who.workspace_id,
            definition=parse(data.definition),
            now=now,
            parts=True,
        )

    @post(
        "/describe",
        operation_id="describe_segment",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def describe(
        self, *, tx: OpenTx, who: Who, lang: ReaderLang, data: JSONBody[DefinitionInput]
    ) -> Sentence:
        """Read a definition back as a sentence, with what may be a mistake in it."""
        definition = parse(data.definition)
        topics = await list_topics(tx, workspace_id=who.workspace_id)
        registry = await get_registry(tx, workspace_id=who.workspace_id)
        return Sentence(
            text=describe(
                definition,
                lang,
                segments=await segment_names(tx, workspace_id=who.workspace_id),
                topics={str(topic.id): topic.name for topic in topics},
                sources=await source_names(tx, workspace_id=who.workspace_id),
                fields=await field_titles(tx, workspace_id=who.workspace_id),
            ),
            warnings=[
                DefinitionWarning(problem.path, problem.code, problem.message.of(lang))
                for problem in check(definition, registry)
            ],
        )

    @post(
        "/explain",
        operation_id="explain_definition",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def explain(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        now: Now,
        data: JSONBody[PersonAndDefinition],
    ) -> SegmentExplanation:
        """Say whether unsaved conditions hold for a person, each with the fact behind it."""
        return await explain_definition(
            rt,
            workspace_id=who.workspace_id,
            definition=parse(data.definition),
            profile_id=data.profile_id,
            lang=lang,
            now=now,
            campaigns=await source_names(tx, workspace_id=who.workspace_id),
        )

    @get(
        "/templates",
        operation_id="list_segment_templates",
        guards=[requires(Permission.VIEW)],
    )
    async def ready(self, *, who: Who, lang: ReaderLang) -> list[Template]:
        """List ready-made segments to begin with."""
        assert who.workspace_id
        return templates(lang)


class Builder(Controller):
    path = "/schema"
    tags = ["Schema"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="get_schema")
    async def schema(self, *, tx: OpenTx, who: Who) -> Schema:
        """Return everything that conditions can name."""
        return await get_schema(tx, workspace_id=who.workspace_id)

    @get("/traits/{name:str}/values", operation_id="list_trait_values")
    async def values(
        self,
        *,
        rt: Rt,
        who: Who,
        name: FromPath[str],
        prefix: FromQuery[str] = "",
        limit: Limit = 20,
    ) -> list[ValueCount]:
        """Suggest the commonest values of a trait."""
        return await trait_values(
            rt, workspace_id=who.workspace_id, trait=unquote(name), prefix=prefix, limit=limit
        )

    @get("/traits/values", operation_id="list_values_of_trait")
    async def values_by_query(
        self,
        *,
        rt: Rt,
        who: Who,
        name: FromQuery[str],
        prefix: FromQuery[str] = "",
        limit: Limit = 20,
    ) -> list[ValueCount]:
        """The same for a name with slashes in it."""
        return await trait_values(
            rt, workspace_id=who.workspace_id, trait=name, prefix=prefix, limit=limit
        )

    @get("/values", operation_id="list_field_values")
    async def values_of_field(
        self,
        *,
        rt: Rt,
        who: Who,
        now: Now,
        of: FromQuery[ValuesOf],
        prefix: FromQuery[str] = "",
        limit: Limit = 20,
    ) -> list[Choice]:
        """Suggest the commonest products, categories, vendors, domains, links and visit values."""
        return await field_values(
            rt, workspace_id=who.workspace_id, of=of, prefix=prefix, limit=limit, now=now
        )

    @get("/campaigns", operation_id="list_campaign_choices")
    async def campaigns(
        self, *, tx: OpenTx, who: Who, search: FromQuery[str] = "", limit: Limit = 20
    ) -> list[Choice]:
        """Suggest campaigns by a part of their name, the newest first."""
        return await campaign_choices(tx, workspace_id=who.workspace_id, search=search, limit=limit)
