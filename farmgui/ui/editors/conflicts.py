"""Values of a job that can't stand together, told while one types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PAIRS: Final = (
    ("ram_warning", "ram_max", "A warning at {low:,} MB never comes: a task is ended at {high:,} MB."),
    ("minimum_agents", "maximum_agents", "A minimum of {low:,} agents is above the maximum of {high:,}."),
)
"""The first value can't be above the second."""


def conflicts(values: Mapping[str, object]) -> dict[str, str]:
    """What contradicts another of `values`: a sentence by the name of each of the two."""
    found: dict[str, str] = {}
    for low_name, high_name, words in PAIRS:
        low, high = values.get(low_name), values.get(high_name)
        if isinstance(low, int) and isinstance(high, int) and low > high:
            found[low_name] = found[high_name] = words.format(low=low, high=high)
    return found
