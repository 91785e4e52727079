"""Pure view models: rows of the store in, what a widget draws out. No Textual, no I/O."""
