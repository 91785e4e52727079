"""The demo: a believable workload sent through the real HTTP door, and a local stub provider."""
