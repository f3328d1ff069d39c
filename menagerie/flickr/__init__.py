"""Flickr: transport, endpoints, pure parsers."""
