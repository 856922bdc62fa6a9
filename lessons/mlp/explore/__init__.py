"""Two mechanisms: a context becomes a guess, and an embedding is a matrix product."""
