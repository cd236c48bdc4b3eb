"""What is stored: SQLAlchemy classes, one noun a module; the migrations of their tables lie beside them."""

from farmgui.models.agent import Agent, AgentDisk, AgentGpu, AgentMacAddress
from farmgui.models.attempt import IS_OPEN, Attempt
from farmgui.models.base import Base
from farmgui.models.change import AgentChange, JobChange
from farmgui.models.dependency import dependencies
from farmgui.models.event import Event
from farmgui.models.job import Job, JobAgent, JobAgentFailures, JobGroup
from farmgui.models.jobtype import JobType, JobTypeVersion
from farmgui.models.lease import FarmRow, Lease
from farmgui.models.limit import JobLimit, Limit
from farmgui.models.notice import Notice
from farmgui.models.path_map import PathMap
from farmgui.models.queue import JobQueue
from farmgui.models.sight import AgentSight
from farmgui.models.software import (
    JobSoftwareRequirement,
    JobTypeSoftwareRequirement,
    Software,
    SoftwareVersion,
    agent_software_versions,
)
from farmgui.models.statistics import AgentCount, TaskCount, TaskEventCount
from farmgui.models.tag import JobTagRequirement, Tag, agent_tags, job_tags
from farmgui.models.task import Task, failed_on
from farmgui.models.user import JobNotifiedUser, Role, User, user_roles

__all__ = [
    "IS_OPEN",
    "Agent",
    "AgentChange",
    "AgentCount",
    "AgentDisk",
    "AgentGpu",
    "AgentMacAddress",
    "AgentSight",
    "Attempt",
    "Base",
    "Event",
    "FarmRow",
    "Job",
    "JobAgent",
    "JobAgentFailures",
    "JobChange",
    "JobGroup",
    "JobLimit",
    "JobNotifiedUser",
    "JobQueue",
    "JobSoftwareRequirement",
    "JobTagRequirement",
    "JobType",
    "JobTypeSoftwareRequirement",
    "JobTypeVersion",
    "Lease",
    "Limit",
    "Notice",
    "PathMap",
    "Role",
    "Software",
    "SoftwareVersion",
    "Tag",
    "Task",
    "TaskCount",
    "TaskEventCount",
    "User",
    "agent_software_versions",
    "agent_tags",
    "dependencies",
    "failed_on",
    "job_tags",
    "user_roles",
]
