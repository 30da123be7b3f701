"""The SQL database: how it is opened, brought up to date, and how its errors are told apart."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, Result, Row, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from sotdae_hub.adapters.damage import TORN
from sotdae_shared.errors import LinkError

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def engine_for(path: Path, *, any_text: bool = False) -> Engine:
    """Return an engine on a SQLite file in WAL mode.

    With `any_text` what is no UTF-8 is read with marks in its place: one word's damage hides no other row.
    """
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10})

    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if any_text:
            connection.text_factory = lambda raw: raw.decode(errors="replace")

    event.listen(engine, "connect", prepare)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # else SQLite keeps half of a migration that is cut off
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def opening(name: str, engine: Engine) -> Iterator[None]:
    """Raise LinkError where a file cannot be used, and keep none of it open."""
    try:
        with damage_told(name):
            yield
    except BaseException:
        engine.dispose()
        raise


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Raise LinkError where the database refuses for now."""
    try:
        yield
    except SQLAlchemyError as error:
        if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
            raise  # a value that SQL cannot take: no later try helps
        raise LinkError(f"{name}: {getattr(error, 'orig', error)}") from error
    except UnicodeDecodeError as error:  # as damage.REFUSALS says
        raise LinkError(f"{name}: {error}") from error


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """Raise LinkError, too, where what was kept cannot be read any more."""
    with guarded(name):
        try:
            yield
        except TORN as error:
            raise LinkError(f"{name}: a row is damaged: {error}") from error


def whole(found: Result[Any], name: str) -> Iterator[Row[Any]]:
    """Yield the rows that can be read: a damaged one is told, and hides no other."""
    while True:
        try:
            row = found.fetchone()
        except TORN as error:
            log.error("%s: a row is damaged and left out: %s", name, error)
            continue
        if row is None:
            return
        yield row
