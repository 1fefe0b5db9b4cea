"""The report about an output: what it contains, and what it does not."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest
import yaml

from mlbuild.data.statistics.distance import distances
from mlbuild.data.statistics.table import TableStatistics
from mlbuild.diagnostics import CODES
from mlbuild.reports.sections import SECTIONS
from mlbuild.reports.sections.comparison import reach
from tests.docs.markdown import DOCS, tables
from tests.projects import built
from tests.reports.pages import Page, numbers, page_of, parts_read, texts
from tests.reports.projects import ODD, houses, loans, wide

#: All that a page may consist of. None of them loads or runs anything.
ELEMENTS = set(
    "html head meta title style body header h1 h2 p nav ul li a main section div span code pre data table caption "
    "thead tbody tr th td details summary figure figcaption svg g line polyline polygon path circle rect text".split()
)
#: The numbers in texts: not those in names, such as `v2`.
_NUMBER = re.compile(r"(?<![\w.-])[+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?%?(?![\w-])")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = loans(tmp_path_factory.mktemp("loans"))
    built(file)
    return file.parent


@pytest.fixture(scope="module")
def page(project: Path) -> Page:
    return page_of(project / "dist/trees")


@pytest.fixture(scope="module")
def numeric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = houses(tmp_path_factory.mktemp("houses"))
    built(file)
    return file.parent


def titles(page: Page) -> list[str]:
    return [text for path, text in page.texts if path[-1] == "h2"]


def test_every_section_is_in_one_of_the_reports(page: Page, numeric: Path) -> None:
    both = titles(page), titles(page_of(numeric / "dist/price"))
    assert both[0] == [one.title for one in SECTIONS if one.title != "Errors"]
    assert {*chain(*both)} == {one.title for one in SECTIONS}
    assert both[1][0] == "Findings", "what needs attention comes first"


def test_the_page_about_reports_lists_the_sections_in_their_order() -> None:
    told = [cells[0] for _, cells in tables(DOCS / "report.md", "section", "shows")]
    assert told == [one.title for one in SECTIONS]


def test_the_spec_of_a_chosen_model_says_what_it_was_chosen_from(page: Page) -> None:
    """It does not have the parameters of one of the combinations."""
    (text,) = [text for path, text in page.texts if path[-2:] == ("pre", "code") and "models:" in text]
    told = yaml.safe_load(text)["models"]["trees"]
    assert "num_leaves" not in told["params"] and told["params"]["num_iterations"] == 8
    assert told["matrix"] == {"params": {"num_leaves": [3, 7]}}
    assert told["choose"] == {"metric": "log_loss", "on": "valid"}


@pytest.mark.parametrize("output", ["trees", "price"])
def test_every_number_is_that_of_a_part(output: str, project: Path, numeric: Path) -> None:
    folder = project if output == "trees" else numeric
    page, parts = page_of(folder / "dist" / output), parts_read(folder, output)
    known = {*numbers(parts), *derived(parts)}
    assert len(page.data) > 100
    for value, text in page.data:
        assert float(value) in known, f"{text} is in no part"
        shown = float(text.split(" ")[0].replace(",", ""))
        assert shown == pytest.approx(float(value), rel=1e-3, abs=1e-300), text


def derived(parts: list[object]) -> set[float]:
    """Return what reports compute: how far splits are apart, and intervals of differences."""
    found: set[float] = set()
    for part in parts:
        assert isinstance(part, dict)
        if "association" in part:
            tables = {name: TableStatistics.from_json(one) for name, one in part["tables"].items()}
            for split in ("valid", "test"):
                for one in distances(tables["train"].columns, tables[split].columns).values():
                    if one and one.psi is not None:
                        found.add(float(f"{one.psi:.6g}"))
        for harms in part.get("harms", {}).get("baseline", {}).values():
            for one in harms.values():
                ends = reach(one)
                found |= {float(f"{one['ours'] - one['theirs']:.12g}")}
                found |= {*ends} if isinstance(ends, list) else set()
    return found


def test_other_texts_have_no_numbers_of_their_own(page: Page, project: Path) -> None:
    """Texts are those of parts, and what is the same in every report."""
    parts = parts_read(project, "trees")
    said = " ".join(texts(parts))
    allowed = {
        *_NUMBER.findall(said),
        "95%",
        "0.1",
        "0.25",
    }  # the level of intervals, and from when on there is drift
    for path, text in page.texts:
        if "svg" in path or "pre" in path or "style" in path:
            continue  # ticks of axes, the spec
        for number in _NUMBER.findall(text):
            place = re.fullmatch(
                r".*: (\d+) of (\d+) points of curves.json|\d+ of \d+ (gates|tests) passed|\d+ findings?",
                text,
            )
            assert number in allowed or place or path[-1] in ("td", "th"), f"{number} in {text!r}"


def test_shares_are_those_of_their_counts(page: Page) -> None:
    shares = [text for _, text in page.data if text.endswith("%)")]
    assert len(shares) > 5 and all(re.fullmatch(r"[\d,]+ \(\d+\.\d%\)", one) for one in shares)


def test_names_and_values_cannot_be_markup(page: Page, project: Path) -> None:
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    told = " ".join(text for _, text in page.texts)
    assert f"place={ODD}" in told and "income per <b>" in told, "they are shown as they are"
    assert ODD not in (project / "dist/trees/report.html").read_text()


def test_a_page_refers_to_nothing_but_itself(page: Page) -> None:
    ids = [one["id"] for _, one in page.elements if "id" in one]
    assert len(ids) == len({*ids})
    assert {one["href"] for one in page.of("a")} == {f"#{one}" for one in ids}
    assert {*(name for _, one in page.elements for name in one)} & {
        "src",
        "srcset",
        "data",
        "action",
        "xlink:href",
    } == set()
    style = next(text for path, text in page.texts if path[-1] == "style")
    assert "url(" not in style and "@import" not in style
    (policy,) = [one["content"] for one in page.of("meta") if one.get("http-equiv")]
    assert policy and policy.startswith("default-src 'none'")


def test_a_page_can_be_used_without_seeing_it(page: Page) -> None:
    assert len(page.of("h1")) == 1 and len(page.of("main")) == 1
    assert next(one["lang"] for one in page.of("html")) == "en"
    for svg in page.of("svg"):
        assert svg.get("aria-hidden") == "true" or (svg["role"] == "img" and svg["aria-label"])
    assert len(page.of("caption")) == len(page.of("table"))
    assert len(page.of("details")) >= len([one for one in page.of("svg") if one.get("role")]), (
        "a table for each"
    )
    assert all(one["scope"] in ("row", "col") for one in page.of("th"))


def test_findings_have_codes_that_can_be_explained(tmp_path: Path) -> None:
    file = houses(tmp_path)
    noise = (
        file.read_text()
        .replace("features: [size, rooms]", "features: [rooms]")
        .replace("target: price", "target: rooms")
    )
    file.write_text(
        noise.replace("features: [rooms]", "features: [size]").replace("target: rooms", "target: rooms")
    )
    built(file)
    page = page_of(tmp_path / "dist/price")
    codes = [text for path, text in page.texts if path[-1] == "code" and text in CODES]
    parts = parts_read(tmp_path, "price")
    assert codes == [one["code"] for part in parts for one in part.get("findings", ())]


def test_an_output_can_have_no_report(numeric: Path) -> None:
    assert not (numeric / "dist/hidden/report.html").exists()
    assert (numeric / "dist/price/MODEL_CARD.md").exists() and not (
        numeric / "dist/hidden/MODEL_CARD.md"
    ).exists()


EDITS = {
    "a description": (
        "project: houses",
        "project: houses\ndescription: Prices",
        {"report:price", "publish:price"},
    ),
    "no report": (
        "price: {model: price}",
        "price: {model: price, report: false}",
        set(),
    ),  # as the other output
    "a gate": (
        "price: {model: price}",
        "price: {model: price, gates: [{gate: size, max: 1MB}]}",
        {"judge:price", "gate:price", "report:price", "publish:price"},
    ),
    "a silenced warning": (
        "project: houses",
        "project: houses\nwarnings: {no-skill: ignore}",
        {"report:price"},
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_trains_nothing(edit: str, tmp_path: Path) -> None:
    old, new, ran = EDITS[edit]
    file = houses(tmp_path)
    built(file)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert {*built(file).ran} == ran
    assert built(file).ran == ()


def test_a_report_is_small(tmp_path: Path) -> None:
    built(wide(tmp_path))
    file = tmp_path / "dist/one/report.html"
    page = page_of(file.parent)
    assert len(page.of("tr")) > 50 + 5 * 20
    assert file.stat().st_size <= 300_000
