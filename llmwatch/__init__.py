"""llmwatch: a terminal monitor for LLM apps.

Importing this package loads none of its parts; an app under watch pays nothing for it.
"""

__version__ = "0.1.0"
