"""A look inside a run's model while it reads a text."""
