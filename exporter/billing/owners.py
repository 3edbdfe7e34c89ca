"""Owners of repositories, who may be people."""

PERSON = "(user)"
"""Placeholder for every person; no organization can have this name."""


def organization_of(owner: str) -> str:
    """Return the owner of a repository, or `PERSON` for a managed user.

    Only the logins of managed users have an underscore (docs: enterprise managed users, usernames).
    """
    return PERSON if "_" in owner else owner
