"""What the demo's services do: one module a feature, each with ``play(world, start_ns)``."""
