"""What is stored: SQLAlchemy classes, one noun a module; the migrations of their tables lie beside them."""

from farmgui.models.agent import Agent
from farmgui.models.attempt import IS_OPEN, Attempt
from farmgui.models.base import Base
from farmgui.models.event import Event
from farmgui.models.job import Job, JobGroup, dependencies
from farmgui.models.jobtype import JobType, JobTypeVersion
from farmgui.models.lease import FarmRow, Lease
from farmgui.models.queue import JobQueue
from farmgui.models.tag import Tag, agent_tags, job_tags
from farmgui.models.task import Task, failed_on
from farmgui.models.user import User

__all__ = [
    "IS_OPEN",
    "Agent",
    "Attempt",
    "Base",
    "Event",
    "FarmRow",
    "Job",
    "JobGroup",
    "JobQueue",
    "JobType",
    "JobTypeVersion",
    "Lease",
    "Tag",
    "Task",
    "User",
    "agent_tags",
    "dependencies",
    "failed_on",
    "job_tags",
]
