"""The only room that imports azure: `connect(target)` gives a `Cloud`, the same for the rehearsal and for Azure."""
