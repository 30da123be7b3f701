"""The second process of a gate: closes the warnings when the agent stops feeding it, and never opens them."""
