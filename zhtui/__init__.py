"""zhtui: a terminal lab for neural networks from scratch."""

__version__ = "0.1.0"
