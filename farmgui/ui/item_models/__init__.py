"""Qt item models: tables of frozen rows, refreshed by keyed differences."""
