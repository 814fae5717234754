"""portkey_async beside bare aiohttp and the official SDKs: `python -m benchmarks`."""
