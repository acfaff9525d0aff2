//! For a terminal: one bar for the whole run, with the current activity and the time left.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::words::{self, Transport};
use crate::{Progress, Running};

pub(super) struct TerminalBar {
    bar: ProgressBar,
    runs: bool,
    transport: Transport,
}

const TURN_EVERY: Duration = Duration::from_millis(120);
const WAITING: &str = "{spinner} {msg}";
/// The bar's width is fixed, so that it does not jump when the text beside it changes.
fn two_lines(bar: usize) -> String {
    format!("{{wide_msg}}\n{{bar:{bar}.cyan/dim}} {{percent:>3}} %{{prefix}}")
}

/// Columns of the bar and of the text beside it: " 100 %  less than 15 s left".
const WIDEST: usize = 28;
const BESIDE: usize = 30;
const NARROWEST: usize = 4;
const WHOLE: u64 = 1000;

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━╸─")
}

impl TerminalBar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::hidden());
        Self { bar, runs: false, transport: Transport::default() }
    }

    pub(super) fn handle(&self) -> ProgressBar {
        self.bar.clone()
    }

    pub(super) fn begins(&mut self, name: &str, url: &str, transport: Transport) {
        self.transport = transport;
        self.bar.set_style(style(WAITING));
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        self.bar.println(format!("{name} → {url}"));
        self.bar.set_message("Connecting");
        self.bar.enable_steady_tick(TURN_EVERY);
    }

    pub(super) fn progress(&mut self, progress: &Progress) {
        match progress {
            Progress::Queued { ahead, .. } => self.waits(&words::queued(*ahead)),
            Progress::Running(running) => self.runs(running),
            other => {
                if let Some(note) = words::note(other, self.transport) {
                    self.bar.println(note);
                }
            }
        }
    }

    pub(super) fn fetching(&self, number: usize, total: usize) {
        self.bar.set_position(WHOLE);
        self.bar.set_prefix("");
        self.bar.set_message(format!("Saving {number} of {total}"));
    }

    fn waits(&mut self, text: &str) {
        self.runs = false;
        self.bar.set_style(style(WAITING));
        self.bar.set_message(text.to_owned());
    }

    fn runs(&mut self, running: &Running) {
        if !self.runs {
            self.runs = true;
            let columns = console::Term::stderr().size_checked().map_or(WIDEST + BESIDE, |(_, columns)| columns.into());
            self.bar.set_style(style(&two_lines(columns.saturating_sub(BESIDE).clamp(NARROWEST, WIDEST))));
        }
        self.bar.set_position(running.permille.into());
        self.bar.set_prefix(words::time_left(running).map(|left| format!("  {left}")).unwrap_or_default());
        self.bar.set_message(words::step(running));
    }
}
