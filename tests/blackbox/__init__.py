"""Real clients as black boxes: each in an environment of its own, against a collector and a stub provider."""
