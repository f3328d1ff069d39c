"""Where photos come from: one interface, and what stands behind it."""
