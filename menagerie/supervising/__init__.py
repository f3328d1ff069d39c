"""One machine, one command: the parts that run together, watched, restarted and ended together."""
