"""What screens share that ask the engine about a run."""
