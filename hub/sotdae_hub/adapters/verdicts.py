"""What nodes decided about policies, filed with the decisions that say so."""

import re

from sqlalchemy import Connection, insert, select, update

from sotdae_hub.adapters import tables
from sotdae_shared.messages import MAX_COUNT, Envelope

_COMMAND = re.compile(r"policy-([0-9]{1,16})")


def file_verdict(db: Connection, envelope: Envelope) -> None:
    """File a decision about a policy; one that is no such decision, or older than what is filed, is not."""
    body, table = envelope.body, tables.policy_verdict
    named = _COMMAND.fullmatch(body.command or "")
    if body.decision != "policy" or body.verdict is None or named is None or int(named[1]) > MAX_COUNT:
        return
    key = {"facility": envelope.facility, "node": envelope.node, "version": int(named[1])}
    values = {
        "at": envelope.at,
        "refused": ("; ".join(body.because) or "no reason given") if body.verdict == "refused" else None,
    }
    mine = (
        (table.c.facility == key["facility"])
        & (table.c.node == key["node"])
        & (table.c.version == key["version"])
    )
    before = db.execute(select(table.c.at).where(mine)).scalar_one_or_none()
    if before is None:
        db.execute(insert(table).values(key | values))
    elif before <= envelope.at:
        db.execute(update(table).where(mine).values(values))
