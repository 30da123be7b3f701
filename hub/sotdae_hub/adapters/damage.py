"""What a damaged file raises."""

import sqlite3

REFUSALS = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises; the latter where damage has made names of the schema into what is no text."""
TORN = (ValueError, TypeError, OverflowError)
"""What a row raises whose damage the database does not see."""
