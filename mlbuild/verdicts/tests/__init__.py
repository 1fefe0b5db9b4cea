"""The kinds of tests: one class per file, and the catalogue."""

from __future__ import annotations

from mlbuild.catalogue import Catalogue
from mlbuild.verdicts.tests.test import Test

#: Every kind of test, in the order of the reference page.
TESTS: Catalogue[type[Test]] = Catalogue(
    {
        "expect": "mlbuild.verdicts.tests.expect.Expect",
        "monotone": "mlbuild.verdicts.tests.monotone.Monotone",
        "directional": "mlbuild.verdicts.tests.directional.Directional",
        "invariant": "mlbuild.verdicts.tests.invariant.Invariant",
        "features": "mlbuild.verdicts.tests.features.Features",
    }
)
