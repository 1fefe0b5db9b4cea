"""Values as YAML text in the many styles that people use, with comments, quotes, anchors and merges."""

from __future__ import annotations

import json
import math
import random
import re
from typing import Any

from mlbuild.spec.text.scalars import resolve

_PLAIN = re.compile(r"[^\W\d][\w ]*\w|[^\W\d]")
_COMMENTS = ["", "", "", "  # why", "  # a: b", " # 'x"]


def styled(value: Any, chance: random.Random) -> str:
    """Return a text that loads as the value, which consists of maps with text keys, lists and scalars."""
    return "\n".join(_Style(chance).block(value)) + "\n"


class _Style:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        #: Anchors whose value is complete, by that value as JSON.
        self.anchors: dict[str, str] = {}
        self.count = 0

    def block(self, value: Any) -> list[str]:
        if isinstance(value, dict) and value:
            anchor, rest = self._merged(value)
            merge = [f"<<: *{anchor}"] if anchor else []
            return merge + [line for key, item in rest.items() for line in self._entry(key, item)]
        if isinstance(value, list) and value:
            return [line for item in value for line in self._item(item)]
        return [self.flow(value)]

    def _merged(self, value: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return an anchor from which some of the entries can be merged, if there is one, and the other entries."""
        for text, anchor in self.anchors.items():
            shared = json.loads(text)
            if isinstance(shared, dict) and _holds(value, shared) and self.chance.random() < 0.7:
                return anchor, {key: item for key, item in value.items() if key not in shared}
        return "", value

    def _entry(self, key: str, item: Any) -> list[str]:
        name, text = self.scalar(key), json.dumps(item)
        comment = self.chance.choice(_COMMENTS)
        if text in self.anchors and self.chance.random() < 0.7:
            return [f"{name}: *{self.anchors[text]}{comment}"]
        if not isinstance(item, (dict, list)) or not item or self.chance.random() < 0.25:
            return [f"{name}: {self.flow(item)}{comment}"]
        anchor = ""
        if self.chance.random() < 0.4:
            self.count += 1
            anchor = f"a{self.count}"
        lines = [f"{name}:{f' &{anchor}' if anchor else ''}{comment}"]
        indent = "  " if isinstance(item, dict) else self.chance.choice(["", "  "])
        lines += [indent + line for line in self.block(item)]
        if anchor:
            self.anchors[text] = anchor
        return lines

    def _item(self, item: Any) -> list[str]:
        first, *rest = self.block(item) if self.chance.random() < 0.7 else [self.flow(item)]
        return [f"- {first}", *("  " + line for line in rest)]

    def flow(self, value: Any) -> str:
        if isinstance(value, dict):
            return (
                "{" + ", ".join(f"{self.scalar(key)}: {self.flow(item)}" for key, item in value.items()) + "}"
            )
        if isinstance(value, list):
            return "[" + ", ".join(map(self.flow, value)) + "]"
        return self.scalar(value)

    def scalar(self, value: Any) -> str:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, float):
            return self._number(value)
        return self.chance.choice(["null", "~"]) if value is None else json.dumps(value)

    def _text(self, text: str) -> str:
        styles = [json.dumps(text, ensure_ascii=False)]
        if text.isprintable() and text:
            styles.append("'" + text.replace("'", "''") + "'")
        if _PLAIN.fullmatch(text) and resolve(text) == text:
            styles += [text, text, text]
        return self.chance.choice(styles)

    def _number(self, number: float) -> str:
        if not math.isfinite(number):
            return ".nan" if math.isnan(number) else ".inf" if number > 0 else "-.inf"
        return repr(number) + ("" if "e" in repr(number) else self.chance.choice(["", "e0"]))


def _holds(value: dict[str, Any], shared: dict[str, Any]) -> bool:
    """Whether a map has all entries of another one, compared as JSON: `1` is not `1.0`."""
    return bool(shared) and all(
        key in value and json.dumps(value[key]) == json.dumps(item) for key, item in shared.items()
    )
