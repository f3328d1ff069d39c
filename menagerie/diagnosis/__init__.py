"""What is amiss on a machine, and what cures it."""
