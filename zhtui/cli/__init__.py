"""The command line: runs, lessons, scenes, settings, the web."""
