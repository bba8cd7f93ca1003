"""A stand-in for Azure Resource Manager on https loopback, so that the whole product runs with no account.

It knows nothing of the wizard and imports nothing of it: unmodified Azure SDKs talk to it over the wire.
"""
