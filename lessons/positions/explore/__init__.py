"""The scenes of the positions lesson, in the order in which the card names them."""
