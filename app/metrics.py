"""What Prometheus is told: counts of this process, and the state of the queue when it asks."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.jobs import JobQueue
from app.transfers import Transfers


class Metrics:
    """The counters of one application, in a registry of their own."""

    def __init__(
        self, queue: JobQueue, transfers: Transfers, folder: Path, *, worker_seen_s: float
    ) -> None:
        self.registry = CollectorRegistry()
        state = QueueState(queue, transfers, folder, worker_seen_s=worker_seen_s)
        self.registry.register(state)
        self.uploads = Counter(
            "colormapper_uploads", "Files received whole.", registry=self.registry
        )
        self.upload_bytes = Counter(
            "colormapper_upload_bytes", "Bytes of files received whole.", registry=self.registry
        )
        self.audit_lost = Counter(
            "colormapper_audit_lost",
            "Lines that the audit log could not take.",
            registry=self.registry,
        )
        self.requests = Counter(
            "colormapper_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "colormapper_http_request_seconds",
            "Time from a request's headers to those of its answer.",
            ["method", "route"],
            registry=self.registry,
            buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600),
        )


class QueueState(Collector):
    """What is read from the database and the disk at each scrape."""

    def __init__(
        self, queue: JobQueue, transfers: Transfers, folder: Path, *, worker_seen_s: float
    ) -> None:
        self._queue = queue
        self._transfers = transfers
        self._folder = folder
        self._worker_seen_s = worker_seen_s

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not ask the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The gauges as they stand now."""
        jobs = GaugeMetricFamily("colormapper_jobs", "Jobs by state.", labels=["state"])
        for state, count in self._queue.counts().items():
            jobs.add_metric([state], count)
        yield jobs
        yield GaugeMetricFamily(
            "colormapper_oldest_waiting_seconds",
            "How long the oldest queued job has waited; 0 when none waits.",
            value=self._queue.oldest_queued_s() or 0,
        )
        yield GaugeMetricFamily(
            "colormapper_removals_pending",
            "Deleted jobs of which the store would not remove all objects yet.",
            value=self._queue.removals_pending(),
        )
        yield GaugeMetricFamily(
            "colormapper_workers",
            "Workers that have shown themselves lately.",
            value=len(self._queue.workers(self._worker_seen_s)),
        )
        yield GaugeMetricFamily(
            "colormapper_arriving_bytes",
            "What unfinished uploads take of the disk of the data folder.",
            value=self._transfers.used(),
        )
        yield GaugeMetricFamily(
            "colormapper_disk_free_bytes",
            "Room left on the disk of the data folder.",
            value=shutil.disk_usage(self._folder).free,
        )
