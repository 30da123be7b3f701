"""The technician's screen on site: the agent's local socket, and the terminal that speaks to it."""
