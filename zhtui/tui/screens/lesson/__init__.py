"""A lesson's screen: charts, views, knobs, notes, questions, the device."""
