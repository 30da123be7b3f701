"""`sotdae slope`: the thresholds and the forecast of a recorded displacement series."""
