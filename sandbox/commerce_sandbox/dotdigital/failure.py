"""What is wrong with one record, in the words of an import report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why a contact, or a part of it, was not written.

    Attributes:
        code: The vendor's failure code, beginning with a small letter.
        item: The part of the contact that is wrong.
        description: What is wrong with it; never holds the value itself.
    """

    code: str
    item: str
    description: str

    def spelled(self, spelling: str) -> dict[str, str]:
        """Return the failure as a report shows it, with the code in the spelling ``camel`` or ``pascal``."""
        code = self.code if spelling == "camel" else self.code[:1].upper() + self.code[1:]
        return {"failureCode": code, "description": f"{self.item}: {self.description}"}


class ContactRefusedError(Exception):
    """A contact that was not written at all.

    Attributes:
        failures: Why.
    """

    def __init__(self, *failures: Failure) -> None:
        super().__init__(*(failure.code for failure in failures))
        self.failures = failures
