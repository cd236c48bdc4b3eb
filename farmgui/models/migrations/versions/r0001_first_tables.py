"""The first tables, and the two rows that there is one of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "agents",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("incarnation", sa.String(length=64), nullable=False),
        sa.Column("pid", sa.Integer()),
        sa.Column("cpus", sa.Integer(), nullable=False),
        sa.Column("ram", sa.Integer(), nullable=False),
        sa.Column("free_ram", sa.Integer()),
        sa.Column("os", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("last_heard_from", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Integer()),
        sa.Column("task_id", sa.Integer()),
        sa.Column("agent_id", sa.String(length=64)),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_table(
        "farm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("jobs_submitted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_farm"),
    )
    op.create_table(
        "job_queues",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_jobqueue_id", sa.Integer()),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("fullpath", sa.String(length=1024), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("minimum_agents", sa.Integer()),
        sa.Column("maximum_agents", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["parent_jobqueue_id"], ["job_queues.id"], name="fk_job_queues_parent_jobqueue_id_job_queues"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_job_queues"),
        sa.UniqueConstraint("fullpath", name="uq_job_queues_fullpath"),
        sa.UniqueConstraint("parent_jobqueue_id", "name", name="uq_job_queues_parent_jobqueue_id_name"),
    )
    op.create_table(
        "jobtypes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobtypes"),
        sa.UniqueConstraint("name", name="uq_jobtypes_name"),
    )
    op.create_table(
        "leases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=64)),
        sa.Column("hostname", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_time", sa.Double(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True)),
        sa.Column("yield_asked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_leases"),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("tag", name="uq_tags_tag"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "agent_tag_associations",
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_agent_tag_associations_agent_id_agents", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name="fk_agent_tag_associations_tag_id_tags", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "tag_id", name="pk_agent_tag_associations"),
    )
    op.create_table(
        "job_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("main_jobtype_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["main_jobtype_id"], ["jobtypes.id"], name="fk_job_groups_main_jobtype_id_jobtypes"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_job_groups_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_job_groups"),
    )
    op.create_table(
        "jobtype_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jobtype_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("max_batch", sa.Integer()),
        sa.Column("batch_contiguous", sa.Boolean(), nullable=False),
        sa.Column("supports_tiling", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["jobtype_id"],
            ["jobtypes.id"],
            name="fk_jobtype_versions_jobtype_id_jobtypes",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_jobtype_versions"),
        sa.UniqueConstraint("jobtype_id", "version", name="uq_jobtype_versions_jobtype_id_version"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("time_submitted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_started", sa.DateTime(timezone=True)),
        sa.Column("time_finished", sa.DateTime(timezone=True)),
        sa.Column("jobtype_version_id", sa.Integer(), nullable=False),
        sa.Column("job_queue_id", sa.Integer()),
        sa.Column("job_group_id", sa.Integer()),
        sa.Column("user_id", sa.Integer()),
        sa.Column("minimum_agents", sa.Integer()),
        sa.Column("maximum_agents", sa.Integer()),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("output_link", sa.Text()),
        sa.Column("frames", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("num_tiles", sa.Integer()),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("requeue", sa.Integer(), nullable=False),
        sa.Column("cpus", sa.Integer(), nullable=False),
        sa.Column("ram", sa.Integer(), nullable=False),
        sa.Column("ram_warning", sa.Integer()),
        sa.Column("ram_max", sa.Integer()),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("environ", sa.JSON()),
        sa.Column("data", sa.JSON()),
        sa.Column("to_be_deleted", sa.Boolean(), nullable=False),
        sa.Column("completion_notify_sent", sa.Boolean(), nullable=False),
        sa.Column("autodelete_time", sa.Integer()),
        sa.Column("num_queued", sa.Integer(), nullable=False),
        sa.Column("num_assigned", sa.Integer(), nullable=False),
        sa.Column("num_running", sa.Integer(), nullable=False),
        sa.Column("num_done", sa.Integer(), nullable=False),
        sa.Column("num_failed", sa.Integer(), nullable=False),
        sa.Column("num_marked_failed", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("warning", sa.Text()),
        sa.Column("task_seconds", sa.Double()),
        sa.Column("waiting", sa.Text()),
        sa.ForeignKeyConstraint(["job_group_id"], ["job_groups.id"], name="fk_jobs_job_group_id_job_groups"),
        sa.ForeignKeyConstraint(["job_queue_id"], ["job_queues.id"], name="fk_jobs_job_queue_id_job_queues"),
        sa.ForeignKeyConstraint(
            ["jobtype_version_id"],
            ["jobtype_versions.id"],
            name="fk_jobs_jobtype_version_id_jobtype_versions",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_jobs_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])

    op.create_table(
        "job_dependencies",
        sa.Column("childid", sa.Integer(), nullable=False),
        sa.Column("parentid", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["childid"], ["jobs.id"], name="fk_job_dependencies_childid_jobs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parentid"], ["jobs.id"], name="fk_job_dependencies_parentid_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("childid", "parentid", name="pk_job_dependencies"),
    )
    op.create_index("ix_job_dependencies_parentid", "job_dependencies", ["parentid"])

    op.create_table(
        "job_tag_associations",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_tag_associations_job_id_jobs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name="fk_job_tag_associations_tag_id_tags", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "tag_id", name="pk_job_tag_associations"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("frame", sa.BigInteger(), nullable=False),
        sa.Column("tile", sa.Integer()),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=64)),
        sa.Column("attempt_id", sa.Integer()),
        sa.Column("time_started", sa.DateTime(timezone=True)),
        sa.Column("time_finished", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text()),
        sa.Column("warning", sa.Text()),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_tasks_agent_id_agents", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_tasks_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_job_id_state_position", "tasks", ["job_id", "state", "position"])

    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.Column("incarnation", sa.String(length=64), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stop_as", sa.String(length=16)),
        sa.Column("cpus", sa.Integer(), nullable=False),
        sa.Column("ram", sa.Integer(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("time_assigned", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_started", sa.DateTime(timezone=True)),
        sa.Column("time_finished", sa.DateTime(timezone=True)),
        sa.Column("exit_status", sa.Integer()),
        sa.Column("reason", sa.Text()),
        sa.Column("cpu_seconds", sa.Double()),
        sa.Column("peak_ram", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_attempts_agent_id_agents", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name="fk_attempts_task_id_tasks", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint("task_id", "number", name="uq_attempts_task_id_number"),
        sa.UniqueConstraint("token", name="uq_attempts_token"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_attempts_open",
        "attempts",
        ["agent_id", "batch"],
        sqlite_where=sa.text("state IN ('assigned', 'running')"),
        postgresql_where=sa.text("state IN ('assigned', 'running')"),
    )

    op.create_table(
        "failed_tasks_in_agents",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_failed_tasks_in_agents_agent_id_agents", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name="fk_failed_tasks_in_agents_task_id_tasks", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "agent_id", name="pk_failed_tasks_in_agents"),
    )

    op.execute(
        "INSERT INTO leases (id, hostname, pid, process_time, kind, fence, yield_asked) "
        "VALUES (1, '', 0, 0, '', 0, false)"
    )
    op.execute("INSERT INTO farm (id, revision, jobs_submitted) VALUES (1, 0, 0)")


def downgrade() -> None:
    """Back to the one before."""
    op.drop_table("failed_tasks_in_agents")

    op.drop_table("attempts")

    op.drop_table("tasks")
    op.drop_table("job_tag_associations")

    op.drop_table("job_dependencies")

    op.drop_table("jobs")
    op.drop_table("jobtype_versions")
    op.drop_table("job_groups")
    op.drop_table("agent_tag_associations")
    op.drop_table("users")
    op.drop_table("tags")
    op.drop_table("leases")
    op.drop_table("jobtypes")
    op.drop_table("job_queues")
    op.drop_table("farm")
    op.drop_table("events")
    op.drop_table("agents")
