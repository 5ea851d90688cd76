"""Tables and jobs become known by being imported; every process knows all of them."""

# ruff: noqa: F401 - the imports are what this file is for.

from __future__ import annotations

import otklik.accounts.tables
import otklik.campaigns.jobs
import otklik.campaigns.regular.jobs
import otklik.campaigns.regular.tables
import otklik.campaigns.tables
import otklik.campaigns.transactional.tables
import otklik.catalog.exchange.jobs
import otklik.catalog.exchange.tables
import otklik.catalog.jobs
import otklik.catalog.products.jobs
import otklik.catalog.tables
import otklik.channels.email.relays.jobs
import otklik.channels.email.relays.tables
import otklik.channels.email.returns.jobs
import otklik.channels.email.tables
import otklik.channels.email.tracking_domain.jobs
import otklik.channels.email.tracking_domain.tables
import otklik.computed.jobs
import otklik.computed.tables
import otklik.content.feeds.jobs
import otklik.content.feeds.tables
import otklik.content.tables
import otklik.delivery.jobs
import otklik.delivery.policy.tables
import otklik.delivery.standing.tables
import otklik.delivery.tables
import otklik.events.tables
import otklik.exports.jobs
import otklik.exports.tables
import otklik.ingestion.hooks.jobs
import otklik.ingestion.hooks.tables
import otklik.ingestion.jobs
import otklik.ingestion.tables
import otklik.privacy.jobs
import otklik.privacy.tables
import otklik.profiles.jobs
import otklik.profiles.tables
import otklik.runtime.outbox
import otklik.runtime.web.idempotency
import otklik.segments.jobs
import otklik.segments.tables
from otklik.runtime.public import metadata

__all__ = ["metadata"]
