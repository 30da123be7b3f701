"""Benchmarks: what the design promises, measured here and now, beside what is possible at all."""
