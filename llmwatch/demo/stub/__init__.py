"""A stub of model providers on localhost: answers from the demo's texts, so that replay needs no key.

OpenAI (chat completions, responses, embeddings), Anthropic (messages), Ollama (chat) and Gemini, each
streamed or not, with tools and usage. The same request always gets the same answer. A model's name chooses
a failure: fail-429, fail-500, fail-400 and fail-401 answer that status; slow waits 1.5 s; cutstream breaks
off; length and refusal end that way.
"""
