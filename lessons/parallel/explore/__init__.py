"""What can be explored: what a rank holds and sends, a pipeline slot by slot, a ring by steps."""
