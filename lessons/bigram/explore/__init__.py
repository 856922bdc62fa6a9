"""Scenes of the bigram lesson: a table counted and thrown, and a net that learned the same."""
