"""The migrations make what the models say."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from farmgui.models import Base
from farmgui.models.migrations import HEAD, run


def test_the_migrated_database_is_the_one_of_the_models(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'farm.db'}")
    with engine.begin() as connection:
        run.migrate(connection)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == HEAD
    engine.dispose()


def test_indexes_that_the_scheduler_rests_on_are_there(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'farm.db'}")
    with engine.begin() as connection:
        run.migrate(connection)
        for table in Base.metadata.sorted_tables:
            stored = {index["name"] for index in inspect(connection).get_indexes(table.name)}
            assert stored == {index.name for index in table.indexes}, table.name
    engine.dispose()


def test_each_revision_leads_back(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'farm.db'}")
    with engine.begin() as connection:
        run.migrate(connection)
        config = run.config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_the_newest_revision_is_the_one_that_is_named() -> None:
    script = ScriptDirectory.from_config(run.config())
    assert script.get_heads() == [HEAD]
    assert HEAD in run.known_revisions()


@pytest.mark.parametrize("name", sorted(Base.metadata.tables))
def test_each_constraint_has_a_name(name: str) -> None:
    for constraint in Base.metadata.tables[name].constraints:
        assert constraint.name, f"{name}: {constraint}"
