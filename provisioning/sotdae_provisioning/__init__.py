"""The command line, the demo and the benchmarks: the one place that composes every part."""
