"""A model under a name: the way of each request from its body to its response."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, TypeVar

from mlbuild.frozen import frozen
from mlbuild.serving.batches import LONGEST, Batches
from mlbuild.serving.limits import Limits
from mlbuild.serving.messages import Response
from mlbuild.serving.model import Model
from mlbuild.serving.reading.rows import Rows
from mlbuild.serving.refused import Refused
from mlbuild.serving.rules import NULLABLE, Violation, violations

if TYPE_CHECKING:
    from mlbuild.bundle.inputs import Arrays

T = TypeVar("T")
#: The size from which the body of a request is read in a thread, because that takes about `LONGEST`.
_LARGE = 65_536


class Form(Protocol):
    """A request in one of the forms that the server understands."""

    @property
    def size(self) -> int:
        """The size of its body in bytes."""

    @property
    def id(self) -> str:
        """The identity of the request, once it was read."""

    def read(self, model: Model, limits: Limits) -> Rows:
        """Return its rows.

        Raises:
            Refused: It is not what the model needs.
        """

    def write(self, model: Model, answered: Answered) -> Response:
        """Return the response in the same form."""


@frozen(eq=False)
class Answered:
    """A request that was answered: its identity, its rows, which rules they violate, the outputs of the model, and how many seconds it took
    from the end of reading.
    """

    id: str
    rows: Rows
    violations: Sequence[Violation]
    outputs: Arrays
    seconds: float


#: Gets every answered request with its model, after the response was made.
Observer = Callable[["Service", Model, Answered], None]


class Service:
    """Answers requests with a model. `model` is replaced as a whole when another model takes its place.

    With `strict`, requests that violate any rule are refused; otherwise, only those that lack a value.
    """

    def __init__(
        self,
        name: str,
        model: Model,
        pool: Executor,
        limits: Limits,
        *,
        strict: bool = False,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.name, self._pool, self._limits, self._strict = name, pool, limits, strict
        self._observers = tuple(observers)
        self._waiting = 0
        self.use(model)

    def use(self, model: Model) -> None:
        """Answer with another model from now on. Requests that are being answered keep theirs."""
        self._used = model, Batches(model)

    @property
    def model(self) -> Model:
        return self._used[0]

    async def respond(self, form: Form) -> Response:
        """Return the response to a request.

        Raises:
            Refused: It is not answered.
            NotOurs: onnxruntime cannot run the model.
        """
        model, batches = self._used
        if form.size > _LARGE:
            answered, response = await self._in_thread(form, lambda: self._whole(form, model))
        else:
            rows = form.read(model, self._limits)
            start = time.perf_counter()
            found = self._checked(model, rows)
            if rows.count * model.pace > LONGEST:
                outputs = await self._in_thread(form, lambda: model.answers(rows.columns, rows.count))
            else:
                outputs = await batches.answers(rows)
            answered = Answered(form.id, rows, found, outputs, time.perf_counter() - start)
            response = form.write(model, answered)
        for observer in self._observers:
            observer(self, model, answered)
        return response

    def _whole(self, form: Form, model: Model) -> tuple[Answered, Response]:
        rows = form.read(model, self._limits)
        start = time.perf_counter()
        found = self._checked(model, rows)
        outputs = model.answers(rows.columns, rows.count)
        answered = Answered(form.id, rows, found, outputs, time.perf_counter() - start)
        return answered, form.write(model, answered)

    def _checked(self, model: Model, rows: Rows) -> list[Violation]:
        """Return which rules the rows violate, unless that refuses the request."""
        found = violations(model.checks, rows.columns)
        for one in found:
            if one.rule == NULLABLE:
                message = f"'{one.column}' in row {one.row} must not be missing"
            elif self._strict:
                message = f"'{one.column}' in row {one.row} violates the rule '{one.rule}' of the contract"
            else:
                continue
            raise Refused(message, row=one.row, column=one.column, rule=one.rule)
        return found

    async def _in_thread(self, form: Form, work: Callable[[], T]) -> T:
        """Do work for a request in a thread, unless too many bytes of requests wait for one."""
        if self._waiting and self._waiting + form.size > self._limits.waiting:
            raise Refused(
                "the server is busy with other requests",
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                headers=((b"retry-after", b"1"),),
            )
        self._waiting += form.size
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= form.size
