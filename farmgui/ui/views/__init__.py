"""What the window shows: tables, log, strip of farm use, bars and messages."""
