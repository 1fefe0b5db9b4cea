"""Workers: one that dies fails only its task, by name, and they give the same results as one process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path

import pytest

from mlbuild.engine.execution.events import TaskPrinted
from mlbuild.engine.execution.run import build
from mlbuild.engine.execution.workers import Workers
from mlbuild.engine.execution.zygote import Setup
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.process.allowance import memory_of, size_text
from tests.engine.tasks import (
    Project,
    aborted,
    boom,
    chain,
    chatter,
    greedy,
    killed,
    plan,
    quits,
    text_task,
)

ROOT = Path(__file__).parents[2]
MIB = 1 << 20


def around(task: Task) -> list[Task]:
    """Return a task with one that depends on it and one that does not."""
    return [task, text_task("after", "x", f"{task.name}/out"), *chain()]


@pytest.mark.parametrize(
    ("run", "message", "details"),
    [
        (killed, "the worker was killed by SIGKILL (peak memory ", {"signal": "SIGKILL"}),
        (quits, "the worker exited with code 3 (peak memory ", {"exit_code": 3}),
        (greedy, "out of memory: the task used ", {"exception": "MemoryError"}),
        (aborted, "the worker was killed by SIGABRT (peak memory ", {"signal": "SIGABRT"}),
        (boom, "ZeroDivisionError: one by zero", {"exception": "ZeroDivisionError"}),
    ],
)
def test_a_task_that_dies_fails_by_name_and_blocks_only_what_reads_it(
    on_disk: Project, run: object, message: str, details: dict[str, object]
) -> None:
    tasks = around(text_task("t", "", run=run))
    result = on_disk.build(tasks, executor=on_disk.workers(), keep_going=True)
    assert result.failures.keys() == {"t"}
    failure = result.failures["t"]
    assert failure.kind == "task" and failure.message.startswith(message)
    assert details.items() <= failure.details.items()
    assert (result.ran, result.blocked) == (("a", "b", "c"), ("after",))
    assert on_disk.content(result, "c") == "c b a"


def test_out_of_memory_is_told_without_a_limit_too(on_disk: Project) -> None:
    for executor in (None, on_disk.workers()):
        failure = on_disk.build([text_task("t", "", run=greedy)], executor=executor).failures["t"]
        assert failure.message.startswith("out of memory")


def hoards(job: Job) -> None:
    """Allocate memory forever."""
    held = []
    while True:
        held.append(os.urandom(MIB))


def tells_its_memory(job: Job) -> None:
    own = memory_of("self")
    job.write("out", str(own.resident if own else 0).encode())


def limit_that_leaves(mebibytes: int, project: Project) -> int:
    """Return a limit that leaves a worker this much."""
    result = project.build([text_task("probe", "", run=tells_its_memory)], executor=project.workers(1))
    return int(project.content(result, "probe")) + mebibytes * MIB


def test_a_task_that_takes_too_much_is_killed_and_others_go_on(on_disk: Project) -> None:
    limit = limit_that_leaves(64, on_disk)
    tasks = around(text_task("t", "", run=hoards))
    result = on_disk.build(tasks, executor=on_disk.workers(memory=limit), keep_going=True)
    assert result.failures.keys() == {"t"}
    failure = result.failures["t"]
    had = failure.details["memory"]["peak"]
    assert failure.details["memory"]["limit"] == limit < had
    assert failure.message == (
        f"out of memory: the limit is {size_text(limit)}, but the task used {size_text(had)}"
    )
    assert (result.ran, result.blocked) == (("a", "b", "c"), ("after",))


def test_a_limit_in_which_no_worker_can_start_is_told_at_once(on_disk: Project) -> None:
    result = on_disk.build(chain(), executor=on_disk.workers(memory=MIB), keep_going=True)
    assert ([*result.failures], result.ran) == (["a"], ())
    told = result.failures["a"].message
    assert re.fullmatch(
        r"out of memory: the limit is 1 MiB, but a worker uses [\d.]+ MiB before it runs a task", told
    )


def loads_until_one_has_died(libraries: Collection[str]) -> None:
    """Take long to import one of the libraries."""
    end = time.monotonic() + 60
    while "slow" in libraries and os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        assert time.monotonic() < end
        time.sleep(0.01)  # a blocking wait could not give up after the deadline above


def test_workers_are_watched_while_libraries_are_imported(on_disk: Project) -> None:
    setup = Setup(
        on_disk.store.contents,
        on_disk.root,
        load=loads_until_one_has_died,
        memory=limit_that_leaves(64, on_disk),
    )
    tasks = [text_task("a", "", run=hoards), text_task("b", "b", libraries=("slow",))]
    result = on_disk.build(tasks, executor=Workers(setup, 2, 1), keep_going=True)
    assert ([*result.failures], result.ran) == (["a"], ("b",))


_kept: list[bytes] = []


def keeps(job: Job) -> None:
    """Leave much memory allocated in the worker, as libraries do."""
    _kept.append(os.urandom(60 * MIB))
    job.write("out", str(len(_kept)).encode())


def test_what_a_task_has_left_behind_does_not_count_against_the_next(on_disk: Project) -> None:
    tasks = [text_task(f"t{number}", str(number), run=keeps) for number in range(3)]
    result = on_disk.build(tasks, executor=on_disk.workers(1, memory=limit_that_leaves(100, on_disk)))
    assert result.ok, result.failures
    assert {on_disk.content(result, task.name) for task in tasks} == {"1"}


def children() -> set[str]:
    """Return the processes that this one has started and not yet waited for."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            _, parent, *_ = (process / "stat").read_text().rpartition(")")[2].split()
            if int(parent) == os.getpid():
                found.add(process.name)
    return found


def never_loads(libraries: Collection[str]) -> None:
    """Do not respond, like a process that imports a library of compiled code."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    signal.pause()


def test_a_zygote_that_does_not_listen_is_ended(on_disk: Project) -> None:
    before = children()  # other tests may have left some
    executor = Workers(Setup(on_disk.store.contents, on_disk.root, load=never_loads), 1, 1)
    executor.submit(text_task("t", ""), {}, 1)
    assert children() - before
    executor.close()
    assert not executor.alive
    assert children() - before == set()


def test_a_dead_worker_is_replaced(on_disk: Project) -> None:
    tasks = [text_task(f"k{number}", "", run=killed) for number in range(5)]
    result = on_disk.build([*tasks, *chain()], executor=on_disk.workers(1), keep_going=True)
    assert (len(result.failures), result.ran) == (5, ("a", "b", "c"))


def test_what_a_task_prints_is_caught_whoever_writes_it(
    on_disk: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    task = text_task("t", "hello\x1b[2J", run=chatter)
    assert on_disk.build([task, text_task("silent", "x")], executor=on_disk.workers(1)).ok
    told = on_disk.told(TaskPrinted)
    assert [event.task for event in told] == ["t"]
    for line in ("hello\x1b[2J\n", "UserWarning: take care\n", "from a library\n", "from a program\n"):
        assert line in told[0].text
    assert capfd.readouterr() == ("", "")


def test_what_a_failing_task_printed_is_a_detail_of_its_failure(on_disk: Project) -> None:
    tasks = [text_task(run.__name__, "last words", run=run) for run in (says_and_fails, says_and_dies)]
    failures = on_disk.build(tasks, executor=on_disk.workers(1), keep_going=True).failures
    assert [failure.details["output"] for failure in failures.values()] == ["last words\n"] * 2


def says_and_fails(job: Job) -> None:
    sys.stdout.write(f"{job.params['text']}\n")
    boom(job)


def says_and_dies(job: Job) -> None:
    sys.stdout.write(f"{job.params['text']}\n")
    killed(job)


def test_the_end_of_much_output_is_kept(on_disk: Project) -> None:
    result = on_disk.build([text_task("t", "", run=floods)], executor=on_disk.workers(1))
    assert result.ok
    (told,) = on_disk.told(TaskPrinted)
    assert len(told.text) == 10_000 and told.text.endswith("line 99999\n")


def floods(job: Job) -> None:
    for number in range(100_000):
        sys.stdout.write(f"line {number}\n")
    job.write("out", b"")


def test_a_task_in_this_process_prints_on_standard_error(
    on_disk: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_disk.build([text_task("t", "hello", run=prints)]).ok
    assert capsys.readouterr() == ("", "hello\n")


def prints(job: Job) -> None:
    sys.stdout.write(f"{job.params['text']}\n")
    job.write("out", b"")


def meet(job: Job) -> None:
    """Wait for another task at a named pipe. Both must run at once to continue."""
    file = os.open(job.params["pipe"], os.O_WRONLY if job.params["writes"] else os.O_RDONLY)
    os.close(file)
    job.write("out", str(job.threads).encode())


def test_independent_tasks_run_at_once_and_share_the_cores(on_disk: Project) -> None:
    pipe = str(on_disk.root / "pipe")
    os.mkfifo(pipe)
    pair = [
        text_task(name, "", run=meet, params={"pipe": pipe, "writes": name == "w"}) for name in ("r", "w")
    ]
    last = text_task("last", "", run=threads, inputs=both("r", "w"))
    result = on_disk.build([*pair, last], executor=on_disk.workers(cores=4))
    assert [on_disk.content(result, name) for name in ("r", "w", "last")] == ["2", "2", "4"]


def both(*names: str) -> tuple[Input, ...]:
    return tuple(Input(name, name, ("out",)) for name in names)


def threads(job: Job) -> None:
    job.write("out", str(job.threads).encode())


_loads: list[str] = []
_limits: list[int] = []


def note_load(libraries: Collection[str]) -> None:
    _loads.extend(libraries)


def note_limit(threads: int) -> None:
    _limits.append(threads)


def tells(job: Job) -> None:
    """Return how this worker was set up: its zygote, what that has loaded, and how many threads it may start."""
    job.write("out", f"{os.getppid()} {','.join(sorted(set(_loads)))} {_limits}".encode())


def test_a_worker_has_the_libraries_of_its_task_and_no_more_threads_than_that(on_disk: Project) -> None:
    setup = Setup(on_disk.store.contents, on_disk.root, load=note_load, limit=note_limit)
    tasks = [
        text_task("a", "a", run=tells, libraries=("one",)),
        text_task("b", "b", run=tells, libraries=("one",)),
        text_task("c", "", run=tells, libraries=("one", "two"), inputs=both("a", "b")),
        text_task("d", "", "c/out", run=tells, libraries=("two",)),
    ]
    result = on_disk.build(tasks, executor=Workers(setup, 2, 4))
    told = [on_disk.content(result, task.name).split(" ") for task in tasks]
    assert [words[1:] for words in told] == [
        ["one", "[2]"],
        ["one", "[2]"],
        ["one,two", "[4]"],
        ["one,two", "[4]"],
    ]
    assert len({words[0] for words in told}) == 1


def test_nothing_to_run_makes_no_process(on_disk: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk.build(chain())
    monkeypatch.delattr(os, "fork")
    monkeypatch.delattr(os, "posix_spawn")
    assert on_disk.build(chain(), executor=on_disk.workers()).reused == ("a", "b", "c")


def test_an_executor_keeps_its_workers_from_build_to_build(on_disk: Project) -> None:
    """Whoever makes an executor closes it, so the processes are started once."""
    store, root = on_disk.store, on_disk.root
    pids = []
    with closing(on_disk.workers(1)) as executor:
        for text in "ab":
            result = build(
                plan([text_task("t", text, run=tells_its_process)]), store, root, executor=executor
            )
            pids.append(on_disk.content(result, "t"))
        assert executor.alive
    assert not executor.alive
    assert pids == [pids[0]] * 2 != [str(os.getpid())] * 2


def tells_its_process(job: Job) -> None:
    job.write("out", str(os.getpid()).encode())


def test_an_interrupt_ends_workers_and_leaves_a_right_store(on_disk: Project) -> None:
    tasks = [*chain(), text_task("busy", "", run=interrupts_the_build, params={"pid": os.getpid()})]
    executor = on_disk.workers()
    with pytest.raises(KeyboardInterrupt):
        on_disk.build(tasks, executor=executor)
    assert not executor.alive
    result = on_disk.build(chain())
    assert on_disk.content(result, "c") == "c b a"


def interrupts_the_build(job: Job) -> None:
    """Interrupt the process of the build, and never end by itself."""
    os.kill(job.params["pid"], signal.SIGINT)
    signal.pause()


def test_a_lost_zygote_fails_what_runs_and_no_more(on_disk: Project) -> None:
    tasks = [text_task("t", "", run=kills_the_zygote), *chain()]
    result = on_disk.build(tasks, executor=on_disk.workers(1), keep_going=True)
    assert {name: failure.message for name, failure in result.failures.items()} == {
        "t": "the process that starts the workers died"
    }
    assert result.ran == ("a", "b", "c")


def kills_the_zygote(job: Job) -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()


@pytest.mark.parametrize("threads", [0, 1])
def test_workers_are_made_of_a_process_with_or_without_threads(tmp_path: Path, threads: int) -> None:
    """Only a process without threads is forked. Otherwise the zygote is a new interpreter."""
    program = f"""
import os, sys, threading
from pathlib import Path
from mlbuild.engine.store.store import DiskStore
from tests.engine.tasks import Project, chain

root, end = Path(sys.argv[1]), threading.Event()
others = [threading.Thread(target=end.wait) for _ in range({threads})]
for thread in others:
    thread.start()
forks = []
os.register_at_fork(after_in_parent=lambda: forks.append(1))
project = Project(root, DiskStore.at(root))
result = project.build(chain(), executor=project.workers())
end.set()
print(project.content(result, "c"), len(forks))
"""
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == (f"c b a {1 - threads}\n", "")


def test_the_lock_of_a_build_is_not_its_workers(tmp_path: Path) -> None:
    """Otherwise a build that was killed would keep others waiting while one of its workers lives."""
    program = """
import sys
from pathlib import Path
from mlbuild.engine.store.lock import locked
from mlbuild.engine.store.store import DiskStore
from tests.engine.tasks import Project, open_files, text_task

root = Path(sys.argv[1])
project = Project(root, DiskStore.at(root))
with locked(root / "held", print):
    for executor in (None, project.workers()):
        result = project.build([text_task("t", str(executor), run=open_files)], executor=executor)
        print(str(root / "held") in project.content(result, "t").splitlines())
"""
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("True\nFalse\n", "")
