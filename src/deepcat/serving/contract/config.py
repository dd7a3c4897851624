"""Model configurations from TensorFlow Serving's ModelServerConfig."""

from __future__ import annotations

from typing import Any

from google.protobuf import text_format

from deepcat.errors import DeepcatError
from deepcat.serving.contract.policy import ModelConfig, Policy
from deepcat.serving.contract.protos import model_server_config_pb2
from deepcat.serving.contract.status import ServingError, invalid


def configs_of(message: Any) -> list[ModelConfig]:
    """The models of a ModelServerConfig.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    if message.WhichOneof("config") != "model_config_list":
        raise invalid("Only a model_config_list is served")
    return [_config(config) for config in message.model_config_list.config]


def read_configs(text: str) -> list[ModelConfig]:
    """The models of a configuration file in protobuf's text form.

    Raises:
        DeepcatError: it cannot be read (``serving/config``).
    """
    message = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(text, message)
        return configs_of(message)
    except (text_format.ParseError, ServingError) as error:
        raise DeepcatError(
            f"the model configuration cannot be read: {error}",
            hint="it is a ModelServerConfig as TensorFlow Serving's --model_config_file takes",
            code="serving/config",
        ) from error


def _config(config: Any) -> ModelConfig:
    if not config.name or not config.base_path:
        raise invalid("A model needs a name and a base_path")
    if config.model_platform not in ("", "tensorflow"):
        raise invalid(f"Model platform {config.model_platform} is not served")
    return ModelConfig(
        config.name,
        config.base_path,
        policy_of(config.model_version_policy),
        dict(config.version_labels),
    )


def policy_of(message: Any) -> Policy:
    """The policy of a ServableVersionPolicy."""
    choice = message.WhichOneof("policy_choice")
    if choice == "all":
        return Policy(latest=0)
    if choice == "specific":
        return Policy(specific=frozenset(message.specific.versions))
    return Policy(latest=max(1, message.latest.num_versions))
