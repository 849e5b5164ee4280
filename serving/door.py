"""The replica's door: only a request with a good proof comes in."""

from collections.abc import Callable

from core.clock import Clock
from core.errors import Unauthenticated
from core.signing import Secret, verify


class Door:
    """Checks proofs for one resident.

    A gateway sends the same proof for a while, so a good one is remembered and costs one look-up.
    `read_secrets` is called when a proof's secret is not known, at most once a second.
    """

    def __init__(
        self, audience: str, read_secrets: Callable[[], tuple[Secret, ...]], clock: Clock
    ) -> None:
        self._audience = audience
        self._read_secrets = read_secrets
        self._clock = clock
        self._secrets: dict[str, Secret] = {}
        self._read_at = float("-inf")
        self._good: dict[bytes, float] = {}

    def check(self, proof: bytes | None) -> None:
        """Raise Unauthenticated unless the proof is good now."""
        if proof is None:
            raise Unauthenticated("a signed request is required")
        now = self._clock.now()
        if self._good.get(proof, 0.0) > now:
            return
        text = proof.decode("latin-1")
        if text.partition(".")[0] not in self._secrets:
            self.refresh()
        ends = verify(text, self._secrets, self._audience, now)
        # A handful of gateways send a proof each; old ones are of no more use.
        if len(self._good) > 64:
            self._good.clear()
        self._good[proof] = ends

    def refresh(self) -> None:
        """Read the secrets again, unless that was just done."""
        if self._clock.monotonic() - self._read_at >= 1.0:
            self._read_at = self._clock.monotonic()
            self._secrets = {secret.id: secret for secret in self._read_secrets()}
