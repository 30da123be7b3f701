"""The edge: agents that decide and act on site, with or without the network."""
