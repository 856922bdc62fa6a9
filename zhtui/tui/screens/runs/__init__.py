"""All runs: filter, compare, change."""
