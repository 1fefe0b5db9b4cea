"""Measurements for both sides of a comparison: CPU time, peak memory, latency of one row."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

#: One row or a batch for onnxruntime: input name to array [N, 1].
Feed = Mapping[str, Any]


class Stopwatch:
    """CPU seconds of this process by phase, for all of its threads together."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {"import": time.process_time()}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - start

    def rounded(self) -> dict[str, float]:
        return {name: round(seconds, 3) for name, seconds in self.seconds.items()}


def peak_megabytes() -> float:
    """Return the peak resident memory of this process so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def open_session(model: Path, threads: int) -> Any:
    """Load a model into onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def row_microseconds(session: Any, feeds: Sequence[Feed], calls: int = 2_000) -> float:
    """Return the median wall time for predicting one row, over `calls` calls that cycle through `feeds`."""
    for feed in feeds[:100]:
        session.run(None, feed)
    times = []
    for number in range(calls):
        feed = feeds[number % len(feeds)]
        start = time.perf_counter_ns()
        session.run(None, feed)
        times.append(time.perf_counter_ns() - start)
    return round(median(times) / 1_000, 1)


def single_rows(feed: Feed, count: int) -> list[Feed]:
    """Return the first `count` rows of a batch, each as a separate feed."""
    return [{name: array[row : row + 1] for name, array in feed.items()} for row in range(count)]
