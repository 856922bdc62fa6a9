"""The app's screens, a folder each; none imports another."""
