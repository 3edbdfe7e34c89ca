"""Rows of the bill, from any source, and the files made of them."""
