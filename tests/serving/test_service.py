"""A service answers in the event loop or in threads, gathers what arrives together, and says when it is busy."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mlbuild.serving.limits import Limits
from mlbuild.serving.model import Model
from mlbuild.serving.routes.predict import Records
from mlbuild.serving.service import Answered, Service
from tests.serving.rides import RIDE

LIMITS = Limits()


def body(count: int, padding: int = 0) -> Records:
    return Records(json.dumps([RIDE] * count).encode() + b" " * padding, b"", "r1")


class Counted(Model):
    """A model that counts the rows of its batches."""

    def __init__(self, folder: Path) -> None:
        super().__init__("fare", folder)
        self.batches: list[int] = []

    def answers(self, columns: Any, rows: int) -> Any:
        if hasattr(self, "batches"):  # not while it is measured
            self.batches.append(rows)
        return super().answers(columns, rows)


@pytest.fixture
def model(project: Path) -> Counted:
    model = Counted(project / "dist/fare")
    model.pace = 1e-6
    return model


def answered(model: Model, forms: list[Records], limits: Limits = LIMITS, **options: Any) -> list[Any]:
    """Return the responses to requests that arrive together, or why they are refused."""
    with ThreadPoolExecutor(1) as pool:
        service = Service("fare", model, pool, limits, **options)

        async def together() -> list[Any]:
            return await asyncio.gather(*map(service.respond, forms), return_exceptions=True)

        return asyncio.run(together())


def test_requests_that_arrive_together_are_one_batch(model: Counted) -> None:
    alone = [answered(model, [body(count)])[0].body for count in (1, 2, 5)]
    model.batches.clear()
    together = answered(model, [body(1), body(2), body(5)])
    assert [one.body for one in together] == alone
    assert model.batches == [8]


def test_a_batch_has_at_most_64_rows(model: Counted) -> None:
    answered(model, [body(40), body(20), body(5), body(30), body(30)])
    assert model.batches == [60, 35, 30]


def test_a_batch_is_smaller_if_rows_take_long(model: Counted) -> None:
    model.pace = 0.0005
    answered(model, [body(1)] * 6)
    assert model.batches == [4, 2]


def test_long_work_leaves_the_event_loop(model: Counted) -> None:
    model.pace = 0.001
    answered(model, [body(3), body(3), body(2)])
    assert sorted(model.batches) == [2, 3, 3]


def test_too_much_at_once_is_refused(model: Counted) -> None:
    limits = Limits(body=100_000)
    responses = answered(model, [body(1, padding=90_000) for _ in range(8)], limits)
    refused = [one for one in responses if isinstance(one, Exception)]
    assert len(refused) == 4
    for one in refused:
        assert str(one) == "the server is busy with other requests"
        assert (one.status, one.headers) == (503, ((b"retry-after", b"1"),))  # type: ignore[attr-defined]
    assert len(answered(model, [body(1, padding=90_000)], limits)) == 1


def test_observers_get_what_was_answered(model: Counted) -> None:
    seen: list[tuple[str, Model, Answered]] = []
    observer = lambda service, model, found: seen.append((service.name, model, found))  # noqa: E731
    responses = answered(model, [body(2), body(1, padding=70_000)], observers=[observer])
    assert [(name, used) for name, used, _ in seen] == [("fare", model)] * 2
    for (_, _, found), response, count in zip(seen, responses, (2, 1), strict=True):
        assert found.rows.count == count and found.seconds > 0
        assert found.outputs["prediction"].shape == (count, 1)
        assert str(found.outputs["prediction"][0, 0]).encode()[:8] in response.body


def test_another_model_can_take_its_place(model: Counted, project: Path) -> None:
    other = Counted(project / "dist/fare")
    with ThreadPoolExecutor(1) as pool:
        service = Service("fare", model, pool, Limits())

        async def swapped() -> None:
            first = asyncio.create_task(service.respond(body(1)))
            await asyncio.sleep(0)
            service.use(other)
            await first
            await service.respond(body(2))

        asyncio.run(swapped())
    assert (model.batches, other.batches) == ([1], [2])
