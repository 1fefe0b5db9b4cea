"""Answers requests that arrive together as one batch.

onnxruntime takes almost as long for one row as for several, so requests that were read in the same turn of the event loop
are answered together. No request waits for others that may come.
"""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import TYPE_CHECKING

from mlbuild.frozen import frozen
from mlbuild.serving.model import Model
from mlbuild.serving.reading.rows import Rows

if TYPE_CHECKING:
    from mlbuild.bundle.inputs import Arrays

#: The most rows of several requests in one batch, so that the first of them does not wait long for the last.
_MOST = 64
#: The most seconds of work in the event loop. Handing work to a thread takes a twentieth of that.
LONGEST = 0.002


@frozen(eq=False)
class _Waiting:
    rows: Rows
    answers: asyncio.Future[Arrays]


class Batches:
    """Answers rows with one model in the event loop. Each request needs at most `LONGEST`."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._most = max(1, min(_MOST, int(LONGEST / model.pace)))
        self._gathered: list[_Waiting] = []

    async def answers(self, rows: Rows) -> Arrays:
        """Return the outputs for the rows of one request.

        Raises:
            NotOurs: onnxruntime cannot run the model.
        """
        loop = asyncio.get_running_loop()
        one = _Waiting(rows, loop.create_future())
        self._gathered.append(one)
        if len(self._gathered) == 1:
            loop.call_soon(self._run)
        return await one.answers

    def _run(self) -> None:
        """Answer everything that was gathered, in batches."""
        gathered, self._gathered = self._gathered, []
        batch: list[_Waiting] = []
        size = 0
        for one in gathered:
            if batch and size + one.rows.count > self._most:
                self._answer(batch)
                batch, size = [], 0
            batch.append(one)
            size += one.rows.count
        self._answer(batch)

    def _answer(self, batch: list[_Waiting]) -> None:
        try:
            whole = batch[0].rows if len(batch) == 1 else _together(batch)
            found = self._model.answers(whole.columns, whole.count)
        except Exception as error:  # each request waits for its future, whatever failed
            for one in batch:
                if not one.answers.done():
                    one.answers.set_exception(error)
            return
        start = 0
        for one in batch:
            end = start + one.rows.count
            if not one.answers.done():  # it is if the request was cancelled
                part = found if whole is one.rows else {name: some[start:end] for name, some in found.items()}
                one.answers.set_result(part)
            start = end


def _together(batch: list[_Waiting]) -> Rows:
    parts = zip(*(one.rows.columns for one in batch), strict=True)
    columns = [[*chain.from_iterable(part)] for part in parts]
    return Rows(sum(one.rows.count for one in batch), columns)
