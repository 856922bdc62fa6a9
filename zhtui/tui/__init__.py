"""The terminal app: the only part of the lab that imports textual."""
