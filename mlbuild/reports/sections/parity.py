"""The certificate that the file computes the same as the trained model."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.reports.blocks import GOOD, Badge, Block, Name, Number, Table, words
from mlbuild.reports.facts import Facts
from mlbuild.reports.sections.section import Section


class Parity(Section):
    title = "Verification"
    parts = ("parity.json",)

    def blocks(self, facts: Facts) -> Iterator[Block]:
        found = facts.part("parity.json")
        yield words(
            Badge("equal", GOOD),
            "The file gives the same predictions as the trained model, on real rows and on adversarial ones.",
        )
        rows = [
            ["real rows", Number(found["rows"]["real"])],
            ["adversarial rows", Number(found["rows"]["adversarial"])],
            ["rows for the learner alone", Number(found["rows"]["learner"])],
            ["largest difference of a score", Number(found["max_difference"])],
            ["tolerance", Number(found["tolerance"]["scores"])],
            ["labels that flip", Number(found["label_flips"])],
            ["onnxruntime", found["onnxruntime"]],
        ]
        yield Table("The comparison with the trained model", ["", ""], rows)
        yield words("The SHA-256 of the compared file is", Name(found["model"]))
