"""The commissioning walk: every part of a gate tried by a technician on site, and a signed report of it."""
