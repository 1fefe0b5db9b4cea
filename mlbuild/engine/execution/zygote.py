"""The processes behind `Workers`: a zygote that only imports and forks, and the workers, which run tasks.

Threads do not survive a fork, so that a library that has computed must not be forked. The zygote never computes: it
imports what a task needs, forks, and tells how its workers ended. It has a process group with them, and none of
them outlives the process that it works for: that one's end closes the control channel.
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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from mlbuild.diagnostics import Failed, Failure
from mlbuild.engine.execution import memory
from mlbuild.engine.execution.executor import execute
from mlbuild.engine.execution.job import OUT_OF_MEMORY
from mlbuild.engine.execution.wire import receive, send
from mlbuild.engine.store.store import Store

#: Seconds between two looks at the memory of workers.
_LOOK = 0.05

#: Ctrl-C and the polite end; held back while processes are made, so that none is left half made.
ENDING = (signal.SIGINT, signal.SIGTERM)


def load_nothing(libraries: Collection[str]) -> None:
    """For tasks whose libraries need no import of their own."""


def limit_nothing(threads: int) -> None:
    """For tasks whose libraries start no threads of their own."""


@dataclass(frozen=True)
class Setup:
    """What workers are made of; all of it can be pickled.

    `load` imports distributions, by name, without computing anything, and raises `Failed` where it knows that there is
    too little memory for one. `limit` is called first in a new worker: libraries that start threads of their own may
    start so many. `memory` is the most resident bytes that one may have.
    """

    store: Store
    root: Path
    load: Callable[[Collection[str]], None] = load_nothing
    limit: Callable[[int], None] = limit_nothing
    memory: int | None = None


@dataclass(frozen=True)
class Wanted:
    """A message to the zygote: make a worker. Its channel and the stream for what it prints come along."""

    worker: int
    libraries: tuple[str, ...]
    threads: int


@dataclass(frozen=True)
class Ended:
    """A message of the zygote: a worker has ended, with a wait status and its largest resident memory in bytes.

    `failure` says why, where the zygote has killed it, or could not make it.
    """

    worker: int
    status: int
    peak: int
    failure: Failure | None = None


@dataclass
class Zygote:
    """Forks workers as it is told, until the control channel closes."""

    control: socket.socket
    setup: Setup
    workers: dict[int, int] = field(default_factory=dict)
    killed: dict[int, Failure] = field(default_factory=dict)

    def run(self) -> NoReturn:
        os.dup2(2, 1)
        # Newer Pythons warn of any fork beside threads; those of a library that has only been imported wait for work.
        warnings.filterwarnings("ignore", message="This process .* is multi-threaded")
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self.end())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if self.setup.memory is not None:
            # By a timer, so that workers are looked at while this process imports.
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
        """Kill the workers, and end."""
        for pid in self.workers:
            os.kill(pid, signal.SIGKILL)
        for pid in self.workers:
            os.waitpid(pid, 0)
        os._exit(0)

    def _watch(self) -> None:
        """Kill the workers that have too much memory."""
        limit = self.setup.memory
        for pid in [*self.workers]:
            if limit is not None and (had := memory.resident(pid)) > limit:
                self.killed[pid] = memory.too_much(limit, had)
                os.kill(pid, signal.SIGKILL)

    def _make(self, wanted: Wanted, files: list[int]) -> None:
        """Make a worker, unless there is not enough memory for any."""
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
                traceback.print_exc()  # into what its task has printed
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
    """A worker: runs one task after the other, as they come; what is printed goes to `output`."""
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    _redirect(output)
    setup.limit(threads)
    while (message := receive(channel)) is not None:
        task, inputs, cores = message[0]
        memory.forget_peak()
        outcome = execute(task, inputs, setup.store, setup.root, cores)
        sys.stdout.flush()
        send(channel, replace(outcome, peak=memory.peak()))
    os._exit(0)


def _redirect(output: int) -> None:
    """Let both standard streams be `output`, for compiled libraries too, and standard input be empty."""
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for file in (empty, output):
        os.close(file)
    stream = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115  # for good
    sys.stdout = sys.stderr = stream


def main() -> None:
    """The zygote as a program of its own; its argument is the descriptor of the control channel."""
    control = socket.socket(fileno=int(sys.argv[1]))
    if (first := receive(control)) is not None:
        Zygote(control, first[0]).run()
