"""Who may sign policies: a part of a gate's file and of the hub's. Reading it needs no cryptography."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Signer(BaseModel):
    """Somebody whose signature under a policy counts, and where."""

    model_config = _STRICT

    key: Annotated[str, Field(min_length=1, max_length=64)]
    public: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    scope: Annotated[str, Field(pattern=r"^([A-Z]{2}|[0-9]{5})$")]
    """The province (``GG``), or the code of the one city whose facilities they may rule."""


class Trust(BaseModel):
    """How many of whom must sign. The file of a gate or hub holds it; no policy can change it."""

    model_config = _STRICT

    needed: Annotated[int, Field(ge=2, le=8)] = 2
    signers: Annotated[tuple[Signer, ...], Field(min_length=2, max_length=64)]

    @model_validator(mode="after")
    def _distinct(self) -> "Trust":
        for what in ("key", "public", "name"):
            if len({getattr(signer, what).lower() for signer in self.signers}) < len(self.signers):
                raise ValueError(f"policy.signers: two have the same {what}; one person is one signature")
        if self.needed > len(self.signers):
            raise ValueError(f"policy.needed: {self.needed} of {len(self.signers)} signers can never sign")
        return self
