"""How a stage changes: up at once, down only after everything has been known and calm for long enough."""

from sotdae_edge.core.since import Since


def settled(stage: int, wanted: int, *, known: bool, since: Since, calm_s: float, now: float) -> int:
    """Return the stage that follows; call at every scan. What is not known is not calm."""
    if wanted > stage:
        since.forget("calm")
        return wanted
    calm = since.held("calm", known and wanted < stage, calm_s, now)
    if not calm:
        return stage
    since.forget("calm")
    return wanted
