"""The form of a server in a real browser: it asks nobody else, is accessible, and shows answers and mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.node import answer
from tests.serving.rides import RIDE
from tests.serving.servers import Server, served

#: A phone and dark, a desktop and light.
LOOKS = [(360, "dark"), (1400, "light")]
FILLED = {
    "zone": "south",
    "note": "",
    "km": "12.5",
    "stops": "2",
    "shared": "true",
    "day": "2024-02-29",
    "start": "2024-02-29T08:30",
}
SENT = RIDE | {"zone": "south", "start": "2024-02-29T08:30"}


def seen(url: str, tries: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    """Return what the page shows after each try, and check everything else in each look."""
    question = {"url": url, "looks": LOOKS, "tries": tries, "token": None, "shots": None}
    told = answer("reports/form.mjs", question | options)
    assert len(told) == len(LOOKS) and told[0]["found"] == told[1]["found"]
    for one in told:
        expected = [
            text for text in one["messages"] if "status of 40" in text
        ]  # a browser reports each refusal
        assert (one["elsewhere"], one["messages"], one["violations"], one["wider"]) == ([], expected, [], 0)
    found: list[dict[str, Any]] = told[0]["found"]
    return found


def test_a_form_is_filled_in_and_answered(server: Server) -> None:
    tries = [{"model": "fare", "values": FILLED}, {"model": "zone", "values": {"km": "3", "fare": "9.5"}}]
    number, label = seen(server.address, tries)
    assert number["sent"] == SENT
    (row,) = server.ask("/predict/fare", SENT).told["rows"]
    assert number["error"] == "" and f"prediction: {row['prediction']}" in number["answer"]
    assert label["sent"] == {"km": 3, "fare": 9.5, "start": None}
    (row,) = server.ask("/predict/zone", label["sent"]).told["rows"]
    assert f"label: {row['label']}" in label["answer"]
    for name, share in row["probabilities"].items():
        assert f"{name}\t{share:.4f}" in label["answer"]


def test_mistakes_are_shown_at_their_fields(server: Server) -> None:
    tries = [
        {"model": "fare", "values": FILLED | {"stops": "two"}},
        {"model": "fare", "values": FILLED | {"zone": "choose…"}},
        {"model": "fare", "values": FILLED | {"km": "250", "stops": "-1"}},
    ]
    text, missing, violated = seen(server.address, tries)
    assert text["error"] == "'stops' must be an integer, not the string 'two'"
    assert (text["answer"], text["focused"], text["invalid"]) == (None, "stops", ["stops"])
    assert missing["error"] == "'zone' must not be missing"
    assert (missing["focused"], missing["invalid"]) == ("zone", ["zone"])
    assert (violated["error"], violated["invalid"]) == ("", [])
    for column, rule in (("km", "max"), ("stops", "min")):
        assert f"{column} violates the rule '{rule}' of the contract" in violated["answer"]


def test_a_token_is_asked_for(project: Path) -> None:
    token = "correct-horse-battery"
    (project / "token").write_text(token)
    with served(project, "fare", "--token-file", "token") as server:
        (found,) = seen(server.address, [{"values": FILLED}], token=token)
        assert found["sent"] == SENT and "prediction: " in found["answer"]


def test_the_page_forbids_to_load_anything(server: Server) -> None:
    answer = server.ask("/")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy
    assert b"http://" not in answer.body and b"https://" not in answer.body
