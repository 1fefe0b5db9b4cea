"""Profiles: what `check` finds in one that is not chosen is what it finds when it is chosen."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

from mlbuild.spec.check import check
from mlbuild.spec.layers.variants import ELSEWHERE
from mlbuild.spec.root import OVERLAID
from tests.budget import examples, seed, tell
from tests.spec.generated import generated
from tests.spec.test_overlay_schema import damaged, part_of
from tests.spec.written import loaded


def renamed(overlay: dict[str, Any], chance: random.Random) -> None:
    """Replace one text of a spec, which may be a name, by another."""
    texts = [
        (inside, key) for inside in _maps(overlay) for key, one in inside.items() if isinstance(one, str)
    ]
    if texts:
        (inside, key), (other, name) = chance.choice(texts), chance.choice(texts)
        inside[key] = other[name] if chance.random() < 0.7 else f"{other[name]}_"


def _maps(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for item in value for found in _maps(item)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for item in value.values() for found in _maps(item))]


def errors(folder: Path, spec: Any, *profiles: str) -> set[tuple[str, str]]:
    """Return the code and message of each error."""
    (folder / "mlbuild.yaml").write_text(json.dumps(spec))
    _, found = check(folder / "mlbuild.yaml", profiles)
    return {(one.code, one.message) for one in found if one.severity == "error"}


def test_a_profile_has_the_same_errors_chosen_or_not(tmp_path: Path) -> None:
    chance = random.Random(seed())
    good = bad = 0
    for _ in range(examples(60, 3000)):
        project = generated(chance)
        project.write(tmp_path)
        spec = loaded(project.files["mlbuild.yaml"]).value
        spec = {key: part for key, part in spec.items() if key not in ("include", "profiles")}
        overlay = part_of({key: spec[key] for key in OVERLAID if key in spec}, chance)
        for _ in range(chance.choice([0, 1, 1, 2])):
            chance.choice([damaged, renamed, renamed])(overlay, chance)
        whole = copy.deepcopy(spec) | {"profiles": {"o": overlay}}
        chosen, not_chosen = errors(tmp_path, whole, "o"), errors(tmp_path, whole)
        alone = errors(tmp_path, spec)
        elsewhere = {one for one in chosen if one[0] in ELSEWHERE}
        assert not_chosen - alone == chosen - alone - elsewhere, json.dumps(whole)
        good, bad = good + (not_chosen == alone), bad + (not_chosen != alone)
    assert good and bad
    tell(f"{good + bad:,} profiles, {bad:,} of them with mistakes")
