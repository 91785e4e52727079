"""LangSmith's API as its SDKs and LangChain use it: runs and feedback, projects, datasets, prompts."""
