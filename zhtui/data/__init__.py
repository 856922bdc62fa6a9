"""Data sets: carried with the program, on disk, downloaded."""
