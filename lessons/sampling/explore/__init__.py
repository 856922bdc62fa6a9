"""The scenes of the sampling lesson, in the order in which the card names them."""
