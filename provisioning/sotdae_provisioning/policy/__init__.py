"""Policies from the side of the people who write, sign and publish them."""
