"""The processes of `Workers`: a zygote that only imports and forks, and the workers, which run tasks.

Threads do not survive a fork, so a process must not fork after a library has computed something. The zygote never
computes. It imports what a task needs, forks, and reports how its workers ended. It shares a process group with
them, and none of them outlives the process that it works for: when that process ends, the control channel closes.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from mlbuild.diagnostics import Failed, Failure
from mlbuild.engine.execution import memory
from mlbuild.engine.execution.executor import execute
from mlbuild.engine.execution.job import OUT_OF_MEMORY
from mlbuild.engine.execution.wire import receive, send
from mlbuild.engine.store.contents import Contents
from mlbuild.frozen import frozen
from mlbuild.progress import Progress

#: Seconds between two checks of the memory of workers.
_LOOK = 0.05

#: Ctrl-C and SIGTERM are delayed while processes start, so that none is left half started.
ENDING = (signal.SIGINT, signal.SIGTERM)


def load_nothing(libraries: Collection[str]) -> None:
    """For tasks whose libraries do not need to be imported in advance."""


def limit_nothing(threads: int) -> None:
    """For tasks whose libraries do not start threads."""


@frozen
class Setup:
    """How workers are set up. All of it can be pickled.

    `load` imports distributions by name without computing anything, and raises `Failed` if it knows that there is
    too little memory for one. `limit` is called first in a new worker, with the number of threads that libraries
    can start. `memory` is the maximum resident memory of a worker in bytes.
    """

    contents: Contents
    root: Path
    load: Callable[[Collection[str]], None] = load_nothing
    limit: Callable[[int], None] = limit_nothing
    memory: int | None = None


@frozen
class Wanted:
    """A message to the zygote: start a worker. Its channel and the stream for its output are sent along."""

    worker: int
    libraries: tuple[str, ...]
    threads: int


@frozen
class Ended:
    """A message from the zygote: a worker has ended, with its wait status and its peak resident memory in bytes.

    `failure` is set if the zygote has killed the worker, or could not start it.
    """

    worker: int
    status: int
    peak: int
    failure: Failure | None = None


@dataclass
class Zygote:
    """Forks workers on request, until the control channel closes."""

    control: socket.socket
    setup: Setup
    workers: dict[int, int] = field(default_factory=dict)
    killed: dict[int, Failure] = field(default_factory=dict)

    def run(self) -> NoReturn:
        os.dup2(2, 1)
        # Newer Pythons warn about any fork beside threads. The threads of a library that was only imported are
        # idle.
        warnings.filterwarnings("ignore", message="This process .* is multi-threaded")
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self.end())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if self.setup.memory is not None:
            # A timer, so that workers are watched while this process imports.
            signal.signal(signal.SIGALRM, lambda *_: self._watch())
            signal.siginterrupt(signal.SIGALRM, False)
            signal.setitimer(signal.ITIMER_REAL, _LOOK, _LOOK)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        while True:
            ready, _, _ = select.select([self.control.fileno(), woken], [], [])
            if woken in ready:
                os.read(woken, 1024)
                self._tell_ended()
            if self.control.fileno() in ready:
                message = receive(self.control, files=2)
                if message is None:
                    self.end()
                self._make(*message)

    def end(self) -> NoReturn:
        """Kill the workers and exit."""
        for pid in self.workers:
            os.kill(pid, signal.SIGKILL)
        for pid in self.workers:
            os.waitpid(pid, 0)
        os._exit(0)

    def _watch(self) -> None:
        """Kill the workers that use too much memory."""
        limit = self.setup.memory
        for pid in [*self.workers]:
            if limit is not None and (had := memory.resident(pid)) > limit:
                self.killed[pid] = memory.too_much(limit, had)
                os.kill(pid, signal.SIGKILL)

    def _make(self, wanted: Wanted, files: list[int]) -> None:
        """Start a worker, unless there is not enough memory."""
        limit = self.setup.memory
        try:
            self.setup.load(wanted.libraries)
            failure = memory.too_narrow(wanted.threads)
        except Failed as error:
            failure = error.failure
        except MemoryError:
            failure = memory.exhausted(Failure("task", OUT_OF_MEMORY), None, "")
        start = memory.inherited()
        if limit is not None and start > limit:
            failure = memory.too_little(limit, start)
        if failure is None:
            self._fork(wanted, files)
        else:
            self._tell(Ended(wanted.worker, 0, start, failure))
        for file in files:
            os.close(file)

    def _fork(self, wanted: Wanted, files: list[int]) -> None:
        gc.freeze()
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        pid = os.fork()
        if not pid:
            try:
                self.control.close()
                work(socket.socket(fileno=files[0]), files[1], self.setup, wanted.threads)
            except BaseException:
                traceback.print_exc()  # into the output of its task
            finally:
                os._exit(1)
        self.workers[pid] = wanted.worker
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    def _tell_ended(self) -> None:
        while self.workers:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            worker, failure = self.workers.pop(pid), self.killed.pop(pid, None)
            self._tell(Ended(worker, status, usage.ru_maxrss * 1024, failure))

    def _tell(self, end: Ended) -> None:
        try:
            send(self.control, end)
        except OSError:
            self.end()


def work(channel: socket.socket, output: int, setup: Setup, threads: int) -> NoReturn:
    """Run as a worker: run tasks one at a time, and write their output to `output`."""
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    _redirect(output)
    setup.limit(threads)

    def report(progress: Progress) -> None:
        with suppress(OSError):  # the build has gone, and this process is about to be killed
            send(channel, progress)

    while (message := receive(channel)) is not None:
        task, inputs, cores = message[0]
        memory.forget_peak()
        outcome = execute(task, inputs, setup.contents, setup.root, cores, report)
        sys.stdout.flush()
        send(channel, replace(outcome, peak=memory.peak()))
    os._exit(0)


def _redirect(output: int) -> None:
    """Redirect both standard streams to `output`, also for compiled libraries, and make standard input empty."""
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for file in (empty, output):
        os.close(file)
    stream = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115  # never closed
    sys.stdout = sys.stderr = stream


def main() -> None:
    """Run the zygote as a separate program. Its argument is the descriptor of the control channel."""
    control = socket.socket(fileno=int(sys.argv[1]))
    if (first := receive(control)) is not None:
        Zygote(control, first[0]).run()
