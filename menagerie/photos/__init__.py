"""Photos as files: fetching, storing, and the one path that decodes them."""
