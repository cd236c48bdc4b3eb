"""Editors of the values of jobs: one value in a table's cell, or all of them in a panel."""
