"""What one transaction of the writer does, table by table. Only `llmwatch.store.writer` calls it."""
