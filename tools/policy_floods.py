"""Dry-run a stricter policy on recorded floods; write docs/policy.md's table and picture.

Reads the reference data (SOTDAE_SHARED, or ../shared/data); needs the extra `dev`.
"""

from datetime import UTC, datetime, timedelta

from replay_floods import CHORYANG, IMAGES, OSONG, REPO, curve, put, record

from sotdae_edge.replay.layout import BUILT_IN
from sotdae_provisioning.policy.dry_run import Trial, trials
from sotdae_provisioning.policy.dry_run_plot import plot
from sotdae_provisioning.policy.trying import cells
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import PolicyBody, PolicyValues

PAGE = REPO / "docs" / "policy.md"
AT = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = PolicyBody(
    version=1, scope=("GG",), types=(FacilityType.UNDERPASS,), issued_at=AT, reason="dry run",
    review_by=AT + timedelta(days=365), values=PolicyValues(caution_cm=4.0, close_cm=12.0),
)  # fmt: skip
HEAD = """| record | caution | closing | cautions | closings | false |
|---|---|---|---|---|---|"""


def tell() -> list[Trial]:
    """Run all replays twice: a minute."""
    records = [
        record("Dead Run, June 2018", "usgs_01589330_deadrun_2018-06_5min.parquet", "01589330"),
        record("Plumtree Run, 2016-2018", "usgs_01581752_plumtree_2016-2018_5min.parquet", "01581752"),
        curve("Choryang (computed)", "2020-07-23T21:20:00", CHORYANG, []),
        curve("Osong without the river gauge (computed)", "2023-07-15T06:00:00", OSONG, []),
    ]
    return list(trials(POLICY, [BUILT_IN], records, lambda _: None))


def tables(told: list[Trial]) -> dict[str, list[str]]:
    """Return the page's tables by name."""
    return {"dry-run": [HEAD, *(f"| {' | '.join(cells(trial)[1:])} |" for trial in told)]}


def main() -> None:
    told = tell()
    text = PAGE.read_text(encoding="utf-8")
    for name, lines in tables(told).items():
        text = put(text, name, lines)
    PAGE.write_text(text, encoding="utf-8")
    plot(told, IMAGES / "policy-dry-run.png", "caution 5 to 4 cm, closing 15 to 12 cm")


if __name__ == "__main__":
    main()
