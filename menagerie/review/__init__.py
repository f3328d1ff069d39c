"""Looking through the photos of a dataset: in which order, which of them, how far people came."""
