"""A device simulator that behaves: scene, faults, registers, and the doors to them."""
