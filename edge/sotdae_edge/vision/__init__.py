"""The camera witness: pictures in, presence under the arm out. Runs as a process of its own."""
