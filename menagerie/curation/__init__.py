"""Which photos are kept, and the one reason why or why not."""
