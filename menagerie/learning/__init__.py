"""Training, judging and asking the classifiers of a dataset."""
