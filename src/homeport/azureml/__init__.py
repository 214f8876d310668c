"""Answers `import azureml` with the SDK objects."""
