"""The box's side of its identity: key and papers made on it, enrolled, renewed."""
