"""Scenes of the gpt lesson: the model as boxes, attention on a text, and what is inside."""
