"""What can be explored: a token's way through the router, and the balance of the load."""
