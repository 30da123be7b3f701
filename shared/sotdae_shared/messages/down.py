"""What a node is told: acks, orders, releases, questions."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat

from sotdae_shared.ids import BootText, FacilityText
from sotdae_shared.messages.words import Class, Count, Name, Seq, Text


class Down(BaseModel):
    """A body that goes down: an edge obeys nothing that it does not fully understand."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AckBody(Down):
    """The hub holds these messages durably. The edge may delete them."""

    model_config = ConfigDict(populate_by_name=True)

    boot: BootText
    cls: Annotated[Class, Field(alias="class")]
    upto: Count
    """Every sequence number from 1 to this one is held."""
    ranges: tuple[tuple[Seq, Seq], ...] = ()
    """Further closed ranges held above `upto`."""


class Approval(Down):
    """One person's signature over the canonical bytes of the command without its approvals."""

    key: Name
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class CommandBody(Down):
    """A signed order. The edge decides whether to obey."""

    id: Name
    facility: FacilityText
    actuator: Name
    """``barrier`` to close and open, ``channel:<name>`` to bypass, restore and test, ``lamps``, ``siren``."""
    target: Literal["close", "open", "bypass", "restore", "test"]
    reason: Text
    incident: Name | None = None
    issuer: Name
    """Where it was made, for the record. It has no authority: the signatures have."""
    seq: Seq
    """Above every number that a signer's key was accepted with."""
    not_after: AwareDatetime
    expect_state: Name
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    lasts_s: Annotated[FiniteFloat, Field(gt=0)] | None = None
    """How long a bypass stands."""
    checklist: Annotated[tuple[Name, ...], Field(max_length=16)] = ()
    """What the signers of an opening attest, such as ``on_site``."""
    approvals: Annotated[tuple[Approval, ...], Field(max_length=8)] = ()


class ReleaseBody(Down):
    """The hub's word to a gate that waits for its release. Alone it opens nothing."""

    id: Name
    facility: FacilityText
    command: Name
    """Id of the order that waits."""
    incident: Name
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    """The gate's second nonce, given for this order alone."""
    granted: bool
    because: Text
    key: Name
    """Which of the keys under ``[[release]]`` of the gate's file has signed."""
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    """Over the canonical bytes of all the rest; see ``signing.release_bytes``."""


class QueryBody(Down):
    """A question: ``birth`` (describe yourself) or ``nonce`` (what to sign for a reopening)."""

    id: Name
    query: Literal["birth", "nonce"]
