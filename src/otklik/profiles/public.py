"""The door of the slice `profiles`.

    resolve_identities(tx, *, workspace_id, observations, now, bus) -> Resolution
        Set-based: about ten statements per batch whatever its size. Takes the workspace's
        identity lock itself (re-entrant), so callers need no lock of their own.
        The order of the batch, and how a stream is cut into batches, does not matter.
    resolve_stream(tx, *, workspace_id, observations, sightings, memory, now, bus)
        -> StreamResolution
        The same for a stream in which the same people come again: IdentityMemory() of the process
        answers for those that were named so before. Call `remember()` after the commit.
    store_changes(rt, *, limit=…) -> bool
        Carries changed profiles, traits and merges to ClickHouse; True when there was work.
        Safe to call at any time and from any process; PROFILES_LOOP calls it too. Ingestion calls
        it after its commit when it wants segments to see a chunk before the chunk is done.
    waiting_changes(tx, *, workspace_id) -> int     profiles that ClickHouse does not know yet
    merge_profiles / undo_merge / set_traits        edits by a person
    current_ids(tx, *, workspace_id, profile_ids) -> dict[old, current]
    merged_into(tx, *, workspace_id, profile_ids) -> dict[old, current]   the other way round
    known_values(…)                                 the same, faster, for thousands at once
    render_context(tx, *, workspace_id, profile_ids) -> dict[profile_id, {"customer": {...}}]
    profile_addresses(tx, *, workspace_id, profile_ids, channel) -> dict[profile_id, address]
    write_computed_traits(tx, *, workspace_id, trait, ids, values, flat_names, now) -> rows
        Set-based; then store_computed_traits(rt, rows) after the commit. register_computed_trait
        makes its flat names known.
    trait_rows / profile_rows / merge_rows(tx, *, workspace_id, profile_ids) -> pyarrow.Table

News on the bus: ProfilesMerged, ProfilesParted.
"""

from otklik.profiles.errors import (
    BadTraits,
    MergeNotFound,
    ProfileNotFound,
    UnableToMerge,
    UnableToUndo,
)
from otklik.profiles.jobs import PROFILES_LOOP, store_changes
from otklik.profiles.model.identifiers import (
    Identifier,
    Refusal,
    normal_email,
    normal_phone,
    normalise,
)
from otklik.profiles.model.structs import (
    IdentifierItem,
    IdentityRules,
    MergeItem,
    MergeReason,
    Names,
    Observation,
    ProfileCard,
    ProfileItem,
    ProfilesMerged,
    ProfilesParted,
    Refused,
    Resolution,
    Sightings,
    TraitName,
)
from otklik.profiles.model.timeline import Ask, Sources, TimelineItem, TimelineKind
from otklik.profiles.operations.computed import (
    register_computed_trait,
    store_computed_traits,
    write_computed_traits,
)
from otklik.profiles.operations.edits import merge_profiles, set_traits, undo_merge
from otklik.profiles.operations.erasure import (
    count_idle_visitors,
    count_profile,
    cut_person,
    cut_revived,
    erase_profile,
    erase_visitors,
    idle_visitors,
)
from otklik.profiles.operations.memory import IdentityMemory
from otklik.profiles.operations.resolve import (
    StreamResolution,
    resolve_identities,
    resolve_stream,
)
from otklik.profiles.operations.rules import set_rules
from otklik.profiles.queries.cards import (
    Ids,
    Newest,
    get_profile,
    list_merges,
    list_profiles,
    newest_of,
    profile_items,
)
from otklik.profiles.queries.devices import newest_devices
from otklik.profiles.queries.export import newest_profile, profile_columns
from otklik.profiles.queries.facts import (
    merge_rows,
    profile_rows,
    trait_rows,
    waiting_changes,
)
from otklik.profiles.queries.letters import profile_addresses, render_context
from otklik.profiles.queries.merged import merged_into
from otklik.profiles.queries.owners import known_values, owners_of, text_array
from otklik.profiles.queries.person import export_profile, person_traces
from otklik.profiles.queries.registry import (
    count_profiles,
    current_ids,
    get_rules,
    trait_names,
)

__all__ = [
    "PROFILES_LOOP",
    "Ask",
    "BadTraits",
    "Identifier",
    "IdentifierItem",
    "IdentityMemory",
    "IdentityRules",
    "Ids",
    "MergeItem",
    "MergeNotFound",
    "MergeReason",
    "Names",
    "Newest",
    "Observation",
    "ProfileCard",
    "ProfileItem",
    "ProfileNotFound",
    "ProfilesMerged",
    "ProfilesParted",
    "Refusal",
    "Refused",
    "Resolution",
    "Sightings",
    "Sources",
    "StreamResolution",
    "TimelineItem",
    "TimelineKind",
    "TraitName",
    "UnableToMerge",
    "UnableToUndo",
    "count_idle_visitors",
    "count_profile",
    "count_profiles",
    "current_ids",
    "cut_person",
    "cut_revived",
    "erase_profile",
    "erase_visitors",
    "export_profile",
    "get_profile",
    "get_rules",
    "idle_visitors",
    "known_values",
    "list_merges",
    "list_profiles",
    "merge_profiles",
    "merge_rows",
    "merged_into",
    "newest_devices",
    "newest_of",
    "newest_profile",
    "normal_email",
    "normal_phone",
    "normalise",
    "owners_of",
    "person_traces",
    "profile_addresses",
    "profile_columns",
    "profile_items",
    "profile_rows",
    "register_computed_trait",
    "render_context",
    "resolve_identities",
    "resolve_stream",
    "set_rules",
    "set_traits",
    "store_changes",
    "store_computed_traits",
    "text_array",
    "trait_names",
    "trait_rows",
    "undo_merge",
    "waiting_changes",
    "write_computed_traits",
]
