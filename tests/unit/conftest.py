"""Settings for the tests of the pure modules."""

from hypothesis import HealthCheck, settings

# A noisy machine must not fail a property, so no time is measured.
settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")
