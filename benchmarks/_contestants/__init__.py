"""The contestants, one module each; every one does the same jobs (`_jobs`)."""
