"""`/metrics` is what Prometheus reads, and counts what happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mlbuild.serving.metrics.series import Histogram, line
from tests.serving.rides import RIDE, TRIP
from tests.serving.servers import Server, served


@pytest.fixture
def fresh(project: Path) -> Iterator[Server]:
    with served(project) as server:
        yield server


def samples(server: Server) -> dict[tuple[str, ...], float]:
    """Return the values of all samples, by their names and the values of their labels."""
    answer = server.ask("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = [*text_string_to_metric_families(answer.body.decode())]
    assert all(
        family.documentation and family.type in ("counter", "gauge", "histogram") for family in families
    )
    found = {}
    for family in families:
        for one in family.samples:
            found[one.name, *one.labels.values()] = one.value
    return found


def test_requests_are_counted(fresh: Server) -> None:
    before = samples(fresh)
    assert before["mlbuild_request_duration_seconds_count", "fare"] == 0
    wrong = RIDE | {"km": 200, "stops": -1}
    for body in (RIDE, [RIDE, wrong, wrong], RIDE | {"km": "1"}, [RIDE] * 300):
        fresh.ask("/predict/fare", body)
    fresh.ask("/predict/zone", TRIP)
    fresh.ask("/nowhere")
    found = samples(fresh)
    assert found["mlbuild_requests_total", "fare", "200"] == 3
    assert found["mlbuild_requests_total", "fare", "400"] == 1
    assert found["mlbuild_requests_total", "zone", "200"] == 1
    assert found["mlbuild_requests_total", "", "404"] == 1
    assert found["mlbuild_requests_total", "", "200"] == 1  # the metrics themselves
    assert found["mlbuild_refusals_total", "fare", "dtype"] == 1
    assert found["mlbuild_contract_violations_total", "fare", "km", "max"] == 2
    assert found["mlbuild_contract_violations_total", "fare", "stops", "min"] == 2
    assert found["mlbuild_request_duration_seconds_count", "fare"] == 4
    assert found["mlbuild_answer_duration_seconds_count", "fare"] == 3
    assert found["mlbuild_request_rows_sum", "fare"] == 304
    assert found["mlbuild_request_rows_bucket", "fare", "1"] == 1
    assert found["mlbuild_request_rows_bucket", "fare", "256"] == 2
    assert found["mlbuild_request_rows_bucket", "fare", "512"] == 3
    digest = fresh.ask("/predict/zone", TRIP).told["digest"]
    assert found["mlbuild_model_info", "zone", digest] == 1


def test_the_process_is_measured(fresh: Server) -> None:
    found = samples(fresh)
    assert abs(found["process_resident_memory_bytes",] - fresh.memory()) < 20_000_000
    assert found["process_cpu_seconds_total",] > 0
    assert found["process_open_fds",] > 3
    assert found["process_start_time_seconds",] > 1.7e9


def test_names_are_escaped() -> None:
    (family,) = text_string_to_metric_families(line("x", [("name", 'a "b"\\\nc')], 1.5) + "\n")
    assert (family.samples[0].labels, family.samples[0].value) == ({"name": 'a "b"\\\nc'}, 1.5)


def test_a_value_is_in_all_buckets_from_its_bound_on() -> None:
    made = Histogram((1, 2.5))
    for value in (0.5, 1, 1.5, 2.5, 9):
        made.add(value)
    assert [*made.lines("x", [])] == [
        'x_bucket{le="1"} 2',
        'x_bucket{le="2.5"} 4',
        'x_bucket{le="+Inf"} 5',
        "x_sum 14.5",
        "x_count 5",
    ]
