"""Jobs, tasks, attempts, agents, job types and users as whole as they were promised."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# With a default in the database, a column comes without the table being made anew: dropping the old one
# would delete what refers to it.
_ADDED: tuple[tuple[str, tuple[sa.Column[Any], ...]], ...] = (
    (
        "agents",
        (
            sa.Column("cpu_allocation", sa.Double(), nullable=False, server_default=sa.text("1.0")),
            sa.Column("ram_allocation", sa.Double(), nullable=False, server_default=sa.text("0.8")),
            sa.Column("cpu_name", sa.String(length=128), nullable=False, server_default=sa.text("''")),
            sa.Column("address", sa.String(length=255)),
            sa.Column("port", sa.Integer()),
            sa.Column("os_class", sa.String(length=16), nullable=False, server_default=sa.text("''")),
            sa.Column("last_success_on", sa.DateTime(timezone=True)),
        ),
    ),
    ("farm", (sa.Column("notification", sa.JSON()),)),
    ("attempts", (sa.Column("gpus", sa.Integer(), nullable=False, server_default=sa.text("0")),)),
    ("events", (sa.Column("token", sa.String(length=64)),)),
    (
        "job_dependencies",
        (sa.Column("by_frame", sa.Boolean(), nullable=False, server_default=sa.false()),),
    ),
    (
        "jobs",
        (
            sa.Column("gpus", sa.Integer(), nullable=False, server_default=sa.text("0")),
            sa.Column("start_after", sa.DateTime(timezone=True)),
            sa.Column("preview", sa.Integer()),
            sa.Column("most_per_agent", sa.Integer()),
            sa.Column("most_failures", sa.Integer()),
            sa.Column("timeout", sa.Integer()),
            sa.Column("silence_timeout", sa.Integer()),
            sa.Column("num_blocked", sa.Integer(), nullable=False, server_default=sa.text("0")),
            sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
            sa.Column("task_spread", sa.Double()),
            sa.Column("waiting_since", sa.DateTime(timezone=True)),
            sa.Column("pause_reason", sa.Text()),
        ),
    ),
    (
        "jobtype_versions",
        (sa.Column("no_automatic_start_time", sa.Boolean(), nullable=False, server_default=sa.false()),),
    ),
    (
        "jobtypes",
        (
            sa.Column("success_subject", sa.Text()),
            sa.Column("success_body", sa.Text()),
            sa.Column("fail_subject", sa.Text()),
            sa.Column("fail_body", sa.Text()),
        ),
    ),
    (
        "tasks",
        (
            sa.Column("priority", sa.Integer(), nullable=False, server_default=sa.text("0")),
            sa.Column("not_before", sa.DateTime(timezone=True)),
            sa.Column("blocked", sa.Boolean(), nullable=False, server_default=sa.false()),
        ),
    ),
    (
        "users",
        (
            sa.Column("email", sa.String(length=255)),
            sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("expiration", sa.DateTime(timezone=True)),
        ),
    ),
)

_INDEXES = (
    ("ix_attempts_stopping", "attempts"),
    ("ix_events_agent_id_token", "events"),
    ("ix_events_time", "events"),
    ("ix_tasks_job_id_frame", "tasks"),
    ("ix_tasks_job_id_state_blocked_position", "tasks"),
    ("ix_tasks_not_before", "tasks"),
    ("ix_users_email", "users"),
)


def upgrade() -> None:
    """To this revision."""
    for table, columns in _ADDED:
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "ix_attempts_stopping",
        "attempts",
        ["agent_id"],
        sqlite_where=sa.text("state IN ('assigned', 'running') AND stop_as IS NOT NULL"),
        postgresql_where=sa.text("state IN ('assigned', 'running') AND stop_as IS NOT NULL"),
    )
    op.create_index("ix_events_agent_id_token", "events", ["agent_id", "token"], unique=True)
    op.create_index("ix_events_time", "events", ["time"])
    op.create_index("ix_tasks_job_id_frame", "tasks", ["job_id", "frame"])
    op.create_index(
        "ix_tasks_job_id_state_blocked_position", "tasks", ["job_id", "state", "blocked", "position"]
    )
    op.drop_index("ix_tasks_job_id_state_position", "tasks")
    op.create_index(
        "ix_tasks_not_before",
        "tasks",
        ["not_before"],
        sqlite_where=sa.text("not_before IS NOT NULL"),
        postgresql_where=sa.text("not_before IS NOT NULL"),
    )
    op.create_index("ix_users_email", "users", ["email"], unique=True)


def downgrade() -> None:
    """Back to the revision before."""
    for name, table in _INDEXES:
        op.drop_index(name, table)
    op.create_index("ix_tasks_job_id_state_position", "tasks", ["job_id", "state", "position"])
    for table, columns in _ADDED:
        for column in columns:
            op.drop_column(table, column.name)
