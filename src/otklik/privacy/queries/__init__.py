"""Reads of privacy: what was written down (`records`), and what the gate asks (`gate`)."""

from otklik.privacy.queries.gate import SENDABILITIES, sendability_codes, sendable, suppressed
from otklik.privacy.queries.records import (
    consent_states,
    consents_at,
    get_policy,
    get_topic,
    ledger,
    list_suppressions,
    list_texts,
    list_topics,
    refused_subtopics,
    said_by,
    text_of,
)

__all__ = [
    "SENDABILITIES",
    "consent_states",
    "consents_at",
    "get_policy",
    "get_topic",
    "ledger",
    "list_suppressions",
    "list_texts",
    "list_topics",
    "refused_subtopics",
    "said_by",
    "sendability_codes",
    "sendable",
    "suppressed",
    "text_of",
]
