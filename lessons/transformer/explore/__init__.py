"""Scenes of the transformer lesson: the three masks, and a text written from another."""
