"""Packages: a built model as what other programs run, instead of `mlbuild serve`."""

from __future__ import annotations

from mlbuild.catalogue import Catalogue
from mlbuild.packages.package import Package

#: The kinds of packages by name.
PACKAGES: Catalogue[type[Package]] = Catalogue(
    {
        "docker": "mlbuild.packages.docker.Docker",
        "triton": "mlbuild.packages.triton.Triton",
        "kserve": "mlbuild.packages.kserve.KServe",
        "python": "mlbuild.packages.python.Python",
        "npm": "mlbuild.packages.npm.Npm",
    }
)
