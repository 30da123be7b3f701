"""Pure decisions: values and a monotonic time in, effects out."""
