"""Model providers: prices, building a request from a recorded call, sending it, reading the answer."""
