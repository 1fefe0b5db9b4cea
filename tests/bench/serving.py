"""Measures the CPU time that a request costs a server, compared with its parts and with a server that only echoes.

    python -m tests.bench.serving --rounds 5

A request has one row of 20 columns for a model of 200 trees. *Echo* is uvicorn with an application that returns the body. *In process* is the same
work as in the server, from bytes to bytes, without HTTP. Servers take turns in each round; all values are medians of the rounds. The table goes to docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.serving.limits import Limits
from mlbuild.serving.messages import Response
from mlbuild.serving.model import Model
from mlbuild.serving.routes.predict import Records
from mlbuild.serving.routes.protocol import Tensors
from mlbuild.serving.rules import violations
from mlbuild.serving.service import Answered, Form
from tests.bench.page import table, write_section
from tests.projects import built, one_model

ROWS = 4_000
#: Bodies that differ, so that nothing is answered from a cache of the processor alone.
BODIES = 64
_TICK = os.sysconf("SC_CLK_TCK")
_UNBATCHED = (
    "import mlbuild.serving.batches as batches; batches._MOST = 1; from mlbuild.__main__ import main; main()"
)
_SERVE = "from mlbuild.__main__ import main; main()"
_ECHO = """
import socket, sys, uvicorn
async def app(scope, receive, send):
    parts = []
    while True:
        part = await receive()
        parts.append(part["body"])
        if not part.get("more_body"):
            break
    body = b"".join(parts)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
made = socket.create_server(("127.0.0.1", 0))
print(f"listening on http://127.0.0.1:{made.getsockname()[1]}", flush=True)
config = uvicorn.Config(app, http="httptools", loop="uvloop", ws="none", lifespan="off", log_config=None, access_log=False)
uvicorn.Server(config).run(sockets=[made])
"""


@frozen(eq=False)
class Running:
    """A server process with its port."""

    process: subprocess.Popen[str]
    port: int
    started: float

    def cpu(self) -> float:
        """Return the CPU seconds that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def megabytes(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6


@contextmanager
def running(script: str, folder: Path, *words: str) -> Iterator[Running]:
    command = [sys.executable, "-c", script, *words]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        server = Running(process, port, 0.0)
        yield Running(process, port, server.cpu())
        process.terminate()


def rows(count: int) -> list[dict[str, Any]]:
    """Return random rows of ten floats, five integers and five strings."""
    chance = random.Random(3)
    made = []
    for _ in range(count):
        row: dict[str, Any] = {f"x{i}": round(chance.gauss(0, 1), 4) for i in range(10)}
        row |= {f"n{i}": chance.randrange(100) for i in range(5)}
        made.append(row | {f"s{i}": chance.choice("red green blue grey black".split()) for i in range(5)})
    return made


def model(folder: Path) -> Path:
    """Build the model in a folder."""
    found = rows(ROWS)
    columns = ", ".join(
        f"{name}: {{dtype: {'float' if name[0] == 'x' else 'int' if name[0] == 'n' else 'string'}{', min: 0, max: 99' if name[0] == 'n' else ''}}}"
        for name in found[0]
    )
    chance = random.Random(4)
    targets = [row["x0"] + row["n1"] * 0.02 + (row["s2"] == "red") + chance.gauss(0, 0.3) for row in found]
    lines = [
        ",".join([*map(str, row.values()), f"{target:.4f}"])
        for row, target in zip(found, targets, strict=True)
    ]
    text = "\n".join([",".join([*found[0], "y"]), *lines]) + "\n"
    learner = (
        "type: lightgbm.regressor, params: {num_iterations: 200, num_leaves: 31}, features: "
        f"[{', '.join(found[0])}], preprocessing: [{{op: category, columns: [s0, s1, s2, s3, s4]}}], target: y"
    )
    built(one_model(folder, f"{columns}, y: float", text, learner))
    return folder / "dist/one"


def tensors(row: dict[str, Any]) -> bytes:
    """Return a row as a request of the Open Inference Protocol."""
    inputs = [
        {
            "name": name,
            "shape": [1, 1],
            "datatype": "BYTES" if isinstance(value, str) else "FP64",
            "data": [value],
        }
        for name, value in row.items()
    ]
    return json.dumps({"inputs": inputs}).encode()


def in_process(model: Model, forms: Sequence[Form], count: int) -> float:
    """Return the CPU microseconds of a request without HTTP."""
    limits = Limits()
    start = time.process_time()
    for number in range(count):
        form = forms[number % len(forms)]
        found = form.read(model, limits)
        violated = violations(model.checks, found.columns)
        answered = Answered("1", found, violated, model.answers(found.columns, found.count), 0.0)
        response: Response = form.write(model, answered)
        assert response.status == 200
    return (time.process_time() - start) / count * 1e6


async def ask(port: int, path: str, bodies: Sequence[bytes], clients: int, count: int) -> None:
    """Send requests over several connections, each after the answer to the one before."""

    async def client(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in range(first, count, clients):
            body = bodies[number % len(bodies)]
            head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            headers = await reader.readuntil(b"\r\n\r\n")
            assert headers.startswith(b"HTTP/1.1 200"), headers
            length = headers.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()

    await asyncio.gather(*map(client, range(clients)))


def cost(server: Running, path: str, bodies: Sequence[bytes], clients: int, count: int) -> float:
    """Return the CPU microseconds of the server for a request."""
    start = server.cpu()
    asyncio.run(ask(server.port, path, bodies, clients, count))
    return (server.cpu() - start) / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.serving", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        loaded = Model("one", model(folder))
        some = rows(BODIES)
        records, inferences = [json.dumps(row).encode() for row in some], [*map(tensors, some)]
        predict, infer = "/predict/one", "/v2/models/one/infer"
        forms: dict[str, list[Form]] = {
            predict: [Records(body, b"", "1") for body in records],
            infer: [Tensors(body, None, "1") for body in inferences],
        }
        bodies = {predict: records, infer: inferences}
        words = ("serve", "--port", "0", "-q")
        starts = []
        for _ in range(args.rounds):
            with running(_SERVE, folder, *words) as one:
                starts.append((one.started, one.megabytes()))
        ours = stack.enter_context(running(_SERVE, folder, *words))
        unbatched = stack.enter_context(running(_UNBATCHED, folder, *words))
        echo = stack.enter_context(running(_ECHO, folder))
        measured: dict[str, list[float]] = {}
        for _ in range(args.rounds):
            for path in (predict, infer):
                here = {
                    f"{path} in process": in_process(loaded, forms[path], args.requests),
                    f"{path} echo": cost(echo, path, bodies[path], 1, args.requests),
                    f"{path} 1": cost(ours, path, bodies[path], 1, args.requests),
                    f"{path} 16": cost(ours, path, bodies[path], 16, args.requests),
                    f"{path} 16 unbatched": cost(unbatched, path, bodies[path], 16, args.requests),
                }
                here[f"{path} ratio"] = here[f"{path} 1"] / (
                    here[f"{path} in process"] + here[f"{path} echo"]
                )
                here[f"{path} batching"] = here[f"{path} 16"] / here[f"{path} 16 unbatched"]
                for name, value in here.items():
                    measured.setdefault(name, []).append(value)
        middle = {name: median(values) for name, values in measured.items()}
        head = ["CPU µs of one request", "records", "Open Inference Protocol"]
        names = {
            "echo": "uvicorn that returns the body",
            "in process": "from bytes to bytes, without HTTP",
            "1": "`mlbuild serve`, 1 client",
            "16": "`mlbuild serve`, 16 clients",
            "16 unbatched": "the same, each row in its own batch",
        }
        lines = [
            [text, *(f"{middle[f'{path} {name}']:.0f}" for path in (predict, infer))]
            for name, text in names.items()
        ]
        ratios = {
            "ratio": "1 client, over the sum of the first two",
            "batching": "16 clients, with batches over without",
        }
        lines += [
            [text, *(f"{middle[f'{path} {name}']:.2f}" for path in (predict, infer))]
            for name, text in ratios.items()
        ]
        seconds, size = (median(values) for values in zip(*starts, strict=True))
        intro = (
            f"`python -m tests.bench.serving --rounds {args.rounds}`: CPU time of the server process for a request with one row of 20 columns, for a model of 200\n"
            "trees; medians of rounds in which the servers take turns. The clients ran on the same two cores, which were busy with other work, so a server that waits for its\n"
            "only client after each row runs with cold caches."
        )
        told = f"A server starts with {seconds:.2f} CPU seconds, and takes {size:.0f} MB of memory."
        text = f"{intro}\n\n{table(head, lines)}\n\n{told}"
        print(text)
        write_section("serving", "Serving", text)


if __name__ == "__main__":
    main()
