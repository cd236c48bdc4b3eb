"""Errors that are the world's fault; each text is a sentence for the wrangler."""


class FarmError(Exception):
    """What happened, why, and what to do, in words; shown as it is in the window and on stderr."""


class InvalidValue(FarmError, ValueError):
    """A value outside of what its column may hold; the text names the range."""


class NotFound(FarmError):
    """What was asked for isn't stored (any more)."""


class StoreError(FarmError):
    """The database could not be opened, read or written; the text says what to do."""


class IllegalMove(Exception):
    """A move that the state tables forbid: a defect of ours, told with the story of the task."""
