"""Alembic's migrations of the own tables, one file a release."""
