"""Names are looked at again and again: a record or a certificate may go."""

from __future__ import annotations

from typing import Any

from otklik.channels.email.domain.resolver import SystemResolver
from otklik.channels.email.tracking_domain.check import look, own_record, proof_of
from otklik.channels.email.tracking_domain.model import TrackingDomain
from otklik.channels.email.tracking_domain.operations import note_findings
from otklik.channels.email.tracking_domain.queries import to_check
from otklik.runtime.public import Runtime, job


@job("email.check_tracking_domains", cron="*/10 * * * *")
async def check_all(rt: Runtime, **_: Any) -> None:
    """Look at every name that is in use or waits to be."""
    async with rt.db.begin() as tx:
        domains = await to_check(tx)
    for domain in domains:
        await check_one(rt, domain)


async def check_one(rt: Runtime, domain: TrackingDomain) -> TrackingDomain:
    """Look at a name; no transaction is open while the network is asked."""
    findings = await look(
        domain,
        record=own_record(rt.settings.base_url),
        proof=proof_of(rt.signer, domain.token),
        resolver=SystemResolver(),
        outgoing=rt.outgoing,
    )
    async with rt.db.begin() as tx:
        return await note_findings(tx, domain=domain, findings=findings, now=rt.clock())
