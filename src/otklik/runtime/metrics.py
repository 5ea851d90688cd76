"""Metrics in Prometheus' text format, one registry per process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.process_collector import ProcessCollector


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Histogram(
            "otklik_http_request_seconds",
            "Time of HTTP requests by route and status class.",
            ["route", "status"],
            registry=self.registry,
        )
        self.events_accepted = Counter(
            "otklik_events_accepted", "Events answered with 200.", registry=self.registry
        )
        self.events_rejected = Counter(
            "otklik_events_rejected",
            "Events put aside, by reason.",
            ["code"],
            registry=self.registry,
        )
        self.events_stored = Counter(
            "otklik_events_stored", "Events that reached ClickHouse.", registry=self.registry
        )
        self.pipeline_seconds = Histogram(
            "otklik_pipeline_step_seconds",
            "Time of pipeline steps.",
            ["step"],
            registry=self.registry,
        )
        self.job_seconds = Histogram(
            "otklik_job_seconds", "Time of background jobs.", ["job"], registry=self.registry
        )
        self.loop_errors = Counter(
            "otklik_loop_errors",
            "Failed steps of background loops.",
            ["loop"],
            registry=self.registry,
        )
        self.messages = Counter(
            "otklik_messages",
            "Messages by channel and result.",
            ["channel", "result"],
            registry=self.registry,
        )

    def text(self) -> bytes:
        return generate_latest(self.registry)
