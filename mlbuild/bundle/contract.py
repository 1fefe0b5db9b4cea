"""The contract of an artifact, `contract.json`, with what clients can check before they send a row."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mlbuild.params import Json


def with_rules(
    contract: bytes, rules: Mapping[str, Json], pii: Mapping[str, str], target_pii: str | None
) -> bytes:
    """Add the rules of inputs to a contract: for each rule, the keywords of JSON Schema that a value must satisfy.

    Also add what logs have of the values of inputs, and of outputs with values of the target.
    """
    told: Json = json.loads(contract)
    for one in told["inputs"]:
        if one["name"] in rules:
            one["rules"] = rules[one["name"]]
        if one["name"] in pii:
            one["pii"] = pii[one["name"]]
    for one in told["outputs"]:
        if target_pii is not None and "dtype" in one:
            one["pii"] = target_pii
    return json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n"
