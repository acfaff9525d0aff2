//! The newest entries as a table. Rows never change, which keeps many of them cheap.

use leptos::prelude::*;

use super::view::LogView;
use crate::{
    components::{
        reactive::{Erased, When, memo, rows},
        settings::export::utc_offset_minutes,
        words::count,
    },
    live::{Direction, LogEntry},
};

/// Rows shown at once. Copies and downloads contain older entries, too.
const ROWS: usize = 100;

/// Newest first.
#[component]
pub(super) fn LogTable(log: LogView) -> impl IntoView {
    let keys = memo(move || {
        log.matching.with(|entries| entries.iter().rev().take(ROWS).map(|entry| u128::from(entry.number)).collect::<Vec<_>>())
    });
    let matching = memo(move || log.matching.with(Vec::len));
    let row_of = move |key: u128| {
        let found = log.matching.with_untracked(|entries| {
            let at = entries.binary_search_by_key(&key, |entry| u128::from(entry.number)).ok()?;
            Some(row(&entries[at]))
        });
        found.into_any()
    };
    let shown = memo(move || match matching.get() {
        0 => "Nothing to show.".to_owned(),
        all if all > ROWS => format!("The newest {ROWS} of {}. All of them are copied and downloaded.", count(all, "event", "events")),
        all => format!("{}, the newest first.", count(all, "event", "events")),
    });
    view! {
        <div class="log-scroll" tabindex="0" role="group" aria-label="Events">
            <table class="log-table">
                <caption class="note">{shown}</caption>
                <When holds=memo(move || { matching.get() > 0 })>
                    <thead>
                        <tr>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Direction"</th>
                            <th scope="col">"Type"</th>
                            <th scope="col">"Size"</th>
                            <th scope="col">"Details"</th>
                        </tr>
                    </thead>
                </When>
                <tbody>{rows(keys, row_of)}</tbody>
            </table>
        </div>
    }
    .erased()
}

fn row(entry: &LogEntry) -> AnyView {
    let summary = entry.summary();
    let kind = if summary.count > 1 { format!("{} ×{}", summary.kind, summary.count) } else { summary.kind.to_owned() };
    view! {
        <tr data-direction=summary.direction.as_str()>
            <td>{time(entry.at.0, utc_offset_minutes(entry.at.0))}</td>
            <td>{arrow(summary.direction)}" "{summary.direction.as_str()}</td>
            <td>{kind}</td>
            <td>{summary.bytes.map(size).unwrap_or_default()}</td>
            <td>{summary.detail.clone()}</td>
        </tr>
    }
    .erased()
}

fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "↓",
        Direction::Out => "↑",
        Direction::Link => "·",
    }
}

/// "20:11:03.482".
fn time(ms: u64, offset_minutes: i64) -> String {
    const DAY: i64 = 24 * 3_600_000;
    let of_day = (i64::try_from(ms).unwrap_or_default() + offset_minutes * 60_000).rem_euclid(DAY);
    let (seconds, rest) = (of_day / 1000, of_day % 1000);
    format!("{:02}:{:02}:{:02}.{rest:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// "840 B", "12.3 KB".
fn size(bytes: usize) -> String {
    if bytes < 1024 { format!("{bytes} B") } else { format!("{}.{} KB", bytes / 1024, bytes % 1024 * 10 / 1024) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_local_time() {
        assert_eq!(time(1_790_000_000_482, 0), "14:13:20.482");
        assert_eq!(time(1_790_000_000_482, 120), "16:13:20.482");
        assert_eq!([time(3_600_000, -120), time(0, 345)], ["23:00:00.000", "05:45:00.000"]);
        assert_eq!([size(840), size(1024), size(12_600)], ["840 B", "1.0 KB", "12.3 KB"]);
    }
}
