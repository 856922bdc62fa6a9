"""The explore screen: a lesson's mechanism, frame by frame, to point at, poke and predict."""
