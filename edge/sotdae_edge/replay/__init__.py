"""Recorded levels through the shipped gate, in virtual time."""
