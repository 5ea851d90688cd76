"""Writes of privacy: the `ledger`, what is on `offers` to agree to, the stop list."""

from otklik.privacy.operations.ledger import (
    on_profiles_merged,
    on_profiles_parted,
    record_consents,
    unsubscribe,
)
from otklik.privacy.operations.offers import add_text, create_topic, set_policy, update_topic
from otklik.privacy.operations.suppressions import lift_suppression, suppress

__all__ = [
    "add_text",
    "create_topic",
    "lift_suppression",
    "on_profiles_merged",
    "on_profiles_parted",
    "record_consents",
    "set_policy",
    "suppress",
    "unsubscribe",
    "update_topic",
]
