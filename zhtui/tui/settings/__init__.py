"""The learner's settings file."""
