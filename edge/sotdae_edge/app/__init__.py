"""The runners: one queue, one consumer, one owner of the state."""
