"""The machine: its device, its GPU, and what helps a starved worker."""
