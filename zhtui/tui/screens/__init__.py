"""The app's screens: home, a lesson, and the dialogs over them."""
