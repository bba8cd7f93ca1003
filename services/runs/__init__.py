"""Runs: what was asked for, how far it is, and the worker that walks it."""
