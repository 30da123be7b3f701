"""The decision record: everything a gate was told and did, chained, signed, and replayable bit for bit."""
