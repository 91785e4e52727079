"""Run llmwatch as python -m llmwatch."""

from llmwatch.cli import main

if __name__ == "__main__":
    main()
