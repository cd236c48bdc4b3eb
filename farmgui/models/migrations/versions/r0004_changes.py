"""What changed in which revision of the farm, written by triggers, whoever makes the change."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Whose rows belong to a job or an agent, by the column that names it.
_OF_JOBS = {
    "jobs": "id",
    "job_dependencies": "childid",
    "job_tag_requirements": "job_id",
    "job_software_requirements": "job_id",
    "job_limits": "job_id",
    "job_agents": "job_id",
    "job_agent_failures": "job_id",
}
_OF_AGENTS = {
    "agents": "id",
    "agent_tag_associations": "agent_id",
    "agent_software_version_associations": "agent_id",
    "agent_gpus": "agent_id",
}
_AGENT_COLUMNS = (
    "hostname, state, enabled, incarnation, cpus, ram, cpu_allocation, ram_allocation, os_class, os, "
    "notes, address, port"
)
"""Those that an agent doesn't tell with each beat of its heart."""
_OF_THE_FARM = (
    "job_queues",
    "limits",
    "tags",
    "software",
    "software_versions",
    "jobtype_software_requirements",
    "path_maps",
)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "agent_changes",
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", name="pk_agent_changes"),
    )
    op.create_table(
        "job_changes",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_changes"),
    )
    op.create_index("ix_agent_changes_revision", "agent_changes", ["revision"])
    op.create_index("ix_job_changes_revision", "job_changes", ["revision"])
    op.add_column("farm", sa.Column("tree_revision", sa.Integer(), nullable=False, server_default="0"))
    for trigger in _triggers():
        op.execute(trigger)


def downgrade() -> None:
    """Back to the revision before."""
    for trigger in _triggers():
        op.execute(f"DROP TRIGGER {trigger.split()[2]}")
    op.drop_column("farm", "tree_revision")
    for table in ("job_changes", "agent_changes"):
        op.drop_table(table)


def _triggers() -> Iterator[str]:
    """Statements for triggers that tell of each change under the revision that its transaction makes."""
    for table, key in _OF_JOBS.items():
        yield from _stamping(table, key, "job_changes", "job_id", "")
    for table, key in _OF_AGENTS.items():
        yield from _stamping(
            table, key, "agent_changes", "agent_id", _AGENT_COLUMNS if table == "agents" else ""
        )
    for table in _OF_THE_FARM:
        for event in ("INSERT", "UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_{event.lower()} AFTER {event} ON {table} BEGIN "  # noqa: S608  our own names
                "UPDATE farm SET tree_revision = revision + 1; END"
            )


def _stamping(table: str, key: str, changes: str, name: str, columns: str) -> Iterator[str]:
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        of = f" OF {columns}" if columns and event == "UPDATE" else ""
        yield (
            f"CREATE TRIGGER {table}_{event.lower()} AFTER {event}{of} ON {table} BEGIN "  # noqa: S608  as above
            f"INSERT INTO {changes} ({name}, revision) VALUES ({row}.{key}, (SELECT revision + 1 FROM farm)) "
            f"ON CONFLICT ({name}) DO UPDATE SET revision = excluded.revision; END"
        )
