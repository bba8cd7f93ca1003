"""The tables of Groundplan's own database. Execution's truth is DBOS's; these hold projects, and what people look at."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

projects = Table(
    "project", metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("choices", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("writer", String(64), nullable=False, default=""),
    Column("applied", JSON(none_as_null=True)),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)  # fmt: skip

runs = Table(
    "run", metadata,
    Column("id", String(64), primary_key=True),
    Column("project_id", String(64), ForeignKey("project.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("target", String(16), nullable=False),
    Column("identity", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("choices", JSON, nullable=False),
    Column("options", JSON, nullable=False, default=dict),
    Column("by", String(128), nullable=False, default=""),
    Column("cancelled", Boolean, nullable=False, default=False),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Index("run_by_project", "project_id", "created_at"),
)  # fmt: skip

steps = Table(
    "step", metadata,
    Column("run_id", String(64), ForeignKey("run.id"), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("depends_on", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("expected_s", Float, nullable=False, default=0.0),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("attempt", Integer, nullable=False, default=0),
    Column("resource_id", Text, nullable=False, default=""),
    Column("correlation_id", String(64), nullable=False, default=""),
    Column("put_at", Float),
    Column("body", JSON(none_as_null=True)),
    Column("created_by_run", Boolean, nullable=False, default=False),
    Column("note", Text, nullable=False, default=""),
    Column("error", JSON(none_as_null=True)),
    Column("outputs", JSON, nullable=False, default=dict),
)  # fmt: skip

models = Table(
    "model", metadata,
    Column("id", String(64), primary_key=True),
    Column("project_id", String(64), ForeignKey("project.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("intake", JSON, nullable=False),
    Column("files", JSON, nullable=False, default=dict),
    Column("golden", JSON, nullable=False, default=list),
    Column("verdict", JSON(none_as_null=True)),
    Column("override", JSON(none_as_null=True)),
    Column("version", Integer, nullable=False, default=1),
    Column("created_at", Float, nullable=False),
    Column("chosen_at", Float, nullable=False),
    Index("model_by_project", "project_id", "chosen_at"),
)  # fmt: skip

workers = Table(
    "worker", metadata,
    Column("executor_id", String(64), primary_key=True),
    Column("target", String(16), nullable=False),
    Column("host", String(255), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("by", String(128), nullable=False),
    Column("project_id", String(64), nullable=False, default=""),
    Column("action", String(64), nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
)  # fmt: skip

events = Table(
    "event", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(64), ForeignKey("run.id"), nullable=False),
    Column("key", String(64), nullable=False),
    Column("at", Float, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("text", Text, nullable=False),
    Column("code", String(128), nullable=False, default=""),
    Column("status", Integer),
    Column("request_id", String(64), nullable=False, default=""),
    Column("correlation_id", String(64), nullable=False, default=""),
    Index("event_by_run", "run_id", "id"),
)  # fmt: skip
