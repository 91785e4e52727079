"""One module of routes a protocol."""
