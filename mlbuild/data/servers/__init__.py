"""The servers from which a file can be fetched, one class per file. The scheme of a URL chooses one."""

from __future__ import annotations

from mlbuild.data.servers.cloud import S3, AzureStorage, GoogleStorage
from mlbuild.data.servers.web import Web

#: The classes for the schemes of URLs.
SERVERS = (Web, S3, GoogleStorage, AzureStorage)

__all__ = ["SERVERS"]
