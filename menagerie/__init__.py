"""Build image-classification datasets from Flickr and keep them fresh."""

__version__ = "0.1.0"
