"""The credentials that the tests use: made up, easily told apart, and watched for everywhere."""

API_KEY = "pk-suite-portkey-key"
VIRTUAL_KEY = "vk-suite-virtual-key"
PROVIDER_TOKEN = "sk-suite-provider-token"
CONFIG_SECRET = "sk-suite-config-secret"
HEADER_SECRET = "hk-suite-header-secret"

#: None of these may show in a log record, an error, or the locals of the package's frames.
CREDENTIALS = (
    API_KEY,
    VIRTUAL_KEY,
    PROVIDER_TOKEN,
    CONFIG_SECRET,
    HEADER_SECRET,
    # What the testing kit's server takes, and its client sends, where a test says nothing else.
    "pk-test",
    "test-virtual-key",
)
