"""One library or device behind each module; they never import each other."""
