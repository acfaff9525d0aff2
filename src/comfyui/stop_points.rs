//! Places where a test stops this process, as a machine does that is suspended there: `darkroom serve --stop-at PLACE[:N]`, a hidden option.

use std::{
    str::FromStr,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// A place in the code that may matter when the process goes on only after another one took over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum StopPlace {
    /// The commit that allows to send a task has not begun.
    BeforeCommit,
    /// It is in the database; there is no connection to ComfyUI yet.
    AfterCommit,
    /// The rest of a request that changes something is about to be written. The question whether it may be comes after this place. Only with PostgreSQL.
    BeforeLastByte,
    /// All of it is written, and the answer not read. Only with PostgreSQL.
    AfterLastByte,
    /// The history of an earlier attempt is deleted, and the prompt not sent.
    AfterDeleteHistory,
    /// A task is about to be taken back from the queue of a ComfyUI.
    InRecall,
    /// That a webhook is called is in the database, and the call not begun.
    InWebhook,
}

/// `PLACE`, or `PLACE:N` for the Nth time that it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopPoint {
    pub place: StopPlace,
    pub nth: u32,
}

impl FromStr for StopPoint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (place, nth) = text.split_once(':').unwrap_or((text, "1"));
        let place = place.parse().map_err(|_| "there is no such place")?;
        let nth = nth.parse().ok().filter(|nth| *nth > 0).ok_or("after the colon comes a number from 1")?;
        Ok(Self { place, nth })
    }
}

const STOPS_WITHIN: Duration = Duration::from_millis(100);

static POINT: OnceLock<(StopPoint, AtomicU32)> = OnceLock::new();

/// From now on this process stops there, once.
pub fn stop_at(point: StopPoint) {
    let _ = POINT.set((point, AtomicU32::new(0)));
}

/// This place is reached.
pub fn reach(place: StopPlace) {
    let Some((point, reached)) = POINT.get() else { return };
    if point.place == place && reached.fetch_add(1, Ordering::SeqCst) + 1 == point.nth {
        tracing::warn!(?place, "this process stops itself (--stop-at)");
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
        // The signal is for the whole process, and this thread may be the last that it stops. It goes on after SIGCONT.
        std::thread::sleep(STOPS_WITHIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_point_is_read() {
        assert_eq!("in-recall".parse(), Ok(StopPoint { place: StopPlace::InRecall, nth: 1 }));
        assert_eq!("before-last-byte:3".parse(), Ok(StopPoint { place: StopPlace::BeforeLastByte, nth: 3 }));
        assert_eq!("here".parse::<StopPoint>(), Err("there is no such place"));
        for text in ["in-recall:", "in-recall:0", "in-recall:x"] {
            assert_eq!(text.parse::<StopPoint>(), Err("after the colon comes a number from 1"), "{text}");
        }
    }
}
