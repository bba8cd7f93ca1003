"""Models in the cloud: sizes of machines, what an endpoint is and says, code that asks it, its rule of scaling."""
