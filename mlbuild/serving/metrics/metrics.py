"""The metrics of a server."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http import HTTPStatus
from operator import attrgetter
from pathlib import Path

from mlbuild import __version__
from mlbuild.serving.following import Follower
from mlbuild.serving.metrics.series import Histogram, about, counts, line
from mlbuild.serving.model import Model
from mlbuild.serving.service import Answered, Service

#: The bounds of OpenTelemetry for the duration of requests, and three below: a row takes less than a millisecond.
_DURATIONS = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.075,
    0.1,
    0.25,
    0.5,
    0.75,
    1,
    2.5,
    5,
    7.5,
    10,
)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)


class Metrics:
    """Counts requests and what was answered. Values of columns are never labels, so that no data gets into it."""

    def __init__(self) -> None:
        self._started = time.time()
        self._requests: Counter[tuple[str, ...]] = Counter()
        self._violations: Counter[tuple[str, ...]] = Counter()
        self._refusals: Counter[tuple[str, ...]] = Counter()
        self._durations: dict[str, Histogram] = {}
        self._answers: dict[str, Histogram] = {}
        self._rows: dict[str, Histogram] = {}
        self._services: list[Service] = []
        self._followers: list[Follower] = []
        self._dropped: Callable[[], int] | None = None

    def watch_log(self, dropped: Callable[[], int]) -> None:
        """Begin with a log that tells how many rows it had to drop."""
        self._dropped = dropped

    def watch_changes(self, follower: Follower) -> None:
        """Begin with a model that others replace."""
        self._followers.append(follower)

    def watch(self, service: Service) -> None:
        """Begin with a model, so that its metrics exist before its first request."""
        name = service.name
        self._services.append(service)
        self._durations[name], self._answers[name] = Histogram(_DURATIONS), Histogram(_DURATIONS)
        self._rows[name] = Histogram(_ROWS)

    def finished(self, name: str, status: HTTPStatus, rule: str | None, seconds: float) -> None:
        """Count a request for a model (`name`) or for something else (empty), from its headers to its response.

        `rule` is the one that refused it.
        """
        self._requests[name, str(int(status))] += 1
        if name:
            self._durations[name].add(seconds)
            if rule:
                self._refusals[name, rule] += 1

    def answered(self, service: Service, model: Model, answered: Answered) -> None:
        """Count what a model answered."""
        name = service.name
        self._answers[name].add(answered.seconds)
        self._rows[name].add(answered.rows.count)
        for one in answered.violations:
            self._violations[name, one.column, one.rule] += 1

    def text(self) -> str:
        """Return all metrics for Prometheus."""
        return "\n".join([*self._lines(), *self._process(), ""])

    def _lines(self) -> Iterator[str]:
        told = "Requests by the status of the response; those without a model are for other paths."
        yield from _counter("mlbuild_requests_total", ("model", "code"), told, self._requests)
        told = "Seconds from the headers of a request to its response."
        yield from _histogram("mlbuild_request_duration_seconds", told, self._durations)
        told = "Seconds from the rows of an answered request to the outputs of the model, with the wait for others of its batch."
        yield from _histogram("mlbuild_answer_duration_seconds", told, self._answers)
        yield from _histogram("mlbuild_request_rows", "Rows of an answered request.", self._rows)
        told = "Values in answered requests that violate a rule of the contract."
        names = ("model", "column", "rule")
        yield from _counter("mlbuild_contract_violations_total", names, told, self._violations)
        told = "Requests that were refused because of a rule."
        yield from _counter("mlbuild_refusals_total", ("model", "rule"), told, self._refusals)
        if self._dropped is not None:
            told = "Rows that could not be logged."
            yield from _single("mlbuild_log_dropped_rows_total", "counter", told, self._dropped())
        lines = (
            line("mlbuild_model_info", [("model", one.name), ("digest", f"sha256:{one.model.digest}")], 1)
            for one in self._services
        )
        yield from about("mlbuild_model_info", "gauge", "The models that are served.", lines)
        for name, told, count in (
            ("mlbuild_swaps_total", "Models that took the place of another one.", attrgetter("swaps")),
            ("mlbuild_swaps_refused_total", "New models that could not be served.", attrgetter("refusals")),
        ):
            lines = (line(name, [("model", one.service.name)], count(one)) for one in self._followers)
            yield from about(name, "counter", told, lines)
        info = [line("mlbuild_server_info", [("version", __version__)], 1)]
        yield from about("mlbuild_server_info", "gauge", "The version of mlbuild.", info)

    def _process(self) -> Iterator[str]:
        """Yield the metrics of a process that all clients of Prometheus have."""
        used = time.process_time()
        told = "Total user and system CPU time spent in seconds."
        yield from _single("process_cpu_seconds_total", "counter", told, used)
        told = "Start time of the process since unix epoch in seconds."
        yield from _single("process_start_time_seconds", "gauge", told, self._started)
        try:
            size = Path("/proc/self/statm").read_text().split()
            files = len([*Path("/proc/self/fd").iterdir()])
        except OSError:  # not on this platform
            return
        told = "Resident memory size in bytes."
        resident = int(size[1]) * os.sysconf("SC_PAGESIZE")
        yield from _single("process_resident_memory_bytes", "gauge", told, resident)
        yield from _single("process_open_fds", "gauge", "Number of open file descriptors.", files)


def _counter(
    name: str, keys: tuple[str, ...], help_: str, counter: Counter[tuple[str, ...]]
) -> Iterator[str]:
    yield from about(name, "counter", help_, counts(name, keys, counter))


def _histogram(name: str, help_: str, found: dict[str, Histogram]) -> Iterator[str]:
    lines = (text for model, one in found.items() for text in one.lines(name, [("model", model)]))
    yield from about(name, "histogram", help_, lines)


def _single(name: str, kind: str, help_: str, value: float) -> Iterator[str]:
    yield from about(name, kind, help_, [line(name, [], value)])
