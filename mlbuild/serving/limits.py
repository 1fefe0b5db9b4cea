"""What one client may ask for, so that it cannot hurt the others."""

from __future__ import annotations

from mlbuild.frozen import frozen


@frozen(kw_only=True)
class Limits:
    """The limits of a server. Sizes are in bytes, times in seconds.

    `header` is the size of a request line with its headers. A request must arrive completely within `arrival`, and the
    client must take its response within the same time.
    """

    header: int = 65_536
    body: int = 16_000_000
    rows: int = 10_000
    arrival: float = 20.0
    connections: int = 1_000
    #: The time for running requests to end after the server was told to stop.
    drain: int = 30

    @property
    def read(self) -> int:
        """How many bytes of a body are read, although it is refused from `body` on."""
        return 4 * self.body

    @property
    def waiting(self) -> int:
        """How many bytes of requests may wait for a thread."""
        return 4 * self.body
