"""Where a client's calls go, and on whose behalf; the list of threads that some servers have."""

import pytest

from portkey_async import APIStatusError, AsyncPortkey
from portkey_async.testing import PortkeyServer

URL = "https://gateway.example.org/v1/"


def account(**settings: object) -> str:
    """Give the digest of a client with these settings."""
    return AsyncPortkey(base_url=URL, **settings).account  # type: ignore[arg-type]  # of any kind


def test_the_url_of_a_client() -> None:
    """Without a slash at its end, and without a credential that stands in the path."""
    client = AsyncPortkey("pk-in-the-path", base_url="https://example.org/pk-in-the-path/v1/")

    assert AsyncPortkey(base_url=URL).base_url == URL.removesuffix("/")
    assert "pk-in-the-path" not in client.base_url
    assert client.with_options(base_url="https://other.example/v1").base_url.startswith(
        "https://other"
    )


def test_the_same_settings_are_the_same_account() -> None:
    """In another client, in another process."""
    assert account(api_key="pk-one") == account(api_key="pk-one", timeout=5, trace_id="t")
    assert account() == account()


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "pk-two"},
        {"virtual_key": "vk"},
        {"provider": "openai"},
        {"authorization": "token"},
        {"config": {"provider": "openai"}},
        {"headers": {"x-api-key": "k"}},
    ],
)
def test_what_tells_accounts_apart(settings: dict[str, object]) -> None:
    """Keys, the provider, the config; and no credential can be read in it."""
    other = account(**{"api_key": "pk-one"} | settings)

    assert other != account(api_key="pk-one")
    assert len(other) == 32
    assert not any(str(value) in other for value in settings.values())


def test_another_url_is_another_account() -> None:
    """However alike the keys."""
    client = AsyncPortkey("pk-one", base_url=URL)

    assert client.with_options(base_url="https://other.example/v1").account != client.account


async def test_threads_are_listed_where_the_server_does() -> None:
    """Foundry does; pages, orders and cursors are those of any list."""
    async with PortkeyServer(dialect="threads-listed") as server, server.client() as client:
        ids = [(await client.threads.create()).id for _ in range(5)]

        listed = [thread.id async for thread in client.threads.list(limit=2, order="asc")]
        after = await client.threads.list(after=ids[2], order="asc")

    assert listed == ids
    assert [thread.id for thread in after] == ids[3:]


async def test_threads_are_not_listed_elsewhere(portkey_client: AsyncPortkey) -> None:
    """The error is that of any path which is not there."""
    with pytest.raises(APIStatusError, match=r"40[45]"):
        await portkey_client.threads.list()

    with pytest.raises(TypeError, match="limit"):
        portkey_client.threads.list(limits=3)  # type: ignore[call-arg]
