"""How a policy's command says what is wrong: all of it, each with its place."""

from collections.abc import Iterator
from contextlib import contextmanager

from sotdae_edge.ending import end
from sotdae_edge.panel.terms import Lang, language, worded
from sotdae_provisioning.telling import told
from sotdae_shared.errors import ConfigError


@contextmanager
def told_whole(*, as_json: bool, lang: Lang | None = None) -> Iterator[None]:
    """Tell every problem of a file as a list, or as JSON; else as other commands do.

    In the language, by default that of the environment; JSON stays English.
    """
    with told(lang):
        try:
            yield
        except ConfigError as error:
            end(error if as_json else worded(lang or language(), error), as_json=as_json)
