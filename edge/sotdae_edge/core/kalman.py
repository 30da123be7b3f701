"""Level and rate of rise as one belief: an exact Kalman filter of two states (DOMAIN 2.2).

State [level, rate], F = [[1, dt], [0, 1]], Q = q [[dt^3/3, dt^2/2], [dt^2/2, dt]], time in minutes.
"""

from dataclasses import dataclass, replace
from math import sqrt

CALM_CM2_MIN3 = 0.25
WILD = 0.5
"""q = CALM + (WILD rate)^2: a rate wanders by half of itself in a minute, by 0.5 cm/min when all is calm.
So a slow rise is told apart from noise, and a storm is followed; docs/display.md measures it."""
RISING_CM_MIN = 0.5
"""Below this a rise leads nowhere that could be told (DOMAIN 2.2)."""
PROVEN = 1.5
"""A rate within so many of its own sigmas of zero is no forecast."""
WET_CM = 1.0
"""A road that is dry but for noise is not on its way to anything."""


@dataclass(frozen=True, slots=True)
class Belief:
    """Level in cm and rate in cm/min, with their covariance."""

    level_cm: float
    rate_cm_min: float
    var_level: float
    covar: float
    var_rate: float

    @property
    def level_sigma_cm(self) -> float:
        """One standard deviation of the level."""
        return sqrt(self.var_level)

    @property
    def rate_sigma_cm_min(self) -> float:
        """One standard deviation of the rate."""
        return sqrt(self.var_rate)

    def after(self, seconds: float) -> "Belief":
        """Return the belief so much later, with nothing seen in between."""
        dt, q = seconds / 60.0, CALM_CM2_MIN3 + (WILD * self.rate_cm_min) ** 2
        return Belief(
            self.level_cm + dt * self.rate_cm_min,
            self.rate_cm_min,
            self.var_level + 2.0 * dt * self.covar + dt * dt * self.var_rate + q * dt**3 / 3.0,
            self.covar + dt * self.var_rate + q * dt * dt / 2.0,
            self.var_rate + q * dt,
        )

    def surprise(self, level_cm: float, sigma_cm: float) -> float:
        """Return the innovation squared over its variance: above 9 a reading lies beyond three sigma."""
        return (level_cm - self.level_cm) ** 2 / (self.var_level + sigma_cm**2)

    def seeing(self, level_cm: float, sigma_cm: float) -> "Belief":
        """Return the belief with a reading taken in."""
        noise = sigma_cm**2
        spread = self.var_level + noise
        innovation = level_cm - self.level_cm
        return Belief(
            self.level_cm + self.var_level / spread * innovation,
            self.rate_cm_min + self.covar / spread * innovation,
            self.var_level * noise / spread,
            self.covar * noise / spread,
            self.var_rate - self.covar**2 / spread,
        )

    def at_least(self, level_cm: float) -> "Belief":
        """Return the nearest belief whose level is not below a wet switch's."""
        lift = level_cm - self.level_cm
        if lift <= 0.0:
            return self
        rate = self.rate_cm_min + self.covar / self.var_level * lift
        return replace(self, level_cm=level_cm, rate_cm_min=rate)

    def reaches(self, level_cm: float) -> tuple[float, float] | None:
        """Return (seconds, sigma) until a level at this rate; None if it is reached or cannot be told.

        t = (level - h) / v, and its sigma by propagation of both errors and of the rate's own wandering.
        A time that is less than its own error says nothing; so nothing beyond 12 minutes is told.
        """
        ahead = level_cm - self.level_cm
        if (
            ahead <= 0.0
            or self.level_cm < WET_CM
            or self.rate_cm_min <= max(RISING_CM_MIN, PROVEN * self.rate_sigma_cm_min)
        ):
            return None
        minutes = ahead / self.rate_cm_min
        then = self.after(60.0 * minutes)
        sigma = sqrt(then.var_level) / self.rate_cm_min
        return None if sigma > minutes else (60.0 * minutes, 60.0 * sigma)
