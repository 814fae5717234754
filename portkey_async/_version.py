"""The one place the version is written."""

__version__: str = "0.1.0"
