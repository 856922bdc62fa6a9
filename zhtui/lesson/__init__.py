"""What a lesson is: its card, knobs, run, views and where it is found."""
