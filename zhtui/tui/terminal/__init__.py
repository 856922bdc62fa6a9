"""The terminal's bytes, frames and keys; the only room that touches Textual's insides."""
