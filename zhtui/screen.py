"""All that a lesson's own screen sees, in one flat face; the lesson itself sees `zhtui.lab`."""
