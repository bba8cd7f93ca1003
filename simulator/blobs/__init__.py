"""Blob storage as far as azure-storage-blob and azure-ai-ml use it, served by Host on the simulator's one port.

``door`` takes a request in; ``store`` keeps what is stored, and is what other rooms read.
"""
