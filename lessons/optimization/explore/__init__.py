"""Four mechanisms: how a net begins, BatchNorm, what Adam does to one weight, and folding."""
