"""A run on disk: its files, its store, its checkpoints, its figures."""
