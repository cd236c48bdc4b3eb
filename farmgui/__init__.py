"""farmgui: a desktop farm monitor with the scheduler inside."""

__version__ = "0.1.0"
