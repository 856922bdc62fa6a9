"""What is read of runs while the lab is open: files, curves, the device."""
