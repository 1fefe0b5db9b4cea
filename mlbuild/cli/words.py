"""What can be said of a command line before it is parsed, as it must be where it cannot be parsed."""

ALIASES = {"validate": "check"}

#: What can be a target, for people.
TARGETS = "tasks, model:NAME, output:NAME, kind:KIND, globs, +x, x+"

#: Options of all commands that take the next word as their value.
_VALUED = ("-C", "-f", "--directory", "--file", "--format", "--profile", "--set")


def verb_of(argv: list[str]) -> str | None:
    """The first word that is no option and no value of one, by its own name if it is an alias."""
    for before, word in zip(["", *argv], argv, strict=False):
        if not word.startswith("-") and before not in _VALUED:
            return ALIASES.get(word, word)
    return None


def asks_json(argv: list[str]) -> bool:
    """Whether a JSON document is wanted."""
    return asked_format(argv) == "json"


def asked_format(argv: list[str]) -> str:
    """The format that is wanted; the last word about it counts, and "" means none."""
    asked = ""
    for before, word in zip(["", *argv], argv, strict=False):
        name, _, value = word.partition("=")
        if word == "--":
            break
        if before == "--format" and not word.startswith("-"):
            asked = word
        elif word == "--json":
            asked = "json"
        elif name == "--format":
            asked = value
    return asked
