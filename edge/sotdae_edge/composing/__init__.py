"""The agents put together from their parts, by a file that fits."""
