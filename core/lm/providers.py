"""Who offers language models: the usual names, and what each of them needs to be reached.

Names, prefixes and variables are LiteLLM's, which dspy falls back on. Local servers are looked for
at fixed ports of this machine only: no address that somebody typed is ever searched.
"""

import functools
import json
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.lm.connection import LMConfig

LOOK = 1.5
"""Seconds that a local server may take to list its models."""
LARGEST_LIST = 1_000_000
"""Bytes of a list of models that are read."""
MOST_MODELS = 500


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One way to a model."""

    id: str
    title: str
    prefix: str = ""
    """What LiteLLM wants before the model's name; empty with an address."""
    key: str | None = None
    """Usual name of its key; None where no single key opens it."""
    address: Literal["none", "needed"] = "none"
    example_address: str = ""
    example_model: str = ""
    variables: tuple[str, ...] = ()
    """Further variables that it reads from the server's environment."""
    advice: str = ""
    """What people trip over."""
    keys_at: str = ""
    """Where a key can be had."""

    @property
    def is_azure(self) -> bool:
        """Whether its interface is Azure's own."""
        return self.id == "azure"


OWN_ADDRESS = Provider(
    id="address",
    title="Any OpenAI-compatible address",
    address="needed",
    key="OPENAI_COMPATIBLE_KEY",
    example_address="http://localhost:8000/v1",
    example_model="Qwen/Qwen3-8B",
    advice="vLLM, llama.cpp server, LM Studio, LiteLLM proxy, a gateway … The address usually ends "
    "in /v1, and the model's name is the one that the server lists.",
)

PROVIDERS = (
    Provider(
        id="openai",
        title="OpenAI",
        prefix="openai/",
        key="OPENAI_API_KEY",
        example_model="gpt-4o-mini",
        advice="Reasoning models take no temperature; leave it empty.",
        keys_at="https://platform.openai.com/api-keys",
    ),
    Provider(
        id="anthropic",
        title="Anthropic",
        prefix="anthropic/",
        key="ANTHROPIC_API_KEY",
        example_model="claude-sonnet-4-5",
        keys_at="https://console.anthropic.com/settings/keys",
    ),
    Provider(
        id="gemini",
        title="Google Gemini",
        prefix="gemini/",
        key="GEMINI_API_KEY",
        example_model="gemini-2.5-flash",
        keys_at="https://aistudio.google.com/apikey",
    ),
    OWN_ADDRESS,
    Provider(
        id="azure",
        title="Azure OpenAI",
        key="AZURE_API_KEY",
        address="needed",
        example_address="https://my-resource.openai.azure.com",
        example_model="my-deployment",
        advice="The model is the name of your deployment, not of the model behind it.",
        keys_at="https://portal.azure.com",
    ),
    Provider(
        id="bedrock",
        title="Amazon Bedrock",
        prefix="bedrock/",
        key=None,
        example_model="anthropic.claude-3-5-haiku-20241022-v1:0",
        variables=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION_NAME"),
        advice="It uses the AWS identity of the server: these variables, a profile or a role.",
    ),
    Provider(
        id="groq",
        title="Groq",
        prefix="groq/",
        key="GROQ_API_KEY",
        example_model="llama-3.3-70b-versatile",
        keys_at="https://console.groq.com/keys",
    ),
    Provider(
        id="mistral",
        title="Mistral",
        prefix="mistral/",
        key="MISTRAL_API_KEY",
        example_model="mistral-small-latest",
        keys_at="https://console.mistral.ai/api-keys",
    ),
    Provider(
        id="openrouter",
        title="OpenRouter",
        prefix="openrouter/",
        key="OPENROUTER_API_KEY",
        example_model="meta-llama/llama-3.3-70b-instruct",
        keys_at="https://openrouter.ai/keys",
    ),
    Provider(
        id="together",
        title="Together AI",
        prefix="together_ai/",
        key="TOGETHERAI_API_KEY",
        example_model="meta-llama/Llama-3.3-70B-Instruct-Turbo",
        keys_at="https://api.together.ai/settings/api-keys",
    ),
    Provider(
        id="deepseek",
        title="DeepSeek",
        prefix="deepseek/",
        key="DEEPSEEK_API_KEY",
        example_model="deepseek-chat",
        keys_at="https://platform.deepseek.com/api_keys",
    ),
    Provider(
        id="fireworks",
        title="Fireworks AI",
        prefix="fireworks_ai/",
        key="FIREWORKS_AI_API_KEY",
        example_model="accounts/fireworks/models/llama-v3p3-70b-instruct",
    ),
    Provider(
        id="cohere",
        title="Cohere",
        prefix="cohere_chat/",
        key="COHERE_API_KEY",
        example_model="command-r-08-2024",
        keys_at="https://dashboard.cohere.com/api-keys",
    ),
    Provider(
        id="xai",
        title="xAI",
        prefix="xai/",
        key="XAI_API_KEY",
        example_model="grok-3-mini",
        keys_at="https://console.x.ai",
    ),
    Provider(
        id="cerebras",
        title="Cerebras",
        prefix="cerebras/",
        key="CEREBRAS_API_KEY",
        example_model="llama-3.3-70b",
    ),
    Provider(
        id="perplexity",
        title="Perplexity",
        prefix="perplexity/",
        key="PERPLEXITYAI_API_KEY",
        example_model="sonar",
    ),
    Provider(
        id="nvidia",
        title="NVIDIA NIM",
        prefix="nvidia_nim/",
        key="NVIDIA_NIM_API_KEY",
        example_model="meta/llama-3.1-8b-instruct",
        keys_at="https://build.nvidia.com",
    ),
    Provider(
        id="huggingface",
        title="Hugging Face",
        prefix="huggingface/",
        key="HF_TOKEN",
        example_model="together/deepseek-ai/DeepSeek-R1",
        keys_at="https://huggingface.co/settings/tokens",
    ),
    Provider(
        id="vertex",
        title="Google Vertex AI",
        prefix="vertex_ai/",
        example_model="gemini-2.5-flash",
        variables=("GOOGLE_APPLICATION_CREDENTIALS", "VERTEXAI_PROJECT", "VERTEXAI_LOCATION"),
        advice="It uses the Google identity of the server.",
    ),
    Provider(
        id="other",
        title="Another provider that LiteLLM knows",
        key="PROVIDER_API_KEY",
        example_model="provider/model-name",
        advice="Write the name as LiteLLM does, with the provider before the slash.",
        keys_at="https://docs.litellm.ai/docs/providers",
    ),
)

BY_ID = {each.id: each for each in PROVIDERS}


def provider_of(config: LMConfig) -> Provider:
    """The provider that these settings lead to."""
    if config.api_base:
        return BY_ID["azure"] if config.protocol == "azure" else OWN_ADDRESS
    named = (each for each in PROVIDERS if each.prefix and config.model.startswith(each.prefix))
    return next(named, BY_ID["other"])


def model_name(provider: Provider, config: LMConfig) -> str:
    """The model's name as people know it, without the provider's prefix."""
    return config.model.removeprefix(provider.prefix) if provider.prefix else config.model


@functools.cache
def listed_models(provider: Provider) -> tuple[str, ...]:
    """Names of chat models in LiteLLM's price list, without the prefix; none where it has none."""
    import litellm  # heavy

    if not provider.prefix:
        return ()
    own = provider.prefix.rstrip("/")
    named = {
        name.removeprefix(provider.prefix)
        for name, entry in litellm.model_cost.items()
        if entry.get("litellm_provider") == own and entry.get("mode") == "chat"
    }
    plain = sorted(name for name in named if "/" not in name or own not in ("openai", "anthropic"))
    return tuple(name for name in plain if not name.startswith(("ft:", "container")))


class LocalServer(NamedTuple):
    """A model server that usually listens at this port."""

    title: str
    port: int

    @property
    def address(self) -> str:
        """Of its OpenAI-compatible side."""
        return f"http://localhost:{self.port}/v1"


LOCAL_SERVERS = (
    LocalServer("Ollama", 11434),
    LocalServer("LM Studio", 1234),
    LocalServer("vLLM", 8000),
    LocalServer("llama.cpp server", 8080),
)


@dataclass(frozen=True, kw_only=True)
class FoundServer:
    """A local server that answered."""

    server: LocalServer
    models: tuple[str, ...]


def local_servers(places: Sequence[LocalServer] = LOCAL_SERVERS) -> list[FoundServer]:
    """The servers of this machine that list their models, asked all at once."""
    with ThreadPoolExecutor(len(places)) as pool:
        found = pool.map(_models_at, places)
    return [
        FoundServer(server=server, models=models)
        for server, models in zip(places, found, strict=True)
        if models is not None
    ]


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: the answer is this machine's or none."""

    def redirect_request(self, *_: object) -> None:
        return None


def _models_at(server: LocalServer) -> tuple[str, ...] | None:
    # no proxy: the server is on this machine
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Straight)
    try:
        with opener.open(f"http://127.0.0.1:{server.port}/v1/models", timeout=LOOK) as reply:
            listed = json.loads(reply.read(LARGEST_LIST))["data"]
        names = [str(each["id"]) for each in listed]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return tuple(sorted(names)[:MOST_MODELS])
