"""Learning what is familiar: reading labelled rows, fitting, the learned files, new situations."""
