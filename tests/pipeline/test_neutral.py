"""Edits that do not change the meaning change no key: order, style, comments, aliases, short forms, defaults,
files, profiles.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from mlbuild import api
from mlbuild.engine.code.versions import Code
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.key import ingredients
from mlbuild.spec.canonical import canonical_spec
from mlbuild.spec.root import COMPOSING
from mlbuild.spec.spec import Spec
from mlbuild.spec.text.yaml_text import yaml_text
from tests.budget import examples, seed, tell
from tests.engine.memory import memory_store
from tests.spec.generated import generated
from tests.spec.styled import styled


def shuffled(value: Any, chance: random.Random) -> Any:
    """Return the value with the keys of all maps in another order, which has no meaning."""
    if isinstance(value, dict):
        keys = chance.sample([*value], len(value))
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


def keys(spec: Spec) -> dict[str, str]:
    """Return the key of each task, as far as the spec determines it."""
    files = Digests(memory_store(spec.root).local, spec.root)
    plan = api.plan(spec)
    code = Code(memory_store(spec.root).local, plan.policy)
    return {name: ingredients(task, {}, files, code).key for name, task in plan.tasks.items()}


def test_what_means_the_same_has_the_same_keys(tmp_path: Path) -> None:
    chance = random.Random(seed())
    count = examples(25, 1000)
    for number in range(count):
        project = generated(chance)
        folder = tmp_path / str(number)
        spec = api.load(project.write(folder), project.profiles, project.settings)
        whole = {key: part for key, part in spec.document.value.items() if key not in COMPOSING}
        (folder / "shuffled.yaml").write_text(styled(shuffled(whole, chance), chance), encoding="utf-8")
        (folder / "rendered.yaml").write_text(yaml_text(canonical_spec(whole)), encoding="utf-8")
        wanted = keys(spec)
        Path(spec.file).unlink()  # two specs in a folder must not have outputs with the same name
        for name in ("shuffled.yaml", "rendered.yaml"):
            assert keys(api.load(folder / name)) == wanted, (number, name)
    tell(f"{count} generated specs with the same keys in another order and style, and rendered")
