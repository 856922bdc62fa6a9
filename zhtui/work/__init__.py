"""Who works on a run: create, start, drive, record, verify."""
