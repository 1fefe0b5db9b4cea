"""The servers from which a file can be fetched, one class per file. The scheme of a URL chooses one."""

from __future__ import annotations

from mlbuild.catalogue import Catalogue
from mlbuild.data.servers.server import Server

_CLOUDS = {
    "s3": "mlbuild.data.servers.cloud.S3",
    "gs": "mlbuild.data.servers.cloud.GoogleStorage",
    "az": "mlbuild.data.servers.cloud.AzureStorage",
}
#: The classes for the schemes of URLs of folders, which can be tables; those of files.
CLOUDS: Catalogue[type[Server]] = Catalogue(_CLOUDS)
SERVERS: Catalogue[type[Server]] = Catalogue(
    {"https": "mlbuild.data.servers.web.Web", "http": "mlbuild.data.servers.web.Web", **_CLOUDS}
)

__all__ = ["CLOUDS", "SERVERS"]
