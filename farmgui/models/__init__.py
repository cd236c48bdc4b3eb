"""What is stored: SQLAlchemy classes, one noun a module."""
