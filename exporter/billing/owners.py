"""Owners of repositories, who may be people."""

PERSON = "(user)"
"""Stands for every person; no organization can be named so."""


def organization_of(owner: str) -> str:
    """Name the owner of a repository, unless that is a managed user, whose login is no label.

    Managed users' logins hold an underscore, organizations' names never do (docs: enterprise
    managed users, usernames).
    """
    return PERSON if "_" in owner else owner
