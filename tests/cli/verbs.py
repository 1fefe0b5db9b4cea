"""Each command as it is used in the project of `tests.cli.both`, for tests of its surroundings."""

from __future__ import annotations

from mlbuild.cli.commands import VERBS

#: Command lines by command. A file of the project is named with its suffix.
LINES = {
    "init": ("init", "-f", "other.yaml", "rows.csv"),
    "check": ("check",),
    "plan": ("plan",),
    "build": ("build", "--force", "-j", "1"),
    "test": ("test",),
    "status": ("status",),
    "why": ("why", "train:trees"),
    "graph": ("graph",),
    "query": ("query", "model:trees"),
    "render": ("render",),
    "contract": ("contract", "infer", "rows.csv"),
    "rows": ("rows", "csv"),
    "describe": ("describe", "csv"),
    "explain": ("explain", "unknown-op"),
    "schema": ("schema",),
    "metrics": ("metrics",),
    "importance": ("importance", "trees", "--row", "1"),
    "report": ("report", "trees"),
    "diff": ("diff", "last", "last"),
    "bisect": ("bisect", "--metric", "log_loss", "a..b"),
    "export": ("export", "openlineage"),
    "runs": ("runs",),
    "adopt": ("adopt", "trees", "--dry-run"),
    "promote": ("promote", "trees", "prod", "--force", "--why", "a test"),
    "release": ("release", "trees", "--to", "prod"),
    "rollback": ("rollback", "prod"),
    "channels": ("channels",),
    "gc": ("gc", "--delete"),
    "store": ("store", "verify"),
    "predict": ("predict", "dist/trees/model.onnx", "rows.csv"),
    "apply": ("apply", "trees", "rows.csv"),
    # What is no certificate ends it when everything else is ready.
    "package": ("package", "trees", "--as", "triton"),
    "serve": ("serve", "trees", "--port", "0", "--tls-cert", "rows.csv", "--tls-key", "rows.csv"),
    "monitor": ("monitor", "trees", "--log", "rows.csv"),
    "log": ("log", "compact", "rows.csv", "-o", "rows.parquet"),
}
assert LINES.keys() == VERBS.keys()
