"""The model files of projects: what they are, their handlers, golden sets and verdicts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of models."""
    op.create_table(
        "model",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("project_id", sa.String(64), sa.ForeignKey("project.id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("intake", sa.JSON, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("golden", sa.JSON, nullable=False),
        sa.Column("verdict", sa.JSON),
        sa.Column("override", sa.JSON),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("chosen_at", sa.Float, nullable=False),
    )
    op.create_index("model_by_project", "model", ["project_id", "chosen_at"])


def downgrade() -> None:
    """Drop the table of models."""
    op.drop_table("model")
