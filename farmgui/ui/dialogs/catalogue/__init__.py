"""The dialogs of the Farm menu: tables of what the farm knows beside jobs and agents, and their forms."""
