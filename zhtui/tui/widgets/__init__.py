"""The app's widgets: the chart, one widget a view, and the lists and lines around them."""
