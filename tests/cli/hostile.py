"""Projects with a hostile text in each place where a name or a value can come from, and what they may print of it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.cli.running import Command, Ran

#: It renames a window, clears a screen, starts a new line, gives commands to CI runners, and reverses the text
#: direction.
HOSTILE = "\x1b]0;PWNED\x07\x1b[31m\x1b[2J\r\n::error::INJECT\n  ::add-mask::x\u202e\u009b2J ##vso[task.x] ##[add-mask]x"
#: The maximum length of a YAML key.
LONG = "L" * 1_000
#: The part of it that fits into a file name.
NAME = 230

SPEC = """\
mlbuild: 1
project: small
sources: {{rows: {{path: {path}, contract: row}}}}
contracts:
  row:
    unique: [id, {column}]
    columns: {{id: int, x: float, y: {{dtype: string, categories: {classes}}}, {column}: {{dtype: string, categories: {words}}}}}
datasets: {{all: {{from: rows, steps: {steps}, split: {{type: random}}}}}}
models:
  one:
    type: sklearn.logistic_regression
    dataset: all
    features: [x, {column}]
    target: y
    preprocessing: [{{op: one_hot, columns: {column}}}]
outputs: {{one: {{model: one}}}}
"""


def quoted(text: str) -> str:
    return json.dumps(text)


def spec(
    column: str = "w",
    path: str = "rows.csv",
    words: Iterable[str] = "ab",
    classes: Iterable[str] = "no",
    steps: str = "[]",
) -> str:
    return SPEC.format(
        column=quoted(column),
        path=quoted(path),
        words=json.dumps([*words]),
        classes=json.dumps([*classes]),
        steps=steps,
    )


def table(column: str = "w", words: Sequence[str] = "ab", classes: str = "no", first: str = "0.5") -> str:
    """Return a CSV file; `first` is the first value of x."""
    rows = [f"{i},{i / 7},{classes[i % len(classes)]},{words[i % len(words)]}" for i in range(1, 40)]
    cells = [f'"{text.replace(chr(34), chr(34) * 2)}"' for text in (column, first)]
    return "\n".join([f"id,x,y,{cells[0]}", f"0,{cells[1]},n,a", *rows]) + "\n"


class Place:
    """A place for the text. `make` writes the project, and `change` is applied after its first build."""

    def __init__(
        self,
        make: Callable[[Path, str], object],
        change: Callable[[Path, str], object] | None = None,
        words: Iterable[str] = (),
        variables: Iterable[str] = (),
    ) -> None:
        self.make, self.change, self.words, self.variables = make, change, [*words], [*variables]


def write(folder: Path, text: str, rows: str = table()) -> None:
    (folder / "mlbuild.yaml").write_text(text, encoding="utf-8")
    (folder / "rows.csv").write_text(rows, encoding="utf-8", newline="")


def named_file(folder: Path, text: str) -> None:
    name = f"{text[:NAME]}.csv"
    write(folder, spec(path=name))
    (folder / "rows.csv").rename(folder / name)


def named_spec(folder: Path, text: str, more: str = "") -> None:
    write(folder, spec() + more)
    (folder / "mlbuild.yaml").rename(folder / f"{text[:NAME]}.mlbuild.yaml")


def locked(folder: Path, text: str) -> None:
    write(folder, spec())
    (folder / "mlbuild.lock").write_text(f'[source.{quoted(text)}]\nsha256 = "0"\n')


PLACES = {
    "a column": Place(
        lambda folder, text: write(folder, spec(column=text), table(column=text)),
        lambda folder, text: write(folder, spec(), table()),
    ),
    "a column that the file lacks": Place(
        lambda folder, text: write(folder, spec(column=text), table(column=f"{text}s"))
    ),
    "a header that is meant": Place(
        lambda folder, text: write(folder, spec(column=f"{text}s"), table(column=text))
    ),
    "a cell that does not parse": Place(lambda folder, text: write(folder, spec(), table(first=text))),
    "a cell that is no category": Place(
        lambda folder, text: write(
            folder, spec(), table().replace('0,"0.5",n,a', f'0,1,n,"{text}"\n0,1,n,"{text}"')
        )
    ),
    "a category": Place(
        lambda folder, text: write(folder, spec(words=["a", "b", text])),
        lambda folder, text: write(folder, spec(words=["a", "b", f"{text}s"])),
    ),
    "a class that no row has": Place(lambda folder, text: write(folder, spec(classes=["n", "o", text]))),
    "a file of data": Place(
        named_file, lambda folder, text: (folder / f"{text[:NAME]}.csv").write_text(table(first="7"))
    ),
    "a file that is not there": Place(lambda folder, text: write(folder, spec(path=f"{text}.csv"))),
    "a spec": Place(named_spec),
    "a spec with mistakes": Place(lambda folder, text: named_spec(folder, text, "modles: {}\n")),
    "an include": Place(lambda folder, text: write(folder, f"{spec()}include: [{quoted(text)}]\n")),
    "keys": Place(
        lambda folder, text: write(
            folder,
            f"{spec()}{quoted(text)}: 1\nx-{quoted(text)[1:-1]}: 1\nwarnings: {{{quoted(text)}: off, {quoted(text)}: x}}\n"
            f"preprocessing: {{p: [{{op: {quoted(text)}}}, {{op: impute, columns: x, strategy: {quoted(text)}}}]}}\n",
        )
    ),
    "texts that mean nothing": Place(
        lambda folder, text: write(
            folder,
            spec().replace(
                "project: small", f"project: small\ndescription: {quoted(text)}\nx-own: {quoted(text)}"
            ),
        )
    ),
    "a name": Place(
        lambda folder, text: write(folder, spec().replace("outputs: {one:", f"outputs: {{{quoted(text)}:"))
    ),
    "an expression": Place(
        lambda folder, text: write(
            folder,
            spec(
                steps=f"[{{op: filter, where: {quoted(chr(34) + text.replace(chr(34), '') + chr(34) + ' = 1')}}}]"
            ),
        )
    ),
    "a step": Place(
        lambda folder, text: write(folder, spec()),
        lambda folder, text: write(
            folder,
            spec(
                steps=f"[{{op: derive, columns: {{{quoted(text)}: x * 2}}}}, {{op: filter, where: x IS NOT NULL}}]"
            ),
        ),
    ),
    "bytes that are no YAML": Place(lambda folder, text: write(folder, f"{spec()}x-own: {text}\n")),
    "a profile": Place(lambda folder, text: write(folder, spec()), words=["--profile", "TEXT"]),
    "a profile of the environment": Place(
        lambda folder, text: write(folder, spec()), variables=["MLBUILD_PROFILE"]
    ),
    "a setting": Place(
        lambda folder, text: write(folder, spec()), words=["--set", "models.one.params.TEXT=TEXT"]
    ),
    "a value of a variable": Place(
        lambda folder, text: write(folder, spec(path="${DATA}/rows.csv")), variables=["DATA"]
    ),
    "a lock": Place(locked),
}

#: How each command is run; if it has output formats, in each of them.
COMMANDS = {
    "init": ["init rows.csv --target y -f new.yaml", "init rows.csv -f new.yaml --json"],
    "check": ["check", "check --json", "check --format github", "check --format sarif", "check ."],
    "adopt": ["adopt one --dry-run", "adopt one -n --json"],
    "plan": ["plan", "plan --json", "plan --format github", "plan --format sarif", "plan --locked"],
    "build": ["build", "build --json", "build --format github", "build --format sarif", "build --no-samples"],
    "test": ["test", "test --json", "test --junit tests.xml"],
    "status": ["status", "status --json"],
    "why": ["why contract:rows train:one dataset:all", "why contract:rows fit:one --json"],
    "graph": ["graph", "graph --dot", "graph --json"],
    "query": ["query deps(train:one)", "query TEXT", "query TEXT --json"],
    "render": ["render", "render --json"],
    "contract": [
        "contract infer rows",
        "contract infer rows.csv --json",
        "contract infer TEXT",
        "contract diff TEXT",
    ],
    "rows": ["rows rows --json", "rows TEXT", "rows all:train -o out.parquet"],
    "describe": [
        "describe rows",
        "describe all:training rows.csv --json",
        "describe rows rows.csv",
        "describe TEXT",
    ],
    "explain": ["explain unknown-key", "explain TEXT"],
    "schema": ["schema --project"],
    "metrics": ["metrics", "metrics --json", "metrics TEXT", "metrics one@TEXT"],
    "importance": [
        "importance one",
        "importance TEXT",
        "importance one --row 1 --split train",
        "importance one --row 1 --split train --json",
    ],
    "report": ["report one", "report TEXT", "report one -o TEXT", "report one -o report.html --json"],
    "diff": ["diff last last --data --md", "diff", "diff TEXT", "diff TEXT..last --json"],
    "bisect": ["bisect --metric TEXT TEXT..HEAD", "bisect --metric log_loss TEXT --json"],
    "export": ["export openlineage", "export openlineage -o TEXT", "export mlflow --uri TEXT"],
    "runs": ["runs", "runs --json", "runs --where TEXT", "runs --model TEXT", "runs --from TEXT"],
    "promote": [
        "promote one prod --why TEXT",
        "promote one prod --json",
        "promote TEXT prod",
        "promote one TEXT",
    ],
    "release": ["release one --to prod", "release one --to TEXT --json", "release TEXT --to prod"],
    "rollback": ["rollback prod", "rollback TEXT --json"],
    "channels": ["channels", "channels prod", "channels --json", "channels TEXT"],
    "gc": ["gc", "gc --json"],
    "store": ["store verify", "store verify --json"],
    "predict": [
        "predict dist/one/model.onnx rows.csv --json",
        "predict TEXT TEXT",
        "predict rows.csv rows.csv",
    ],
    "apply": [
        "apply one rows.csv",
        "apply one rows.csv --row 1 --json",
        "apply TEXT rows.csv",
        "apply one TEXT",
    ],
    "package": [
        "package one --as python -o TEXT",
        "package one --as TEXT",
        "package TEXT --as npm",
        "package one --as kserve --uri TEXT --json",
    ],
    "serve": [
        "serve --port 0 --tls-cert rows.csv --tls-key rows.csv",
        "serve TEXT=one --port 0 --tls-cert rows.csv --tls-key rows.csv",
        "serve TEXT",
        "serve --host TEXT",
        "serve --token-file TEXT",
    ],
    "monitor": [
        "monitor one --log rows.csv",
        "monitor one --log rows.csv --json",
        "monitor one --log TEXT",
        "monitor one --log . --window TEXT",
        "monitor one --log . --psi TEXT",
        "monitor TEXT --log rows.csv",
        "monitor one --log . --html TEXT",
    ],
    "log": [
        "log compact rows.csv -o rows.parquet",
        "log compact TEXT -o rows.parquet --json",
        "log compact . -o TEXT",
        "log TEXT . -o rows.parquet",
    ],
}

_COMMAND = re.compile(r"##[\w.-]*\[")
_OURS = re.compile(r"::(error|warning) (file=|title=)")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
#: A line of a spec or of the command line that an error is about, which is shortened separately.
_EXCERPT = re.compile(r" +\d+ \| .{1,101}$")
#: The place of an error, which editors open.
_PLACE = re.compile(r"L+\.mlbuild\.yaml")
#: The keys of a JSON document with human-readable text. Everything else is for programs, and not shortened.
_FOR_PEOPLE = ("message", "help", "lines", "text", "samples", "values")


def run(mlbuild: Command, words: str, text: str, more: Iterable[str] = ()) -> Ran:
    """Run a command in which TEXT is replaced by the text."""
    (mlbuild.folder / "new.yaml").unlink(missing_ok=True)
    return mlbuild(*(word.replace("TEXT", text) for word in (*words.split(), *more)))


def harm(ran: Ran, words: str) -> list[str]:
    """Return what a terminal, a person or a CI system could interpret as something other than text."""
    found = [f"exit {ran.code}"] if ran.code in (1, 70) or "Traceback" in ran.err else []
    for stream in (ran.out, ran.err):
        unseen = {char for char in stream if char != "\n" and unicodedata.category(char) in _UNSEEN}
        found += [f"character {char!r}" for char in sorted(unseen)]
        for line in stream.split("\n"):
            ours = "github" in words and stream is ran.out and _OURS.match(line)
            if _COMMAND.search(line) or (line.lstrip().startswith("::") and not ours):
                found.append(f"command {line[:100]!r}")
    return found + [f"long text {text[:100]!r}" for text in texts(ran, words) if "L" * 81 in text]


def texts(ran: Ran, words: str) -> Iterator[str]:
    """Yield what people read. A complete file, as printed by `render`, or a part of one is for programs."""
    yield from (_PLACE.sub("spec", line) for line in ran.err.split("\n") if not _EXCERPT.match(line))
    if words.startswith(("schema", "render", "contract infer", "export openlineage")):
        return
    if "json" in words or "sarif" in words:
        yield from for_people(json.loads(ran.out))
    else:
        yield from (_PLACE.sub("spec", line) for line in ran.out.split("\n"))


def for_people(value: Any, told: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from for_people(item, told or key in _FOR_PEOPLE)
    elif isinstance(value, list):
        for item in value:
            yield from for_people(item, told)
    elif isinstance(value, str) and told:
        yield value
