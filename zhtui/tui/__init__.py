"""The terminal app: the only part of the lab that imports textual."""

import os

os.environ.setdefault("TEXTUAL_FPS", "120")  # a key waits for the next frame: 4 ms, not 8
os.environ.setdefault("ESCDELAY", "15")  # ms in which what follows an escape has come
