"""The Textual app: feed, view models, screens, widgets, commands."""
