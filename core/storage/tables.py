"""The tables as queries name them. `core.storage.migrations` makes them."""

from sqlalchemy import Double, Integer, LargeBinary, Text, column, table

RUNS = table(
    "runs",
    column("id", Text),
    column("created", Double),
    column("config", Text),
    column("seq", Integer),
    column("worker", Text),
    column("heartbeat", Double),
)
"""`seq` counts the run's events; whoever updates the row holds the run's log."""

EVENTS = table(
    "events",
    column("run_id", Text),
    column("seq", Integer),
    column("at", Double),
    column("kind", Text),
    column("body", Text),
)

TRACES = table("traces", column("run_id", Text), column("key", Text), column("body"))
"""`body` is as `core.storage.packing` made it; text, where an older version wrote it."""

SNAPSHOTS = table("snapshots", column("run_id", Text), column("seq", Integer), column("body", Text))

DATASETS = table(
    "datasets",
    column("id", Text),
    column("name", Text),
    column("origin", Text),
    column("rows", Integer),
    column("columns", Text),
    column("created", Double),
    column("content", LargeBinary),
)
"""`columns` is a JSON list of names, `content` a Parquet file."""

PIPELINES = table(
    "pipelines",
    column("name", Text),
    column("version", Integer),
    column("saved_at", Double),
    column("by", Text),
    column("body", Text),
)
"""`body` is the pipeline as JSON; a row is never changed."""
