"""Laws are not timed: a loaded machine is no counter-example."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
