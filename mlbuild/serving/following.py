"""Follows models that others replace, such as those of channels, while requests are answered."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Protocol

from mlbuild.serving.model import Model, Unservable
from mlbuild.serving.service import Service

#: The seconds between two looks. A look reads the times of about twenty files.
_LOOK = 0.5


class Source(Protocol):
    """Where a model is, and where another one can take its place."""

    @property
    def called(self) -> str:
        """What it is called in messages."""

    def state(self) -> object:
        """Return what is there, as far as that can be told without reading it."""

    def load(self) -> Model:
        """Return the model.

        Raises:
            Unservable: There is none, or it is not what it should be.
        """


class Follower:
    """Gives a service each new model of a source. The former one answers until the new one is ready, and stays if that cannot be served.

    `state` is that of the source before its current model was loaded, and `report` gets a line about each new model.
    """

    def __init__(
        self, service: Service, source: Source, state: object, pool: Executor, report: Callable[[str], None]
    ) -> None:
        self.service, self._source, self._pool, self._report = service, source, pool, report
        self._loaded = self._seen = state
        #: How many models took the place of another one, and how many were refused.
        self.swaps = self.refusals = 0

    async def follow(self) -> None:
        """Look for a new model, for ever."""
        while True:
            await asyncio.sleep(_LOOK)
            await self.look()

    async def look(self) -> None:
        """Answer with another model if there is one. While its files are being written, that waits for the next look."""
        state, before = self._source.state(), self._seen
        self._seen = state
        if state == self._loaded or state != before:
            return
        self._loaded = state
        name = self.service.name
        try:
            model = await asyncio.get_running_loop().run_in_executor(self._pool, self._source.load)
        except Unservable as error:
            why = str(error)
        except Exception:  # a bug must cost one model, not the looks for later ones
            why = f"reading it failed\n{traceback.format_exc()}"
        else:
            self.service.use(model)
            self.swaps += 1
            self._report(f"'{name}' is now answered by {model.version} of {self._source.called}")
            return
        self.refusals += 1
        kept = self.service.model.version
        self._report(
            f"'{name}' is still answered by {kept}: the new model of {self._source.called} is refused: {why}"
        )
