//! What time it is.

use ottla_record::Timestamp;

/// What time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// A time that never jumps, whatever it counts from: sessions and other waits go by it.
    pub steady: Timestamp,
    /// The time of day, which records carry: retention goes by it. A clock that is set may move it either way.
    pub time_of_day: Timestamp,
}

/// Both are the same where no clock is ever set.
impl From<Timestamp> for Now {
    fn from(time: Timestamp) -> Self {
        Self { steady: time, time_of_day: time }
    }
}
