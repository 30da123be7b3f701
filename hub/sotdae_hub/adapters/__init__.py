"""One library behind each module; they never import each other."""
