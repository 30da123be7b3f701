"""Schema versions of the records, applied at every start."""
