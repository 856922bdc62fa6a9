"""The console: a run's model writes, and each token can be asked."""
