"""The Iterable project of a run, as all sinks that name people know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

    from target_iterable.client import IterableClient
    from target_iterable.forgotten_people import ForgottenPeople
    from target_iterable.identifiers import ProjectType
    from target_iterable.new_profiles import NewProfiles


@dataclass(frozen=True, slots=True)
class Project:
    """The project.

    Attributes:
        client: Speaks to it.
        type: What it identifies people by.
        forgotten: Knows whom Iterable has forgotten.
        new_profiles: Makes new people unsubscribed before anything else makes their profile.
        logger: Takes warnings.
    """

    client: IterableClient
    type: ProjectType
    forgotten: ForgottenPeople
    new_profiles: NewProfiles
    logger: logging.Logger
