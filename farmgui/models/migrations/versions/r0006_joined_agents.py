"""Agents on other machines: what they tell of their own places, and what they see of the files of jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PLACES = ("log_folder", "python", "assemble_tiles")


def upgrade() -> None:
    """To this revision."""
    op.add_column("agents", sa.Column("joined", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in _PLACES:
        op.add_column("agents", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "agent_sights",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("time_asked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_answered", sa.DateTime(timezone=True)),
        sa.Column("problem", sa.String(length=16)),
        sa.Column("path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_agent_sights_agent_id_agents", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_agent_sights"),
        sa.UniqueConstraint("agent_id", "scene", "folder", name="uq_agent_sights_agent_id_scene_folder"),
    )


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_table("agent_sights")
    for name in reversed(_PLACES):
        op.drop_column("agents", name)
    op.drop_column("agents", "joined")
