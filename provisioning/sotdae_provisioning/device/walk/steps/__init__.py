"""The steps of a walk, one subject a module: each tries, measures and says what it found."""
