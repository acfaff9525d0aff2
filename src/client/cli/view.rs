//! The output for each kind of reader: a terminal, a log, or a program.

use std::io::{IsTerminal, Write, stderr, stdin, stdout};

use indicatif::ProgressBar;

use super::{
    bar::TerminalBar,
    json::Json,
    lines::Lines,
    output::{eprint_line, print_line},
    plan::RunPlan,
    words::{self, Titles, Transport},
};
use crate::{ClientError, Outcome, Output, Progress, Saved};

pub(super) struct View {
    way: Way,
    titles: Titles,
}

enum Way {
    Bar(TerminalBar),
    Lines(Lines),
    Json(Json),
}

/// Prints a message while the view is active.
#[derive(Clone)]
pub(super) enum Speaker {
    Bar(ProgressBar),
    Lines,
}

impl Speaker {
    pub(super) fn print(&self, text: &str) {
        match self {
            Self::Bar(bar) => bar.println(text),
            Self::Lines => eprint_line(text),
        }
    }

    /// The same after Ctrl-C: the terminal has written "^C" into the line below the bar.
    pub(super) fn print_after_ctrl_c(&self, text: &str) {
        if matches!(self, Self::Bar(_)) && stdin().is_terminal() {
            // Erase "^C" and return to the bar's last line, where the bar expects the cursor.
            let _ = write!(stderr(), "\r\x1b[2K\x1b[1A");
        }
        self.print(text);
    }

    /// Restores the terminal.
    pub(super) fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

impl View {
    pub(super) fn new(json: bool) -> Self {
        let can_draw = stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let way = match (json, can_draw) {
            (true, _) => Way::Json(Json::default()),
            (false, true) => Way::Bar(TerminalBar::new()),
            (false, false) => Way::Lines(Lines::default()),
        };
        Self { way, titles: Titles::default() }
    }

    pub(super) fn speaker(&self) -> Speaker {
        match &self.way {
            Way::Bar(bar) => Speaker::Bar(bar.handle()),
            Way::Lines(_) | Way::Json(_) => Speaker::Lines,
        }
    }

    pub(super) fn begins(&mut self, plan: &RunPlan) {
        self.titles = Titles(plan.titles.clone());
        let transport = if plan.options.is_darkroom() { Transport::EventStream } else { Transport::WebSocket };
        match &mut self.way {
            Way::Bar(bar) => bar.begins(&words::plain(&plan.name), plan.options.url(), transport),
            Way::Lines(lines) => lines.transport = transport,
            Way::Json(json) => json.transport = transport,
        }
    }

    pub(super) fn progress(&mut self, progress: &Progress) {
        match &mut self.way {
            Way::Bar(bar) => bar.progress(progress),
            Way::Lines(lines) => lines.progress(progress),
            Way::Json(json) => json.progress(progress),
        }
    }

    /// The outputs are being fetched.
    pub(super) fn fetching(&mut self, number: usize, total: usize) {
        if let Way::Bar(bar) = &self.way {
            bar.fetching(number, total);
        }
    }

    /// `whole`: everything is saved. Otherwise the failure follows.
    pub(super) fn completed(&mut self, outcome: &Outcome, saved: &[(Output, Saved)], whole: bool) {
        if let Way::Json(json) = &mut self.way {
            return json.completed(outcome, saved, whole);
        }
        self.speaker().clear();
        eprint_line(&words::done(outcome, saved.len()));
        for (node, text) in outcome.texts() {
            eprint_line(&words::text_output(node, text));
        }
        for (_, file) in saved {
            let path = file.path.display();
            let line = format!("{path}  {}", words::size(file.bytes));
            // Print each file once when both streams go to the same terminal.
            if stdout().is_terminal() {
                print_line(&line);
            } else {
                print_line(&path.to_string());
                eprint_line(&format!("saved {line}"));
            }
        }
    }

    pub(super) fn failed(&mut self, error: &ClientError) {
        self.speaker().clear();
        eprint_line(&format!("darkroom: {}", words::error(error, &self.titles)));
        if let Way::Json(json) = &mut self.way {
            json.failed(error, &self.titles);
        }
    }
}
