"""Every section keeps every law, and the laws find planted faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.spec.sections import SECTIONS
from tests.models.attempts import no_failure
from tests.spec.section_faults import FAULTS
from tests.spec.section_law import LAWS, AnySection


def keeps(section: AnySection, law: str, folder: Path) -> None:
    """Any exception is a fault of the section."""
    with no_failure():
        LAWS[law](section, folder)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
def test_every_section_keeps_every_law(tmp_path: Path, section: AnySection, law: str) -> None:
    keeps(section, law, tmp_path)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_law(tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key, law, plant = FAULTS[fault]
    plant(monkeypatch)
    (section,) = (one for one in SECTIONS if one.key == key)
    with pytest.raises(AssertionError):
        keeps(section, law, tmp_path)


def test_every_law_finds_some_fault() -> None:
    assert {law for _, law, _ in FAULTS.values()} == {*LAWS}
    assert len(FAULTS) == 21
