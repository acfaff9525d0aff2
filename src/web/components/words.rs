//! Texts for times, amounts and rates. Pure: the same numbers give the same text on server and browser.

use proto::{
    task::{Backend, Task, TaskState, time_left_words},
    time::Timestamp,
};

/// How long something took: "0.3 s", "18.2 s", "2 min 5 s", "1 h 4 min".
pub(crate) fn took(ms: u64) -> String {
    match ms {
        0..100 => "< 0.1 s".into(),
        100..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => whole(ms),
    }
}

/// The same in whole seconds, for running clocks, which are updated once a second.
pub(crate) fn whole(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// How long ago, short enough for a thumbnail: "now", "40 s", "5 min", "3 h", "2 d".
pub(crate) fn age(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..10 => "now".into(),
        10..60 => format!("{} s", seconds / 10 * 10),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How long ago, as a sentence ends: "just now", "5 min ago".
pub(crate) fn ago(ms: u64) -> String {
    if is_now(ms) { "just now".into() } else { format!("{} ago", age(ms)) }
}

/// So short ago that [`age`] gives "now".
pub(crate) fn is_now(ms: u64) -> bool {
    ms < 10_000
}

/// The progress of a task in whole percent: 100 only when it is completed.
pub(crate) fn percent(task: &Task) -> u8 {
    let shown = if task.state == TaskState::Completed { 100 } else { (task.permille / 10).min(99) };
    u8::try_from(shown).unwrap_or(99)
}

/// "about 12 s left", or what is known instead.
pub(crate) fn time_left(task: &Task, now: Timestamp) -> String {
    match (task.state, task.ends_at) {
        (TaskState::Running, Some(end)) if end.since(now) < 1000 && task.permille >= 900 => "almost done".into(),
        (TaskState::Running, Some(end)) if end.since(now) < 1000 => "longer than expected".into(),
        (TaskState::Running, Some(end)) => time_left_words(end.since(now), task.within_ms),
        (TaskState::Running, None) => "estimating the time left".into(),
        _ => String::new(),
    }
}

/// In the largest unit alone: "40 s", "2 min", "3 h".
pub(crate) fn rough(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h", (seconds + 1800) / 3600),
    }
}

/// "1.4 steps a second", or "2.3 s a step" when it takes longer than that. `None` before there is anything to measure.
pub(crate) fn pace(steps: u32, ms: u64) -> Option<String> {
    let steps = u64::from(steps);
    if steps < 1 || ms < 500 {
        return None;
    }
    Some(if steps * 1000 >= ms {
        format!("{} steps a second", tenths(steps * 10_000 / ms))
    } else {
        format!("{} s a step", tenths(ms / steps / 100))
    })
}

/// "18.2 of 24.0 GB free".
pub(crate) fn vram((free, total): (u64, u64)) -> String {
    let gigabytes = |bytes: u64| tenths(bytes / ((1 << 30) / 10));
    format!("{} of {} GB free", gigabytes(free), gigabytes(total))
}

/// A number of tenths as a decimal. Integers only: formatting floating point would be twenty kilobytes of code to load.
fn tenths(number: u64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

/// "one thing", "2 things".
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// The label of a backend for people.
pub(crate) fn backend_name(backend: &Backend) -> String {
    if backend.demo { "Demo engine".into() } else { backend.id.to_string() }
}

/// With a capital letter. Only of our own words, which begin with a letter of ASCII: the tables of all others are 4 KB for every page.
pub(crate) fn capitalized(word: &str) -> String {
    let mut word = word.to_owned();
    word.get_mut(..1).map(str::make_ascii_uppercase);
    word
}

/// The state of a task, for lists.
pub(crate) fn state_label(state: TaskState) -> &'static str {
    match state {
        TaskState::Accepted | TaskState::Queued => "waiting",
        TaskState::Running => "running",
        TaskState::Completed => "done",
        TaskState::Failed => "failed",
        TaskState::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_a_duration_grows_with_it() {
        assert_eq!(
            [took(40), took(349), took(18_250), took(125_000), took(3_840_000)],
            ["< 0.1 s", "0.3 s", "18.2 s", "2 min 5 s", "1 h 4 min"]
        );
        assert_eq!([age(9_999), age(44_000), age(300_000), age(200_000_000)], ["now", "40 s", "5 min", "2 d"]);
    }

    #[test]
    fn the_pace_is_in_steps_a_second_or_seconds_a_step() {
        assert_eq!(pace(7, 5_000).as_deref(), Some("1.4 steps a second"));
        assert_eq!(pace(2, 4_600).as_deref(), Some("2.3 s a step"));
        assert_eq!(pace(0, 4_600), None);
    }
}
