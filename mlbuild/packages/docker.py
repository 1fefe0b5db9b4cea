"""A folder from which Docker builds an image of `mlbuild serve` with one model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from mlbuild.packages.package import Package, Unpackable, text
from mlbuild.packages.shipped import Shipped

#: What the server needs; the others follow from these.
_LIBRARIES = ("onnxruntime", "numpy", "uvicorn", "httptools", "uvloop", "msgspec")
_SOURCE = Path(__file__).parents[1]


class Docker(Package):
    """The image has mlbuild's own code, because it is on no package index, and pinned versions of what the server needs."""

    type = "docker"
    doc = "a folder for 'docker build': the server, pinned libraries and the model"

    @staticmethod
    def files(shipped: Shipped, uri: str | None) -> Iterator[tuple[str, bytes]]:
        yield "Dockerfile", text(_dockerfile(shipped))
        yield ".dockerignore", text("README.md")
        yield "README.md", text(_readme(shipped))
        yield "requirements.txt", text("\n".join(f"{name}=={number}" for name, number in _pinned().items()))
        for name, content in shipped.files.items():
            yield f"model/{shipped.identifier}/{name}", content
        for file in sorted(_SOURCE.rglob("*")):
            if not file.is_file() or "__pycache__" in file.parts:
                continue
            yield f"app/mlbuild/{file.relative_to(_SOURCE).as_posix()}", file.read_bytes()


def _dockerfile(shipped: Shipped) -> str:
    python = ".".join(map(str, sys.version_info[:2]))
    return f"""\
# mlbuild serve with the model {shipped.model.digest}
FROM python:{python}-slim
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir --no-deps -r requirements.txt
COPY app app
COPY model model
ENV PYTHONPATH=/srv/app PYTHONUNBUFFERED=1 ORT_DISABLE_TELEMETRY=1
RUN python -m compileall -q app && useradd --system server
USER server
EXPOSE 8080
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/v2/health/ready', timeout=2)"]
ENTRYPOINT ["python", "-m", "mlbuild", "serve", "model/{shipped.identifier}", "--host", "0.0.0.0", "--port", "8080"]
CMD ["--insecure"]"""


def _readme(shipped: Shipped) -> str:
    name = shipped.dashed
    return f"""\
# {shipped.name}

```sh
docker build -t {name}:{shipped.model.version} .
docker run --rm -p 127.0.0.1:8080:8080 {name}:{shipped.model.version}
```

The form is at http://127.0.0.1:8080/. So that other machines can send requests, require a token instead of `--insecure`:

```sh
docker run --rm -p 8080:8080 -v "$PWD/token:/run/secrets/token:ro" {name}:{shipped.model.version} --token-file /run/secrets/token
```"""


def _pinned() -> dict[str, str]:
    """Return the installed versions of what the server needs, and of what that needs in turn.

    Raises:
        Unpackable: A library is not installed.
    """
    from packaging.requirements import Requirement  # onnxruntime needs it

    found: dict[str, str] = {}
    waiting = [*_LIBRARIES]
    while waiting:
        name = waiting.pop(0).casefold().replace("_", "-")
        if name in found:
            continue
        try:
            found[name] = version(name)
            needed = map(Requirement, requires(name) or ())
        except PackageNotFoundError:
            raise Unpackable(f"{name} is not installed", "in a checkout: pip install '.[serve]'") from None
        waiting += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return dict(sorted(found.items()))
