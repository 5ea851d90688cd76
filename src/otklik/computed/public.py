"""The door of computed traits.

    create_trait / update_trait / delete_trait / request_run(rt, tx, *, workspace_id, …)
    run_trait(rt, *, workspace_id, trait_id, now) -> Outcome | None     one run, whole or touched
    list_traits(tx, *, workspace_id, zone, now), computed_names(tx, *, workspace_id)
    computed_titles(tx, *, workspace_id) -> {flat name: title}
    explain(rt, *, workspace_id, trait_id, profile_id, now) -> ComputedExplanation
    note_facts(rt, tx, *, workspace_id, now)    new facts were stored; called in wiring
    register_usage(lookup)      somebody tells what uses a computed trait; called in wiring

A definition is a struct from `otklik.computed.parse.parse`. The values are ordinary traits: read
them through profiles.
"""

from otklik.computed.errors import (
    ComputationTooHeavy,
    ComputedTraitBusy,
    ComputedTraitInUse,
    ComputedTraitInvalid,
    ComputedTraitNotFound,
)
from otklik.computed.jobs import note_facts
from otklik.computed.model import ComputedTrait, ComputedUse
from otklik.computed.operations.edit import create_trait, delete_trait, request_run, update_trait
from otklik.computed.operations.run import Outcome, run_trait
from otklik.computed.parse import parse
from otklik.computed.queries.people import ComputedExplanation, explain
from otklik.computed.queries.records import computed_names, computed_titles, list_traits
from otklik.computed.usage import UsageLookup, register_usage

__all__ = [
    "ComputationTooHeavy",
    "ComputedExplanation",
    "ComputedTrait",
    "ComputedTraitBusy",
    "ComputedTraitInUse",
    "ComputedTraitInvalid",
    "ComputedTraitNotFound",
    "ComputedUse",
    "Outcome",
    "UsageLookup",
    "computed_names",
    "computed_titles",
    "create_trait",
    "delete_trait",
    "explain",
    "list_traits",
    "note_facts",
    "parse",
    "register_usage",
    "request_run",
    "run_trait",
    "update_trait",
]
