"""From a dropped file or a command to a job that can be submitted."""
