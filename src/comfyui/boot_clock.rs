//! The clock that rights to change something end by: time since the machine was started, with the time that it was suspended.

use std::time::Duration;

/// A moment of this clock. Unlike [`std::time::Instant`] it goes on while the machine is suspended (`CLOCK_BOOTTIME`), and nobody sets it. Elsewhere
/// than on Linux it is the system's monotonic clock, which may stand still meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BootInstant(Duration);

impl BootInstant {
    #[must_use]
    pub fn now() -> Self {
        #[cfg(target_os = "linux")]
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        #[cfg(not(target_os = "linux"))]
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Self(Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default()))
    }

    #[must_use]
    pub fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }

    /// Nanoseconds since the start of the machine.
    pub(super) fn nanoseconds(self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }

    /// That long after the start of the machine.
    #[must_use]
    pub fn after_start(time: Duration) -> Self {
        Self(time)
    }
}
