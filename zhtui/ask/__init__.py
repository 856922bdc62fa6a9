"""Who answers questions about a run: the engine process, and its client."""
