"""What the enrolment office may state. Reading what was kept needs no cryptography; `sealed` checks it."""

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Statement(BaseModel):
    """What is stated, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    KIND: ClassVar[str]
    issued_at: AwareDatetime
