"""What can be said of a command line before it is parsed, as it must be where it cannot be parsed."""

ALIASES = {"validate": "check"}

#: Options of all commands that take the next word as their value.
_VALUED = ("-C", "-f", "--directory", "--file", "--format", "--profile", "--set")


def verb_of(argv: list[str]) -> str | None:
    """The first word that is no option and no value of one, by its own name if it is an alias."""
    words = iter(argv)
    for word in words:
        if word in _VALUED:
            next(words, None)
        elif not word.startswith("-"):
            return ALIASES.get(word, word)
    return None


def asks_json(argv: list[str]) -> bool:
    """Whether a JSON document is wanted; the last word about it counts."""
    asked = ""
    words = iter(argv)
    for word in words:
        name, _, value = word.partition("=")
        if word == "--":
            break
        if word == "--json":
            asked = "json"
        elif name == "--format":
            asked = value or next(words, "")
        elif word in _VALUED:
            next(words, None)
    return asked == "json"
