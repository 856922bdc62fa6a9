"""The first screen: lessons, their best figures, live runs."""
