from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlbuild.catalogue import Catalogue
from mlbuild.data import DATASET_STEPS, FOLDS, SOURCES, SPLITS
from mlbuild.data.databases import DATABASES
from mlbuild.data.servers import SERVERS
from mlbuild.models import ANSWERS, LEARNERS
from mlbuild.models.searches import SEARCHES
from mlbuild.models.searches.dimensions import DIMENSIONS
from mlbuild.ops import OPS
from mlbuild.params import Described
from mlbuild.verdicts.baselines import BASELINES
from mlbuild.verdicts.gates import GATES
from mlbuild.verdicts.tests import TESTS

CATALOGUES: list[Catalogue[type[Described]]] = [
    OPS,
    LEARNERS,
    SOURCES,
    DATASET_STEPS,
    SPLITS,
    FOLDS,
    SEARCHES,
    DIMENSIONS,
    TESTS,
    GATES,
    BASELINES,
]
PENGUINS = Path(__file__).parents[1] / "specs/penguins/mlbuild.yaml"


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_the_names_of_a_catalogue_are_those_of_its_classes(catalogue: Catalogue[type[Described]]) -> None:
    assert [cls.named_by()[1] for cls in catalogue] == [*catalogue.names]
    assert len(catalogue) == len({*catalogue})
    assert all(catalogue.named(name) is cls for name, cls in catalogue.items())


@pytest.mark.parametrize("catalogue", [DATABASES, SERVERS])
def test_a_scheme_leads_to_the_class_that_has_it(catalogue: Catalogue[Any]) -> None:
    assert {(scheme, cls) for cls in catalogue for scheme in cls.schemes} == {*catalogue.items()}


def test_every_answer_of_a_learner_is_in_the_catalogue() -> None:
    assert {learner.answer for learner in LEARNERS} == {*ANSWERS}


def test_check_imports_only_the_classes_that_the_spec_names() -> None:
    program = (
        "import sys\n"
        "from mlbuild.cli.main import main\n"
        f"code = main(['check', '-f', {str(PENGUINS)!r}])\n"
        "print(code, *sorted(sys.modules), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100)
    code, *modules = run.stderr.split()
    text = PENGUINS.read_text()
    assert code == "0"
    assert not {cls.__module__ for catalogue in (DATABASES, SERVERS) for cls in catalogue} & {*modules}
    for catalogue in (OPS, LEARNERS, DATASET_STEPS, SPLITS):
        named = {cls.__module__ for name, cls in catalogue.items() if re.search(rf": {name}\b", text)}
        others = {cls.__module__ for cls in catalogue} - named
        assert others, "every class is used, so this shows nothing"
        assert named <= {*modules}
        assert not others & {*modules}
