"""Fault injection that a person asks for, so that reports can be seen to notice it."""

import random
from collections.abc import Callable

from sotdae_hub.ports import Entry
from sotdae_shared.errors import ConfigError

DROP_AFTER_ACK = "drop-after-ack"


def parse_fault(text: str, rng: random.Random) -> Callable[[Entry], bool]:
    """Understand ``drop-after-ack=0.1``: this share of the messages is acked but reaches no store.

    Raises:
        ConfigError: for anything else.
    """
    name, _, share_text = text.partition("=")
    try:
        share = float(share_text)
    except ValueError:
        share = -1.0
    if name != DROP_AFTER_ACK or not 0.0 <= share <= 1.0:
        raise ConfigError("--fault", [f"{text!r}: want {DROP_AFTER_ACK}=<0..1>"])
    return lambda _entry: rng.random() < share
