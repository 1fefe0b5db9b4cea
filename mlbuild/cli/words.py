"""Facts about a command line before it is parsed, in case it cannot be parsed."""

ALIASES = {"validate": "check"}

#: What can be a target, for messages.
TARGETS = "a task, model:NAME, output:NAME, kind:KIND, a glob, +x or x+"

#: Options of all commands that take the next word as their value.
_VALUED = ("-C", "-f", "--directory", "--file", "--format", "--profile", "--set")


def verb_of(argv: list[str]) -> str | None:
    """Return the first word that is neither an option nor its value; the name of the command, if it is an alias."""
    for before, word in zip(["", *argv], argv, strict=False):
        if not word.startswith("-") and before not in _VALUED:
            return ALIASES.get(word, word)
    return None


def asks_json(argv: list[str]) -> bool:
    """Whether a JSON document is requested."""
    return asked_format(argv) == "json"


def asked_format(argv: list[str]) -> str:
    """Return the requested format. The last option wins, and "" means none."""
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
