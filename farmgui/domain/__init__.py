"""The farm's words: states, snapshots, specs, rules and errors; pure, without database, clock or window."""
