"""The servers from which a file can be fetched."""

from __future__ import annotations

from mlbuild.catalogue import Catalogue
from mlbuild.data.servers.server import Server

#: The classes for the schemes of URLs.
SERVERS: Catalogue[type[Server]] = Catalogue(
    {
        "https": "mlbuild.data.servers.web.Web",
        "http": "mlbuild.data.servers.web.Web",
        "s3": "mlbuild.data.servers.cloud.S3",
        "gs": "mlbuild.data.servers.cloud.GoogleStorage",
        "az": "mlbuild.data.servers.cloud.AzureStorage",
    }
)
