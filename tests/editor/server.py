"""Talks to the real yaml-language-server as an editor does: JSON-RPC over its standard input and output."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from pathlib import Path
from typing import IO, Any

from tests.node import node, packages

#: Longer than any answer takes on a busy machine.
PATIENCE = 120
_SETTINGS = {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}
_CLIENT = {
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {"relatedInformation": True},
    },
    "workspace": {"configuration": True},
}


class Server:
    """A running language server. `complaints` is what it logged as an error or wrote to standard error."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._asked = 0
        self._incoming: queue.Queue[dict[str, Any]] = queue.Queue()
        self._published: dict[str, list[dict[str, Any]]] = {}
        program = packages("editor") / "yaml-language-server/bin/yaml-language-server"
        self._process = subprocess.Popen(
            [node(), str(program), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._process.stdout is not None and self._process.stderr is not None
        self._threads = [
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._overhear, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._request("initialize", {"processId": None, "rootUri": None, "capabilities": _CLIENT})
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": {}})

    def close(self) -> None:
        """Stop the server, and read the rest of its output."""
        self._request("shutdown", None)
        self._notify("exit", None)
        self._process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def open(self, *files: Path) -> None:
        """Open files, which the server validates in parallel."""
        for file in files:
            text = file.read_text(encoding="utf-8")
            document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
            self._notify("textDocument/didOpen", {"textDocument": document})

    def diagnostics(self, file: Path) -> list[tuple[int, str]]:
        """Return the line (from 1) and the message of every diagnostic in an open file."""
        while file.as_uri() not in self._published:
            self._next()
        found = self._published[file.as_uri()]
        return sorted((one["range"]["start"]["line"] + 1, one["message"]) for one in found)

    def completions(self, file: Path, line: int, column: int) -> list[dict[str, Any]]:
        """Return the completions at a position in an open file, both from 1, before the editor filters them."""
        answer = self._request("textDocument/completion", _at(file, line, column))
        items: list[dict[str, Any]] = answer["items"] if isinstance(answer, dict) else answer
        return items

    def hover(self, file: Path, line: int, column: int) -> str:
        """Return the Markdown shown at a position in an open file, both from 1; empty if there is none."""
        answer = self._request("textDocument/hover", _at(file, line, column))
        return str(answer["contents"]["value"]) if answer else ""

    def _request(self, method: str, params: Any) -> Any:
        self._asked += 1
        asked = self._asked
        self._send({"id": asked, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == asked and "method" not in message:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]

    def _notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _next(self) -> dict[str, Any]:
        """Read and handle the next message."""
        message = self._incoming.get(timeout=PATIENCE)
        method, params = message.get("method"), message.get("params", {})
        if method == "textDocument/publishDiagnostics":
            self._published[params["uri"]] = params["diagnostics"]
        elif method in ("window/logMessage", "window/showMessage") and params["type"] <= 2:
            self.complaints.append(params["message"])
        elif method == "workspace/configuration":
            sections = [item.get("section", "") for item in params["items"]]
            self._send({"id": message["id"], "result": [_SETTINGS.get(section) for section in sections]})
        elif method is not None and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _listen(self, stream: IO[bytes]) -> None:
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                header = stream.readline()
            self._incoming.put(json.loads(stream.read(length)))

    def _overhear(self, stream: IO[bytes]) -> None:
        self.complaints.extend(line.decode(errors="replace") for line in stream)


def _at(file: Path, line: int, column: int) -> dict[str, Any]:
    position = {"line": line - 1, "character": column - 1}
    return {"textDocument": {"uri": file.as_uri()}, "position": position}
