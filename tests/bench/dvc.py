"""The stages for dvc, in the state after a run. Running a thousand of them would take dvc more than an hour."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.bench.stages import Stages, checksums


def write(folder: Path, stages: Stages) -> None:
    """Write a dvc repository without git."""
    told = {f"s{number}": _stage(reads, target) for number, (reads, target) in enumerate(checksums(stages))}
    (folder / "dvc.yaml").write_text(json.dumps({"stages": told}))
    (folder / ".dvc").mkdir()
    site = folder / ".dvc/site"
    (folder / ".dvc/config").write_text(
        f"[core]\n    no_scm = True\n    analytics = false\n    site_cache_dir = {site}\n"
    )


def _stage(reads: list[str], target: str) -> dict[str, Any]:
    return {"cmd": f"cksum {' '.join(reads)} > {target}", "deps": reads, "outs": [target]}


def seed(folder: Path, size: int) -> None:
    """Run the stages, and write the lock file and the cache as dvc would."""
    locked = {}
    for number, (reads, target) in enumerate(checksums(Stages(size))):
        stage = _stage(reads, target)
        subprocess.run(stage["cmd"], shell=True, cwd=folder, check=True)
        found = {path: _hashed(folder / path) for path in (*reads, target)}
        cached = folder / ".dvc/cache/files/md5" / found[target]["md5"][:2] / found[target]["md5"][2:]
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_bytes((folder / target).read_bytes())
        cached.chmod(0o444)
        deps, outs = ([{"path": path, **found[path]} for path in paths] for paths in (reads, [target]))
        locked[f"s{number}"] = {"cmd": stage["cmd"], "deps": deps, "outs": outs}
    (folder / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": locked}))


def _hashed(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    return {"hash": "md5", "md5": hashlib.md5(content).hexdigest(), "size": len(content)}
