"""How much of an agent tasks may use: its cpus and ram by the shares that a wrangler allots."""

from __future__ import annotations


def share_of(amount: int, allocation: float, *, least: int = 0) -> int:
    """What farmgui may use of `amount`."""
    # A share like 0.29 of 100 is 28.999… to a computer.
    return max(least, int(amount * allocation + 1e-6))
