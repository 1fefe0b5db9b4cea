"""The executor that runs several tasks at once in worker processes. If a worker dies, only its task fails."""

from __future__ import annotations

import itertools
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mlbuild.diagnostics import Failure
from mlbuild.engine.execution.executor import Heard, Inputs, Outcome
from mlbuild.engine.execution.memory import exhausted
from mlbuild.engine.execution.wire import has_message, receive, send
from mlbuild.engine.execution.zygote import ENDING, Ended, Setup, Wanted, Zygote
from mlbuild.engine.graph import Task
from mlbuild.engine.store.lock import leave_locks
from mlbuild.process.allowance import allowance_text, size_text
from mlbuild.progress import Progress

#: The seconds that a zygote has to end its workers and itself.
_PATIENCE = 2.0
#: How much of the output of a task is kept, in bytes.
_PRINTED = 10_000

_PROGRAM = "import sys; sys.path[:] = {path}; from mlbuild.engine.execution.zygote import main; main()"


def possible() -> bool:
    """Whether this platform can fork after libraries were imported. Linux can."""
    return sys.platform == "linux"


@dataclass
class _Worker:
    """A worker process as the build sees it.

    `task` is what it is running, `printed` is the output of the task so far.
    """

    number: int
    channel: socket.socket
    output: int
    libraries: frozenset[str]
    threads: int
    task: str | None = None
    printed: bytes = b""


class Workers:
    """Runs at most `slots` tasks at once. No process is started before the first task.

    A worker accepts tasks whose libraries it has loaded and that use the number of threads that it was started
    with, because a library may fix that number on its first computation. Other tasks get a new worker. Up to
    `slots` idle workers are kept.
    """

    def __init__(self, setup: Setup, slots: int, cores: int) -> None:
        self.slots, self.cores = slots, cores
        self._setup = setup
        self._numbers = itertools.count()
        self._zygote: int | None = None
        self._control: socket.socket | None = None
        self._workers: dict[int, _Worker] = {}
        self._loaded: frozenset[str] = frozenset()
        self._poll = select.poll()
        self._by_file: dict[int, _Worker] = {}

    @property
    def alive(self) -> bool:
        """Whether there is any process."""
        return self._zygote is not None

    def submit(self, task: Task, inputs: Inputs, threads: int) -> None:
        needed = frozenset((*task.libraries, *task.imports))
        idle = [worker for worker in self._workers.values() if worker.task is None]
        fitting = (one for one in idle if one.libraries >= needed and one.threads == threads)
        worker = next(fitting, None)
        if worker is None:
            if len(self._workers) >= 2 * self.slots:
                self._forget(idle[0])
            worker = self._hire(needed, threads)
        worker.task, worker.printed = task.name, b""
        with suppress(OSError):  # it has just died, and the zygote will report this
            send(worker.channel, (replace(task, origin={}), inputs, threads))

    def wait(self, heard: Heard) -> list[tuple[str, Outcome]]:
        ended: list[tuple[str, Outcome]] = []
        while not ended:
            for file, _ in self._poll.poll():
                ended += self._hear(file, heard)
        return ended

    def close(self) -> None:
        """Kill all workers and the zygote, whatever they are doing. Even if interrupted, leave nothing behind."""
        zygote, self._zygote = self._zygote, None
        if zygote is None or self._control is None:
            return
        try:
            os.killpg(zygote, signal.SIGTERM)
            self._control.settimeout(_PATIENCE)
            while receive(self._control):  # until its end has closed the channel
                pass
        except ProcessLookupError:  # someone else has ended it
            pass
        finally:
            _kill(zygote)
            for worker in list(self._workers.values()):
                self._forget(worker)
            self._poll.unregister(self._control)
            self._control.close()

    def _hear(self, file: int, heard: Heard) -> list[tuple[str, Outcome]]:
        """Handle a channel or a stream that has data."""
        assert self._control is not None
        if file == self._control.fileno():
            message = receive(self._control)
            return self._buried(message[0], heard) if message else self._lost()
        worker = self._by_file.get(file)
        if worker is None:
            return []
        if file == worker.output:
            self._listen(worker)
            return []
        return self._received(worker, heard)

    def _received(self, worker: _Worker, heard: Heard) -> list[tuple[str, Outcome]]:
        """Return the outcome that a worker sends. There is none if the worker reports progress, or if its channel has
        ended; in this case, the zygote will report why.
        """
        message = receive(worker.channel)
        if message is None:
            with suppress(KeyError):
                self._poll.unregister(worker.channel)
            return []
        task = worker.task
        assert task is not None
        if isinstance(message[0], Progress):
            heard(task, message[0])
            return []
        self._listen(worker)
        outcome, worker.task = message[0], None
        told = replace(outcome, printed=_text(worker.printed))
        if told.failure and told.failure.kind == "task":
            failure = replace(told.failure, details={**told.failure.details, "output": told.printed})
            told = replace(told, failure=exhausted(failure, told.peak, told.printed))
        if self._spent(told):
            self._forget(worker)
        return [(task, told)]

    def _spent(self, outcome: Outcome) -> bool:
        """Whether a worker may still use so much memory that its next task could exceed the limit."""
        limit = self._setup.memory
        failed = outcome.failure is not None and "memory" in outcome.failure.details
        return failed or (limit is not None and (outcome.peak or 0) > limit / 2)

    def _buried(self, end: Ended, heard: Heard) -> list[tuple[str, Outcome]]:
        """Return the outcome of the task of a worker that has ended."""
        worker = self._workers.get(end.worker)
        if worker is None:
            return []
        ended: list[tuple[str, Outcome]] = []
        while not ended and has_message(worker.channel):
            ended = self._received(worker, heard)
        if worker.number in self._workers:
            self._listen(worker)
            self._forget(worker)
        if ended or worker.task is None:
            return ended
        printed = _text(worker.printed)
        failure = end.failure or exhausted(_death(end, printed), end.peak, printed)
        return [(worker.task, Outcome(0.0, {}, failure, end.peak, printed))]

    def _lost(self) -> list[tuple[str, Outcome]]:
        """Handle the death of the zygote: its workers die with it, and the next task gets a new one."""
        busy = [worker for worker in self._workers.values() if worker.task is not None]
        if self._zygote is not None:
            os.killpg(self._zygote, signal.SIGKILL)
        self.close()
        failure = Failure("task", "; ".join(["the process that starts the workers died", *allowance_text()]))
        return [(str(worker.task), Outcome(0.0, {}, failure, None, _text(worker.printed))) for worker in busy]

    def _listen(self, worker: _Worker) -> None:
        """Read what a worker has printed so far, and keep the end of it."""
        try:
            while got := os.read(worker.output, 1 << 16):
                worker.printed = (worker.printed + got)[-_PRINTED:]
        except BlockingIOError:
            return
        with suppress(KeyError):
            self._poll.unregister(worker.output)

    def _hire(self, libraries: frozenset[str], threads: int) -> _Worker:
        if self._zygote is None:
            self._start()
        assert self._control is not None
        channel, theirs = socket.socketpair()
        output, printing = os.pipe()
        os.set_blocking(output, False)
        self._loaded |= libraries
        worker = _Worker(next(self._numbers), channel, output, self._loaded, threads)
        with theirs, suppress(OSError):  # the zygote has just died, and its channel will report this
            wanted = Wanted(worker.number, tuple(sorted(libraries)), threads)
            send(self._control, wanted, [theirs.fileno(), printing])
        os.close(printing)
        self._workers[worker.number] = worker
        for file in (channel.fileno(), output):
            self._by_file[file] = worker
            self._poll.register(file, select.POLLIN)
        return worker

    def _forget(self, worker: _Worker) -> None:
        """Let a worker exit by itself, because it will get no more tasks."""
        if self._workers.pop(worker.number, None) is None:
            return
        for file in (worker.channel.fileno(), worker.output):
            del self._by_file[file]
            with suppress(KeyError):
                self._poll.unregister(file)
        worker.channel.close()
        os.close(worker.output)

    def _start(self) -> None:
        """Start the zygote: as a fork of this process, which is fast, or as a new interpreter if this process has
        threads.
        """
        self._loaded = frozenset()
        self._control, theirs = socket.socketpair()
        self._poll.register(self._control, select.POLLIN)
        with theirs, _held_back():
            if not _has_one_thread():
                self._zygote = _spawned(theirs)
                send(self._control, self._setup)
                return
            self._zygote = os.fork()
            if not self._zygote:
                try:
                    os.setpgid(0, 0)
                    leave_locks()
                    self._control.close()
                    Zygote(theirs, self._setup).run()
                finally:
                    os._exit(1)
            with suppress(OSError):  # it was faster
                os.setpgid(self._zygote, self._zygote)


def _has_one_thread() -> bool:
    """Whether this process certainly has no other thread. Without a readable /proc, this is unknown."""
    try:
        return len([*Path("/proc/self/task").iterdir()]) == 1
    except OSError:
        return False


def _kill(zygote: int) -> None:
    """Kill a zygote with its workers, even one that does not respond, for example while it imports a library."""
    with suppress(ChildProcessError, ProcessLookupError):
        os.killpg(zygote, signal.SIGKILL)
        os.waitpid(zygote, 0)


@contextmanager
def _held_back() -> Iterator[None]:
    """Delay signals that end a build until a process has started completely."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _spawned(control: socket.socket) -> int:
    control.set_inheritable(True)
    command = [sys.executable, "-c", _PROGRAM.format(path=sys.path), str(control.fileno())]
    return os.posix_spawn(sys.executable, command, os.environ, setpgroup=0, setsigmask=())


def _death(end: Ended, printed: str) -> Failure:
    """Return the failure of the task of a worker that has died."""
    details = {"peak": end.peak, "output": printed}
    facts = "; ".join([f"(peak memory {size_text(end.peak)})", *allowance_text()])
    if os.WIFSIGNALED(end.status):
        name = signal.Signals(os.WTERMSIG(end.status)).name
        return Failure("task", f"the worker was killed by {name} {facts}", {**details, "signal": name})
    code = os.waitstatus_to_exitcode(end.status)
    message = f"the worker exited with code {code} {facts}"
    return Failure("task", message, {**details, "exit_code": code})


def _text(printed: bytes) -> str:
    return printed.decode("utf-8", "backslashreplace")
