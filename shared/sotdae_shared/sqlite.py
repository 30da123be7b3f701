"""What goes wrong with a SQLite file."""

import sqlite3

REFUSALS = (sqlite3.Error, UnicodeDecodeError)
"""The latter stands for the former where damage has made names of the schema into what is no text."""
