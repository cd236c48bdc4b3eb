"""Only tasks that may be offered stand in the index that they are found by, and they keep room to grow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OFFERED = sa.text("state = 'queued' AND NOT blocked")


def upgrade() -> None:
    """To this revision."""
    op.drop_index("ix_tasks_job_id_state_blocked_position", "tasks")
    op.create_index(
        "ix_tasks_offered", "tasks", ["job_id", "position"], sqlite_where=_OFFERED, postgresql_where=_OFFERED
    )
    op.add_column("tasks", sa.Column("reserve", sa.LargeBinary()))


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_column("tasks", "reserve")
    op.drop_index("ix_tasks_offered", "tasks")
    op.create_index(
        "ix_tasks_job_id_state_blocked_position", "tasks", ["job_id", "state", "blocked", "position"]
    )
