"""Policies and their roll-outs in SQL, beside the records. One transaction for each step."""

import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update

from sotdae_hub.adapters import tables
from sotdae_hub.adapters.database import damage_told, engine_for, guarded, migrate, opening
from sotdae_hub.core.rings import Member
from sotdae_hub.core.rollout import Rollout, State
from sotdae_hub.ports import Forgotten, KeptRollout, PolicyVerdict
from sotdae_shared.messages import PolicyBody

_NAME = "policies"


class SqlPolicies:
    """See ports.PolicyStore."""

    def __init__(self, path: Path) -> None:
        """Open or create, and bring the schema up to date. Raises LinkError if it cannot be used."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = engine_for(path)
        self._lock = threading.Lock()
        with opening(f"{_NAME} {path}", self._engine):
            migrate(self._engine)

    def rollouts(self) -> list[KeptRollout]:
        """See ports.PolicyStore."""
        both = tables.policy.join(
            tables.policy_rollout, tables.policy.c.version == tables.policy_rollout.c.version
        )
        with damage_told(_NAME), self._engine.connect() as db:
            rows = db.execute(select(both).order_by(tables.policy.c.version)).all()
            return [_kept(row._mapping) for row in rows]

    def publish(self, rollout: Rollout, at: datetime) -> None:
        """See ports.PolicyStore."""
        body = rollout.policy.model_dump(mode="json")
        rings = [[member.facility, member.node, ring] for member, ring in rollout.ring_of.items()]
        begun = {"version": rollout.version, "rings": rings, **_moving(rollout, at)}
        begun |= {"abort_percent": rollout.abort_percent, "soak_s": rollout.soak_s}
        begun |= {"left_out": sorted(rollout.left_out)}
        with guarded(_NAME), self._lock, self._engine.begin() as db:
            db.execute(insert(tables.policy).values(version=rollout.version, published_at=at, body=body))
            db.execute(insert(tables.policy_rollout).values(begun))

    def save(self, rollout: Rollout, since: datetime) -> None:
        """See ports.PolicyStore."""
        table = tables.policy_rollout
        with guarded(_NAME), self._lock, self._engine.begin() as db:
            db.execute(
                update(table).where(table.c.version == rollout.version).values(_moving(rollout, since))
            )

    def resume(self, rollout: Rollout, since: datetime) -> None:
        """See ports.PolicyStore."""
        table, said = tables.policy_rollout, tables.policy_verdict
        with guarded(_NAME), self._lock, self._engine.begin() as db:
            db.execute(delete(said).where((said.c.version == rollout.version) & said.c.refused.is_not(None)))
            db.execute(
                update(table).where(table.c.version == rollout.version).values(_moving(rollout, since))
            )

    def verdicts(self) -> dict[tuple[Member, int], PolicyVerdict]:
        """See ports.PolicyStore."""
        with damage_told(_NAME), self._engine.connect() as db:
            rows = db.execute(select(tables.policy_verdict)).all()
        return {
            (Member(row.facility, row.node), row.version): PolicyVerdict(row.at, row.refused) for row in rows
        }

    def forget(self, word: Forgotten) -> None:
        """See ports.PolicyStore."""
        told = insert(tables.policy_forgotten).values(
            facility=word.member.facility, node=word.member.node, at=word.at, by=word.by, reason=word.reason,
            journal_offset=word.offset,
        )  # fmt: skip
        with guarded(_NAME), self._lock, self._engine.begin() as db:
            db.execute(told)

    def forgotten(self) -> list[Forgotten]:
        """See ports.PolicyStore."""
        with damage_told(_NAME), self._engine.connect() as db:
            rows = db.execute(select(tables.policy_forgotten).order_by(tables.policy_forgotten.c.id)).all()
        return [
            Forgotten(Member(row.facility, row.node), row.at, row.by, row.reason, row.journal_offset)
            for row in rows
        ]

    def close(self) -> None:
        """See ports.PolicyStore."""
        self._engine.dispose()


def _moving(rollout: Rollout, since: datetime) -> dict[str, Any]:
    return {"ring": rollout.ring, "state": rollout.state.value, "why": rollout.why, "since": since}


def _kept(row: Mapping[Any, Any]) -> KeptRollout:
    of = tables.policy_rollout.c
    rollout = Rollout(
        policy=PolicyBody.model_validate(row[tables.policy.c.body]),
        ring_of={Member(facility, node): ring for facility, node, ring in row[of.rings]},
        abort_percent=row[of.abort_percent],
        soak_s=row[of.soak_s],
        left_out=frozenset(row[of.left_out]),
        ring=row[of.ring],
        state=State(row[of.state]),
        why=row[of.why],
    )
    return KeptRollout(rollout, row[tables.policy.c.published_at], row[of.since])
