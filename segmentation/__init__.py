"""The small program behind make: builds, tests and documents the project with plain words."""
