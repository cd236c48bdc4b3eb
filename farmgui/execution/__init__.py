"""Running commands: the Runner port, and the agent that runs tasks on a machine."""
