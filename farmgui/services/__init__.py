"""The use cases, each one transaction; no Qt."""
