"""Runs the randomized tests with large counts: `python -m tests.soak [NAME ...] --seed S`.

Each run becomes a row in docs/evidence.md: command, seed, commit, wall time, result.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = ROOT / "docs" / "evidence.md"

#: The soaks by name: the tests whose counts increase.
SOAKS = {
    "parity-gate": ["tests/bundle/test_mutations.py"],
    "artifact-bytes": ["tests/pipeline/test_bytes.py"],
    "runtimes": ["tests/runtimes"],
    "bounds": ["tests/environments"],
    "hostile-models": ["tests/cli/test_hostile_models.py"],
    "bare-runtime": ["tests/pipeline/test_bare_runtime.py"],
    "csv": ["tests/data/test_csv.py"],
    "clouds": ["tests/clouds"],
    "databases": [
        "tests/pipeline/test_databases.py",
        "tests/pipeline/test_outside.py",
        "tests/data/test_databases.py",
    ],
    "formats": ["tests/data/test_format_law.py"],
    "column-flow": [
        "tests/pipeline/test_flow.py",
        "tests/data/test_step_law.py",
        "tests/data/test_split_law.py",
    ],
    "steps-oracle": ["tests/data/test_steps_oracle.py"],
    "contracts": ["tests/data/test_planted.py", "tests/data/test_rule_law.py"],
    "ops": ["tests/ops/test_law.py"],
    "expressions": ["tests/expressions"],
    "learners": ["tests/models"],
    "bootstraps": ["tests/evaluation/test_oracle.py"],
    "intervals": [
        "tests/evaluation/test_coverage.py",
        "tests/evaluation/test_differences.py",
        "tests/evaluation/test_slices.py",
    ],
    "gates": ["tests/verdicts/test_chance.py"],
    "equal-models": ["tests/verdicts/test_chance.py::test_equal_models_fail_as_often_as_the_level_says"],
    "teeth": ["tests/cli/test_teeth.py"],
    "teeth-penguins": ["tests/cli/test_teeth.py::test_what_goes_wrong_is_stopped_and_nothing_else[penguins]"],
    "comparing": ["tests/cli/tracking/test_diff.py", "tests/cli/tracking/test_bisect.py"],
    "deployed": ["tests/runtimes/test_verdicts.py"],
    "monotone": ["tests/verdicts/test_exact_trends.py"],
    "build-law": ["tests/engine"],
    "code-versions": ["tests/pipeline/test_code_mutations.py", "tests/pipeline/test_code.py"],
    "kill": ["tests/cli/test_kill.py"],
    "interrupt": ["tests/cli/test_interrupt.py"],
    "memory": ["tests/cli/test_limits.py"],
    "surroundings": ["tests/cli/test_missing_surroundings.py"],
    "concurrent": ["tests/cli/test_concurrent.py"],
    "damage": ["tests/cli/test_damage.py", "tests/engine/test_garbage.py"],
    "schema": ["tests/editor/test_validators.py", "tests/spec/test_project_schema.py"],
    "drafts": ["tests/drafts", "tests/spec/test_quoting.py"],
    "loader": ["tests/spec/test_loader.py", "tests/spec/test_structure.py"],
    "fuzz": ["tests/spec/test_fuzz.py"],
    "excerpts": ["tests/cli/test_excerpt.py"],
    "render": [
        "tests/spec/test_render.py",
        "tests/pipeline/test_neutral.py",
        "tests/spec/test_overlay_schema.py",
    ],
    "profiles": ["tests/spec/test_variants.py"],
    "drift": ["tests/profiles"],
    "reports": ["tests/reports"],
    "serving": ["tests/serving"],
    "swaps": ["tests/serving/test_following.py"],
    "searches": ["tests/cli/test_searches.py"],
    "specs": ["tests/cli/test_specs.py"],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(SOAKS)} (all)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in SOAKS]
    if unknown:
        parser.error(f"no soak is named {', '.join(unknown)}")
    return max(soak(name, args.seed) for name in args.names or SOAKS)


def soak(name: str, seed: int) -> int:
    """Run one soak; return pytest's exit code."""
    print(f"== {name} (seed {seed})", flush=True)
    environment = os.environ | {"MLBUILD_SOAK": "1", "MLBUILD_SEED": str(seed)}
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rfEP", "--tb=short", *SOAKS[name]]
    with TemporaryDirectory(prefix="soak-") as folder:  # pytest's own are removed by other runs of pytest
        command.append(f"--basetemp={folder}/tests")
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - started
    print(done.stdout[-4000:] + done.stderr[-2000:])
    # Without a summary, pytest itself was ended.
    summaries = [
        line for line in done.stdout.splitlines() if re.search(r"\b(passed|failed|errors?) in ", line)
    ]
    lines = summaries or [f"no result: exit code {done.returncode}"]
    facts = re.findall(r"^soak: (.*)$", done.stdout, re.MULTILINE)
    record(f"python -m tests.soak {name} --seed {seed}", seed, seconds, "; ".join([*facts, lines[-1]]))
    return done.returncode


def record(command: str, seed: int, seconds: float, result: str) -> None:
    """Add a row to the evidence table."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    day = datetime.now(UTC).date().isoformat()
    told = re.sub(r"=+ ?| in [\d.]+s.*", "", result).replace("|", "/").strip()
    with EVIDENCE.open("a", encoding="utf-8") as file:
        file.write(f"| {day} | `{command}` | {seed} | {commit} | {seconds:.0f} s | {told} |\n")


if __name__ == "__main__":
    sys.exit(main())
