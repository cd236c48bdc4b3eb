"""The window: item models, views, editors and dialogs over services and snapshots."""
