"""What an agent notices of itself that its gate cannot know: the rungs `NOTICED` of its ladder."""

from sotdae_edge.ports import Clock, Eyes, Watchdog
from sotdae_shared.messages import ClockTrust


def lost(
    clock: Clock, eyes: Eyes | None, watchdog: Watchdog | None, *, storing: bool, now: float
) -> tuple[str, ...]:
    """Return what is lost as of now, by the names of the rungs."""
    silent = watchdog is not None and any(
        condition.code == "watchdog.silent" for condition in watchdog.conditions(now)
    )
    found = {
        "camera_lost": eyes is not None and eyes.problem is not None,
        "clock_untrusted": clock.trust() is ClockTrust.UNTRUSTED,
        "storage_failing": not storing,
        "watchdog_gone": silent,
    }
    return tuple(name for name, holds in found.items() if holds)
