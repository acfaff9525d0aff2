//! Texts about the page's link, for the chip, the panel and the status bar.

use crate::{components::words::whole, live::PageConnection};
use proto::{link::LinkState, preferences::seconds, time::Timestamp};

/// The colour of a state. Never the only sign of it: a text names the state, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Waiting,
    Bad,
    Quiet,
}

impl Tone {
    /// The value of `data-tone`, for the stylesheet.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }
}

pub(crate) fn state_label(state: &LinkState) -> &'static str {
    match state {
        LinkState::Connecting => "Connecting",
        LinkState::Connected => "Connected",
        LinkState::Reconnecting { .. } => "Reconnecting",
        LinkState::Polling { .. } => "Polling",
        LinkState::Suspended { .. } => "Suspended",
        LinkState::Disconnected => "Disconnected",
        LinkState::Failed { .. } => "Failed",
    }
}

pub(crate) fn tone(state: &LinkState) -> Tone {
    match state {
        LinkState::Connected => Tone::Good,
        LinkState::Connecting | LinkState::Disconnected => Tone::Quiet,
        LinkState::Reconnecting { .. } | LinkState::Polling { .. } | LinkState::Suspended { .. } => Tone::Waiting,
        LinkState::Failed { .. } => Tone::Bad,
    }
}

/// Milliseconds to the next try, when one is due.
pub(crate) fn until_next_try(connection: &PageConnection, now: Timestamp) -> Option<u64> {
    connection.next_try.map(|at| at.since(now))
}

/// It polls, and has had no answer for longer than it should take: the server is away.
fn is_unanswered(connection: &PageConnection, now: Timestamp, poll_every_ms: u32) -> bool {
    let patience = 5_000 + 3 * u64::from(poll_every_ms);
    matches!(connection.state, LinkState::Polling { .. }) && now.since(connection.last_message) > patience
}

/// The second half of the chip: "12 ms · 1 backend", "attempt 4 · 8 s".
pub(crate) fn chip_detail(connection: &PageConnection, now: Timestamp, poll_every_ms: u32, reachable: usize, backends: usize) -> String {
    let in_s = until_next_try(connection, now).map(|ms| format!(" · {}", whole(ms))).unwrap_or_default();
    match &connection.state {
        LinkState::Reconnecting { .. } if connection.offline => "this device is offline".into(),
        LinkState::Connected => {
            let backends = match (reachable, backends) {
                (0, 0) => "no backend".to_owned(),
                (0, _) => "no backend reachable".to_owned(),
                (1, 1) => "1 backend".to_owned(),
                (up, all) if up == all => format!("{all} backends"),
                (up, all) => format!("{up} of {all} backends"),
            };
            let trip = connection.round_trips.last().map(|trip| format!("{} ms · ", trip / 1000)).unwrap_or_default();
            format!("{trip}{backends}")
        }
        LinkState::Reconnecting { attempt, .. } => format!("attempt {attempt}{in_s}"),
        LinkState::Polling { .. } if is_unanswered(connection, now, poll_every_ms) => "no answer".into(),
        LinkState::Polling { .. } => "live updates are off".into(),
        LinkState::Suspended { .. } => "Darkroom restarts".into(),
        LinkState::Connecting => "to Darkroom".into(),
        LinkState::Disconnected => "from Darkroom".into(),
        LinkState::Failed { .. } if connection.signed_out => "signed out".into(),
        LinkState::Failed { .. } => "see why".into(),
    }
}

/// The title of the panel, in a few words.
pub(crate) fn title(state: &LinkState) -> &'static str {
    match state {
        LinkState::Connecting => "Connecting to Darkroom",
        LinkState::Connected => "Connected to Darkroom",
        LinkState::Reconnecting { .. } => "Reconnecting to Darkroom",
        LinkState::Polling { .. } => "Polling Darkroom",
        LinkState::Suspended { .. } => "Darkroom is restarting",
        LinkState::Disconnected => "Disconnected from Darkroom",
        LinkState::Failed { .. } => "The connection failed",
    }
}

/// What the state means, in one sentence.
pub(crate) fn meaning(connection: &PageConnection, now: Timestamp, poll_every_ms: u32) -> String {
    match &connection.state {
        LinkState::Reconnecting { .. } if connection.offline => "This device is offline. Your tasks go on meanwhile.".into(),
        LinkState::Connecting => "Live updates begin in a moment.".into(),
        LinkState::Connected => "Everything on this page is live.".into(),
        LinkState::Reconnecting { attempt, .. } => format!("Attempt {attempt} failed. Your tasks go on meanwhile."),
        LinkState::Polling { .. } if is_unanswered(connection, now, poll_every_ms) => {
            format!(
                "Darkroom cannot be reached: no answer for {}. It is asked every {}.",
                whole(now.since(connection.last_message)),
                interval(poll_every_ms)
            )
        }
        LinkState::Polling { .. } => {
            format!("Live updates are off: the server is asked every {} while something runs.", interval(poll_every_ms))
        }
        LinkState::Suspended { .. } => "It will be back in a moment. Your tasks are kept.".into(),
        LinkState::Disconnected => "Live updates are off.".into(),
        LinkState::Failed { why } => why.clone(),
    }
}

/// The status bar while the page is not live: what to know first, and the rest.
pub(crate) fn lost(connection: &PageConnection, now: Timestamp, poll_every_ms: u32) -> (String, String) {
    let old = format!("What you see is {} old.", whole(now.since(connection.last_message)));
    let again = match until_next_try(connection, now) {
        Some(ms) if ms >= 1000 => format!("Trying again in {}", whole(ms)),
        _ => "Trying again now".into(),
    };
    match &connection.state {
        LinkState::Reconnecting { .. } if connection.offline => ("This device is offline.".into(), format!("Your tasks go on. {old}")),
        LinkState::Reconnecting { attempt, .. } => ("Live updates are off.".into(), format!("{again} (attempt {attempt}). {old}")),
        LinkState::Polling { .. } if is_unanswered(connection, now, poll_every_ms) => {
            ("Darkroom cannot be reached.".into(), format!("It is asked every {}. {old}", interval(poll_every_ms)))
        }
        LinkState::Polling { .. } => (format!("Polling every {}:", interval(poll_every_ms)), "live updates are off.".into()),
        LinkState::Suspended { .. } => ("Darkroom is restarting…".into(), format!("{again}. Your tasks are kept.")),
        LinkState::Failed { why } => ("Live updates stopped.".into(), why.clone()),
        LinkState::Disconnected => ("Live updates are off.".into(), old),
        LinkState::Connecting | LinkState::Connected => ("Live updates are off.".into(), format!("Trying again now. {old}")),
    }
}

/// "second", "5 s", "0.25 s": after "every".
fn interval(ms: u32) -> String {
    if ms == 1000 { "second".into() } else { format!("{} s", seconds(ms)) }
}

/// The label of the link that reloads the page after a failure. When signed out, that leads to the sign-in page.
pub(crate) fn reload_label(connection: &PageConnection) -> &'static str {
    if connection.signed_out { "Sign in" } else { "Reload" }
}

/// The label of the button that connects now.
pub(crate) fn retry_label(state: &LinkState) -> &'static str {
    if matches!(state, LinkState::Disconnected) { "Connect" } else { "Retry now" }
}

/// A rating of the round-trip times by length and variation. `None` before there are any.
pub(crate) fn quality(round_trips: &[u32]) -> Option<&'static str> {
    let last = round_trips.last()?;
    let most = round_trips.iter().max()?;
    let least = round_trips.iter().min()?;
    Some(match last / 1000 {
        _ if most - least > 150_000 => "uneven",
        0..50 => "quick",
        50..150 => "good",
        150..400 => "slow",
        _ => "very slow",
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn connection(state: LinkState) -> PageConnection {
        let now = Timestamp(100_000);
        PageConnection {
            state,
            since: now,
            next_try: Some(Timestamp(108_400)),
            round_trips: vec![12_300],
            last_message: Timestamp(86_000),
            offline: false,
            signed_out: false,
        }
    }

    #[test]
    fn a_lost_connection_shows_the_age_of_the_page_and_the_next_try() {
        let lost_now = connection(LinkState::Reconnecting { attempt: 4, at: Duration::ZERO });
        let (head, rest) = lost(&lost_now, Timestamp(100_000), 1000);
        assert_eq!(format!("{head} {rest}"), "Live updates are off. Trying again in 8 s (attempt 4). What you see is 14 s old.");
        assert_eq!(chip_detail(&lost_now, Timestamp(100_000), 1000, 1, 1), "attempt 4 · 8 s");
    }

    #[test]
    fn an_offline_device_is_named_as_the_cause() {
        let offline = PageConnection { offline: true, ..connection(LinkState::Reconnecting { attempt: 1, at: Duration::ZERO }) };
        let (head, rest) = lost(&offline, Timestamp(100_000), 1000);
        assert_eq!(format!("{head} {rest}"), "This device is offline. Your tasks go on. What you see is 14 s old.");
        assert_eq!(chip_detail(&offline, Timestamp(100_000), 1000, 1, 1), "this device is offline");
    }

    #[test]
    fn the_polling_interval_is_the_configured_one() {
        let polling = LinkState::Polling { probe_at: Duration::ZERO };
        let said = |ms| lost(&connection(polling.clone()), Timestamp(0), ms).0;
        assert_eq!([said(1_000), said(5_000), said(250)], ["Polling every second:", "Polling every 5 s:", "Polling every 0.25 s:"]);
        assert!(meaning(&connection(polling.clone()), Timestamp(0), 2_500).contains("every 2.5 s while"));
        assert_eq!([retry_label(&polling), retry_label(&LinkState::Disconnected)], ["Retry now", "Connect"]);
    }

    #[test]
    fn polls_without_an_answer_are_no_live_page() {
        let polling = connection(LinkState::Polling { probe_at: Duration::ZERO });
        let at = |ms| {
            (
                lost(&polling, Timestamp(ms), 1_000),
                meaning(&polling, Timestamp(ms), 1_000),
                chip_detail(&polling, Timestamp(ms), 1_000, 1, 1),
            )
        };
        let ((head, rest), means, chip) = at(100_000);
        assert_eq!(format!("{head} {rest}"), "Darkroom cannot be reached. It is asked every second. What you see is 14 s old.");
        assert_eq!(means, "Darkroom cannot be reached: no answer for 14 s. It is asked every second.");
        assert_eq!(chip, "no answer");
        let ((head, _), means, chip) = at(90_000);
        assert_eq!((head.as_str(), chip.as_str()), ("Polling every second:", "live updates are off"));
        assert!(means.starts_with("Live updates are off"));
    }

    #[test]
    fn a_signed_out_page_offers_to_sign_in() {
        let failed = connection(LinkState::Failed { why: "You are signed out.".into() });
        let out = PageConnection { signed_out: true, ..failed.clone() };
        let (head, rest) = lost(&out, Timestamp(0), 1000);
        assert_eq!(format!("{head} {rest}"), "Live updates stopped. You are signed out.");
        assert_eq!(reload_label(&out), "Sign in");
        assert_eq!(reload_label(&failed), "Reload");
        assert_eq!(chip_detail(&out, Timestamp(0), 1000, 1, 1), "signed out");
    }

    #[test]
    fn the_chip_counts_backends_that_can_be_reached() {
        let live = connection(LinkState::Connected);
        assert_eq!(chip_detail(&live, Timestamp(0), 1000, 1, 1), "12 ms · 1 backend");
        assert_eq!(chip_detail(&live, Timestamp(0), 1000, 1, 3), "12 ms · 1 of 3 backends");
    }
}
