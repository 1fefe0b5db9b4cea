"""What kind of machine this is. It imports nothing that Python has not loaded, because null builds may ask."""

import os

#: The start of a list of cores is enough: it describes the first one.
_ENOUGH = 4096


def cpu() -> str:
    """Return the model of the CPU, as far as the system tells without running a program."""
    try:
        with open("/proc/cpuinfo", "rb") as file:  # noqa: PTH123  # pathlib is not loaded
            lines = file.read(_ENOUGH).decode("utf-8", "replace").split("\n")
    except OSError:
        lines = []
    told = dict(
        reversed([(name.strip(), value.strip()) for name, _, value in (one.partition(":") for one in lines)])
    )
    names = [told.get(key, "") for key in ("model name", "CPU implementer", "CPU part")]
    known = names[0] or " ".join(filter(None, names[1:])) or os.environ.get("PROCESSOR_IDENTIFIER", "")
    return known or (os.uname().machine if hasattr(os, "uname") else "unknown")
