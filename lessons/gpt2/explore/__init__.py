"""What can be explored: where the weights of a GPT-2 are, and its family beside your own."""
