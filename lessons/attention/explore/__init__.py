"""The scenes of the attention lesson, in the order in which the card names them."""
