"""A Flickr stand-in over HTTP, with Flickr's quirks, and its faults on demand."""
