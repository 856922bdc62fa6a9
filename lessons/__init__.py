"""The built-in lessons, one folder each. Any of them can be deleted and the rest works."""
