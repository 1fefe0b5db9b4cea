"""The commands by theme, with their one-line help. A theme is a folder, and the module of a command is imported when it is used."""

from __future__ import annotations

THEMES = {
    "specs": {
        "init": "write a new spec: a template, or a draft from a data file",
        "check": "report all mistakes in the spec, without reading data",
        "adopt": "write the best parameters of a search or a matrix into the spec",
        "render": "print the complete spec as one file, with all defaults written out",
        "schema": "print or write the JSON Schema of specs for editors",
        "explain": "explain an error code and how to fix the error",
    },
    "building": {
        "plan": "show what a build would do and why, without running anything",
        "build": "run the tasks that are not up to date",
        "test": "run the tests of the spec, and report each",
        "status": "show which outputs and tasks are up to date, stale or failed (exits with code 6 unless all are up to date)",
        "why": "explain why a target would run, or why it last ran",
        "graph": "print the graph of the tasks",
        "query": "print the tasks that match an expression, such as deps(model:late)",
    },
    "data": {
        "contract": "write a contract from data, or compare the contracts of two specs",
        "rows": "print or write the rows of a source or dataset",
        "describe": "show statistics of a table, or compare two",
    },
    "tracking": {
        "runs": "list the builds, what differed between them, and the metrics of their models",
        "metrics": "show the metrics of models with confidence intervals, next to those of a constant",
        "importance": "show how much a model relies on each input, and what contributes to the predictions for rows",
        "report": "print the path of the HTML report on an output, or open it",
        "diff": "compare two builds: spec, data, metrics and predictions",
        "bisect": "find the commit that made a metric worse",
        "export": "write the records of builds for MLflow or OpenLineage",
    },
    "channels": {
        "promote": "make a published model that of a channel, such as prod",
        "release": "build an output, and promote its model if it passes the gates against the model in use",
        "rollback": "take a channel back to its previous model",
        "channels": "list the channels, or the history of one",
    },
    "using": {
        "predict": "make predictions for the rows of a file, or of new files of sources, with a built model",
        "apply": "show what each preprocessing step of an output makes of rows, natively and in the graph",
        "serve": "answer requests for predictions over HTTP with built models",
        "package": "write a built model as what Docker, Triton, KServe, Python or Node.js runs",
        "monitor": "compare the rows that a model answered with its training rows",
        "log": "write the log of a model as one Parquet file with 'log compact'",
    },
    "caching": {
        "gc": "list stored results that are no longer needed, and remove them with --delete",
        "store": "check the store for damaged files with 'store verify'",
    },
}
VERBS = {verb: text for commands in THEMES.values() for verb, text in commands.items()}
#: The theme of each command.
THEME = {verb: theme for theme, commands in THEMES.items() for verb in commands}
