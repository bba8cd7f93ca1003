"""The catalogue of Azure resource types: the contract in `base`, one file a type in `types`, found by `registry`."""
