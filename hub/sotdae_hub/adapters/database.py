"""The SQL database: how it is opened, brought up to date, and how its errors are told apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from sotdae_shared.errors import LinkError

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def engine_for(path: Path) -> Engine:
    """Return an engine on a SQLite file in WAL mode."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10})

    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    event.listen(engine, "connect", prepare)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def opening(name: str, engine: Engine) -> Iterator[None]:
    """Raise LinkError where a file cannot be used, and keep none of it open."""
    try:
        with guarded(name):
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
        raise LinkError(f"{name}: {error}") from error
    except UnicodeDecodeError as error:  # as journal.REFUSALS says
        raise LinkError(f"{name}: {error}") from error
