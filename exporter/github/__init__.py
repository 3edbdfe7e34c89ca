"""GitHub's API: client, credentials, limits and errors."""
