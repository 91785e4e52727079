"""W&B Weave: calls whole or in halves (start and end), feedback on them, and objects that are only hashed."""
