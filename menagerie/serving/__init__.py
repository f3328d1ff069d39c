"""Answering for the champions of all datasets at once: what the prediction pages stand on."""
