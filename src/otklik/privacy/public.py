"""The door of the slice `privacy`.

record_consents(tx, *, workspace_id, entries, now) -> int
consent_states(tx, *, workspace_id, profile_id) -> list[ConsentItem]
consents_at(tx, *, workspace_id, profile_id, at) -> list[ConsentItem]     at any past moment
sendable(tx, *, workspace_id, channel, topic_id, profile_ids) -> dict[profile_id, Sendability]
    One statement for any number of profiles; every id asked for is in the answer.
sendability_codes(tx, *, workspace_id, channel, topic_id, profile_ids: array) -> array
    The same for very many, as places in SENDABILITIES.
topic_masks(tx, *, workspace_id, channel, topic_ids, profile_ids: array) -> array
    For many topics at once: bit k of a number is set if topic k is allowed; up to TOPICS_MAX.
suppress(tx, *, workspace_id, channel, address, reason, now) -> bool (False: was there)
suppress_many(tx, *, workspace_id, stops, now) -> int: the same for very many; how many were new
suppressed(tx, *, workspace_id, channel, addresses, salt=None)
    -> dict[address, SuppressionReason]
    Only the suppressed ones are in the answer, keyed as they were asked for.
unsubscribe(tx, *, workspace_id, profile_id, channel, topic_id, source, now, ip=None, proof=None)
    topic_id None: from everything on the channel. The answer to a click or a one-click POST.
requests_due(tx, *, workspace_id, now) -> DueRequests     for the start page
register_keeper(Keeper) / register_store(Store): who keeps what of a person, what has a term; see
    `keepers.py`. entrypoints/wiring registers them.
on_profiles_merged / on_profiles_parted: subscribers for ProfilesMerged and ProfilesParted.
"""

from otklik.privacy.errors import TextNotFound, TopicNotFound, UnknownChannel
from otklik.privacy.keepers import Keeper, Store, keepers, register_keeper, register_store, stores
from otklik.privacy.model import (
    CHANNELS,
    Action,
    ConsentEntry,
    ConsentItem,
    ConsentText,
    LedgerItem,
    Policy,
    Purpose,
    Sendability,
    Source,
    State,
    Suppression,
    SuppressionReason,
    Topic,
    address_hash,
)
from otklik.privacy.operations import (
    add_text,
    create_topic,
    lift_suppression,
    on_profiles_merged,
    on_profiles_parted,
    record_consents,
    set_policy,
    suppress,
    unsubscribe,
    update_topic,
)
from otklik.privacy.operations.own import (
    count_consents,
    count_copies,
    erase_consents,
    erase_copies,
    export_consents,
    export_requests,
)
from otklik.privacy.operations.pauses import (
    has_pauses,
    move_pauses,
    pause_channel,
    paused,
    resume_channel,
)
from otklik.privacy.operations.rows import rows_keeper
from otklik.privacy.operations.stop_lists import Stop, suppress_many
from otklik.privacy.queries import (
    SENDABILITIES,
    consent_states,
    consents_at,
    get_policy,
    get_topic,
    ledger,
    list_suppressions,
    list_texts,
    list_topics,
    sendability_codes,
    sendable,
    suppressed,
)
from otklik.privacy.queries.erasures import erased_by
from otklik.privacy.queries.masks import TOPICS_MAX, topic_masks
from otklik.privacy.queries.requests import DueRequests, requests_due

__all__ = [
    "CHANNELS",
    "SENDABILITIES",
    "TOPICS_MAX",
    "Action",
    "ConsentEntry",
    "ConsentItem",
    "ConsentText",
    "DueRequests",
    "Keeper",
    "LedgerItem",
    "Policy",
    "Purpose",
    "Sendability",
    "Source",
    "State",
    "Stop",
    "Store",
    "Suppression",
    "SuppressionReason",
    "TextNotFound",
    "Topic",
    "TopicNotFound",
    "UnknownChannel",
    "add_text",
    "address_hash",
    "consent_states",
    "consents_at",
    "count_consents",
    "count_copies",
    "create_topic",
    "erase_consents",
    "erase_copies",
    "erased_by",
    "export_consents",
    "export_requests",
    "get_policy",
    "get_topic",
    "has_pauses",
    "keepers",
    "ledger",
    "lift_suppression",
    "list_suppressions",
    "list_texts",
    "list_topics",
    "move_pauses",
    "on_profiles_merged",
    "on_profiles_parted",
    "pause_channel",
    "paused",
    "record_consents",
    "register_keeper",
    "register_store",
    "requests_due",
    "resume_channel",
    "rows_keeper",
    "sendability_codes",
    "sendable",
    "set_policy",
    "stores",
    "suppress",
    "suppress_many",
    "suppressed",
    "topic_masks",
    "unsubscribe",
    "update_topic",
]
