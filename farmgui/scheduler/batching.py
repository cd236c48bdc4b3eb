"""Which queued tasks make the next batch: the rule of `domain.batches`."""

from farmgui.domain.batches import Pickable, pick

__all__ = ["Pickable", "pick"]
