"""What can be explored: UCT phase by phase, PUCT with priors, and agreement with perfect play."""
