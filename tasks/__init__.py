"""Prefect tasks: policy in the decorator, then open the workshop and make one call."""
