"""Foreign input of any shape; ``corpus/`` keeps what was worth trying, and each find."""
