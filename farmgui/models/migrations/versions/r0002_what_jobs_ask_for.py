"""What jobs ask for and whom they tell, people and their roles, and the statistics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    "limits",
    "notices",
    "roles",
    "software",
    "task_counts",
    "task_event_counts",
    "agent_counts",
    "agent_disks",
    "agent_gpus",
    "agent_mac_addresses",
    "path_maps",
    "software_versions",
    "user_roles",
    "agent_software_version_associations",
    "jobtype_software_requirements",
    "job_agent_failures",
    "job_agents",
    "job_limits",
    "job_software_requirements",
    "job_tag_requirements",
    "notified_users",
)


def upgrade() -> None:
    """To this revision."""
    _create_things()
    _create_associations()


def downgrade() -> None:
    """Back to the revision before."""
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_things() -> None:
    op.create_table(
        "limits",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("per", sa.String(length=16), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_limits"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("time_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("time_closed", sa.DateTime(timezone=True)),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("message_id", name="uq_notices_message_id"),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("expiration", sa.DateTime(timezone=True)),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("name", name="uq_roles_name"),
    )
    op.create_table(
        "software",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("software", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_software"),
        sa.UniqueConstraint("software", name="uq_software_software"),
    )
    op.create_table(
        "task_counts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("counted_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("job_queue_id", sa.Integer(), nullable=False),
        sa.Column("total_queued", sa.Integer(), nullable=False),
        sa.Column("total_running", sa.Integer(), nullable=False),
        sa.Column("total_done", sa.Integer(), nullable=False),
        sa.Column("total_failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_counts"),
        sa.UniqueConstraint("counted_time", "job_queue_id", name="uq_task_counts_counted_time_job_queue_id"),
    )
    op.create_table(
        "task_event_counts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("time_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("job_queue_id", sa.Integer(), nullable=False),
        sa.Column("num_new", sa.Integer(), nullable=False),
        sa.Column("num_deleted", sa.Integer(), nullable=False),
        sa.Column("num_restarted", sa.Integer(), nullable=False),
        sa.Column("num_started", sa.Integer(), nullable=False),
        sa.Column("num_failed", sa.Integer(), nullable=False),
        sa.Column("num_done", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_event_counts"),
        sa.UniqueConstraint(
            "time_start", "job_queue_id", name="uq_task_event_counts_time_start_job_queue_id"
        ),
    )
    op.create_index(
        "ix_notices_open",
        "notices",
        ["not_before"],
        sqlite_where=sa.text("time_closed IS NULL"),
        postgresql_where=sa.text("time_closed IS NULL"),
    )


def _create_associations() -> None:
    op.create_table(
        "agent_counts",
        sa.Column("counted_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("num_online", sa.Integer(), nullable=False),
        sa.Column("num_running", sa.Integer(), nullable=False),
        sa.Column("num_offline", sa.Integer(), nullable=False),
        sa.Column("num_disabled", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("counted_time", name="pk_agent_counts"),
    )
    op.create_table(
        "agent_disks",
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("mountpoint", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("free", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_agent_disks_agent_id_agents", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "mountpoint", name="pk_agent_disks"),
    )
    op.create_table(
        "agent_gpus",
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("ram", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_agent_gpus_agent_id_agents", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "number", name="pk_agent_gpus"),
    )
    op.create_table(
        "agent_mac_addresses",
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("mac_address", sa.String(length=17), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_agent_mac_addresses_agent_id_agents", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "mac_address", name="pk_agent_mac_addresses"),
    )
    op.create_table(
        "path_maps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("path_linux", sa.String(length=512), nullable=False),
        sa.Column("path_windows", sa.String(length=512), nullable=False),
        sa.Column("path_osx", sa.String(length=512), nullable=False),
        sa.Column("tag_id", sa.Integer()),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_path_maps_tag_id_tags", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_path_maps"),
    )
    op.create_table(
        "software_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("software_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("default", sa.Boolean(), nullable=False),
        sa.Column("discovery", sa.JSON()),
        sa.ForeignKeyConstraint(
            ["software_id"],
            ["software.id"],
            name="fk_software_versions_software_id_software",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_software_versions"),
        sa.UniqueConstraint("software_id", "rank", name="uq_software_versions_software_id_rank"),
        sa.UniqueConstraint("software_id", "version", name="uq_software_versions_software_id_version"),
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_user_roles_role_id_roles", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_user_roles_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "role_id", name="pk_user_roles"),
    )
    op.create_table(
        "agent_software_version_associations",
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("software_version_id", sa.Integer(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
            name="fk_agent_software_version_associations_agent_id_agents",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["software_version_id"],
            ["software_versions.id"],
            name="fk_agent_software_version_associations_software_version_id_software_versions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "agent_id", "software_version_id", name="pk_agent_software_version_associations"
        ),
    )
    op.create_table(
        "jobtype_software_requirements",
        sa.Column("jobtype_version_id", sa.Integer(), nullable=False),
        sa.Column("software_id", sa.Integer(), nullable=False),
        sa.Column("min_version_id", sa.Integer()),
        sa.Column("max_version_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["jobtype_version_id"],
            ["jobtype_versions.id"],
            name="fk_jobtype_software_requirements_jobtype_version_id_jobtype_versions",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["max_version_id"],
            ["software_versions.id"],
            name="fk_jobtype_software_requirements_max_version_id_software_versions",
        ),
        sa.ForeignKeyConstraint(
            ["min_version_id"],
            ["software_versions.id"],
            name="fk_jobtype_software_requirements_min_version_id_software_versions",
        ),
        sa.ForeignKeyConstraint(
            ["software_id"], ["software.id"], name="fk_jobtype_software_requirements_software_id_software"
        ),
        sa.PrimaryKeyConstraint("jobtype_version_id", "software_id", name="pk_jobtype_software_requirements"),
    )
    op.create_table(
        "job_agent_failures",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_job_agent_failures_agent_id_agents", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_agent_failures_job_id_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "agent_id", name="pk_job_agent_failures"),
    )
    op.create_table(
        "job_agents",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_job_agents_agent_id_agents", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_agents_job_id_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "agent_id", name="pk_job_agents"),
    )
    op.create_table(
        "job_limits",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_limits_job_id_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "name", name="pk_job_limits"),
    )
    op.create_table(
        "job_software_requirements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("software_id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("min_version_id", sa.Integer()),
        sa.Column("max_version_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_software_requirements_job_id_jobs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["max_version_id"],
            ["software_versions.id"],
            name="fk_job_software_requirements_max_version_id_software_versions",
        ),
        sa.ForeignKeyConstraint(
            ["min_version_id"],
            ["software_versions.id"],
            name="fk_job_software_requirements_min_version_id_software_versions",
        ),
        sa.ForeignKeyConstraint(
            ["software_id"], ["software.id"], name="fk_job_software_requirements_software_id_software"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_job_software_requirements"),
        sa.UniqueConstraint("software_id", "job_id", name="uq_job_software_requirements_software_id_job_id"),
    )
    op.create_table(
        "job_tag_requirements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("negate", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_tag_requirements_job_id_jobs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_job_tag_requirements_tag_id_tags"),
        sa.PrimaryKeyConstraint("id", name="pk_job_tag_requirements"),
        sa.UniqueConstraint("tag_id", "job_id", name="uq_job_tag_requirements_tag_id_job_id"),
    )
    op.create_table(
        "notified_users",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("on_success", sa.Boolean(), nullable=False),
        sa.Column("on_failure", sa.Boolean(), nullable=False),
        sa.Column("on_deletion", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_notified_users_job_id_jobs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_notified_users_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "job_id", name="pk_notified_users"),
    )
    op.create_index("ix_job_software_requirements_job_id", "job_software_requirements", ["job_id"])
    op.create_index("ix_job_tag_requirements_job_id", "job_tag_requirements", ["job_id"])
    op.create_index("ix_notified_users_job_id", "notified_users", ["job_id"])
