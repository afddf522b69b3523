"""What tests of commands are given: the command line, on a database of each kind."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from notifier.cli import main
from notifier.cli.revision import get_head
from notifier.config import Settings

Notifier = Callable[..., Result]

_STAMP = (
    "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)",
    "DELETE FROM alembic_version",
    "INSERT INTO alembic_version VALUES (:head)",
)


@pytest.fixture(name="notifier")
def _notifier(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Notifier:
    """Give a function that runs a command, and expects it to end with *status*."""
    engine = sa.create_engine(settings.database)
    with engine.begin() as connection:
        for statement in _STAMP:
            connection.execute(sa.text(statement), {"head": get_head()})
    engine.dispose()
    monkeypatch.setenv("NOTIFIER_DATABASE_URL", settings.database)
    monkeypatch.setenv("NOTIFIER_DATA_DIR", str(settings.data_dir))

    def notifier(*arguments: str, status: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == status, result.output
        assert isinstance(result.exception, SystemExit | None)
        return result

    return notifier
