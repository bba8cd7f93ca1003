"""Scoring that is real: environments are built, containers run, and the scoring URI is answered by the model itself.

A deployment's wish stands in the state (``spec``); the fleet makes the machine look like the state, after a kill too.
"""
