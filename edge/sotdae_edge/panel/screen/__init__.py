"""The terminal screen: the only place that knows how it is drawn."""
