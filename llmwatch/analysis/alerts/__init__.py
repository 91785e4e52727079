"""Alert rules: what they hold figures against, and when they fire, hold and are over. Pure."""
