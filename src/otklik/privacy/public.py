"""The door of the slice `privacy`.

record_consents(tx, *, workspace_id, entries, now) -> int
consent_states(tx, *, workspace_id, profile_id) -> list[ConsentItem]
consents_at(tx, *, workspace_id, profile_id, at) -> list[ConsentItem]     at any past moment
sendable(tx, *, workspace_id, channel, topic_id, profile_ids) -> dict[profile_id, Sendability]
    One statement for any number of profiles; every id asked for is in the answer.
sendability_codes(tx, *, workspace_id, channel, topic_id, profile_ids: array) -> array
    The same for very many, as places in SENDABILITIES.
suppress(tx, *, workspace_id, channel, address, reason, now) -> bool (False: was there)
suppressed(tx, *, workspace_id, channel, addresses, salt=None)
    -> dict[address, SuppressionReason]
    Only the suppressed ones are in the answer, keyed as they were asked for.
unsubscribe(tx, *, workspace_id, profile_id, channel, topic_id, source, now, ip=None, proof=None)
    topic_id None: from everything on the channel. The answer to a click or a one-click POST.
on_profiles_merged / on_profiles_parted: subscribers for ProfilesMerged and ProfilesParted.
"""

from otklik.privacy.errors import TextNotFound, TopicNotFound, UnknownChannel
from otklik.privacy.model import (
    CHANNELS,
    Action,
    ConsentEntry,
    ConsentItem,
    ConsentText,
    LedgerItem,
    Policy,
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
from otklik.privacy.queries import (
    SENDABILITIES,
    consent_states,
    consents_at,
    get_policy,
    get_topic,
    ledger,
    list_topics,
    sendability_codes,
    sendable,
    suppressed,
)

__all__ = [
    "CHANNELS",
    "SENDABILITIES",
    "Action",
    "ConsentEntry",
    "ConsentItem",
    "ConsentText",
    "LedgerItem",
    "Policy",
    "Sendability",
    "Source",
    "State",
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
    "create_topic",
    "get_policy",
    "get_topic",
    "ledger",
    "lift_suppression",
    "list_topics",
    "on_profiles_merged",
    "on_profiles_parted",
    "record_consents",
    "sendability_codes",
    "sendable",
    "set_policy",
    "suppress",
    "suppressed",
    "unsubscribe",
    "update_topic",
]
