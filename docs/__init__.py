"""The documentation, and the code that generates what it lists."""
