"""Settings for the commands that need all of them: the file and the options given, over this process's environment.

Decision: the environment is handed to `config.load` here and read nowhere else in the commands, so that loading stays a
function of its arguments.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from otel_quality import config


def load(path: Path | None, overrides: Mapping[str, object]) -> config.Config:
    """All settings, checked.

    Args:
        path: the TOML file; None: no file.
        overrides: options of the command line by setting; None is not given.

    Raises:
        ConfigError: with every problem found.
    """
    return config.load(path, os.environ, overrides)
