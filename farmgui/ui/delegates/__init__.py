"""Delegates: how the cells of the tables are painted and edited."""

from farmgui.ui.delegates.progress_delegate import ProgressDelegate
from farmgui.ui.delegates.state_delegate import StateDelegate
from farmgui.ui.delegates.value_delegate import ValueDelegate

__all__ = ["ProgressDelegate", "StateDelegate", "ValueDelegate"]
