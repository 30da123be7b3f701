"""How long each certificate lives, and when it is renewed (DESIGN 7)."""

from datetime import timedelta

ROOT = timedelta(days=365 * 20)
PROVINCE = timedelta(days=365 * 10)
CITY = timedelta(days=365 * 5)
DEVICE = timedelta(days=180)
SERVICE = timedelta(days=180)
CRL = timedelta(days=7)
BACKDATED = timedelta(hours=1)
"""A device's clock may be a little behind."""
