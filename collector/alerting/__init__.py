"""Alerts: looking at the rules, and telling people."""
