"""How to ask GitHub: one client, its credential, its limits and its failures."""
