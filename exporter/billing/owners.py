"""Owners of repositories, who may be people."""

PERSON = "(user)"
"""Stands for every person; no organization can be named so."""


def organization_of(owner: str) -> str:
    """Return the owner of a repository, `PERSON` if that is a managed user.

    Only managed users' logins hold an underscore (docs: enterprise managed users, usernames).
    """
    return PERSON if "_" in owner else owner
