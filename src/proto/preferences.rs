//! The preferences for live updates in this browser, and their validation.
//!
//! Stored as one flat JSON object, one member per [`Setting`]. Each is parsed separately: an unreadable or out-of-range value becomes the
//! default, so that values of an older page or manual edits do no harm.

use std::time::Duration;

use super::{limits, link::LinkConfig};

#[cfg(test)]
mod tests;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// Connect when a page is opened, not only on request.
    pub auto_connect: bool,
    /// Maximum of the first wait after a failure, milliseconds. It doubles with each consecutive failure.
    pub backoff_first_ms: u32,
    /// Maximum of any wait, milliseconds.
    pub backoff_max_ms: u32,
    /// Poll interval while something runs and live updates are off, milliseconds.
    pub poll_every_ms: u32,
    /// Show previews while images are sampled.
    pub previews: bool,
    /// Maximum page updates per second, one of [`RATES`].
    pub updates_per_second: u8,
    /// Keep an event log of the live connection.
    pub debug: bool,
    /// Also write the event log to the browser's console.
    pub log_to_console: bool,
    pub theme: Theme,
    /// Single keys act on the page, while no text is typed.
    pub keys: bool,
    /// The system shows a notification when a task ends while the page is hidden.
    pub notify: bool,
}

/// The values of [`Preferences::updates_per_second`]. The first is a screen's refresh rate.
pub const RATES: [u8; 5] = [60, 30, 10, 2, 1];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The system's colour scheme.
    #[default]
    System,
    Dark,
    Light,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Dark, Self::Light];

    /// The stored value, and that of `data-theme`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word)
    }
}

/// One of the preferences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    AutoConnect,
    BackoffFirst,
    BackoffMax,
    PollEvery,
    Previews,
    UpdatesPerSecond,
    Debug,
    LogToConsole,
    Theme,
    Keys,
    Notify,
}

impl Setting {
    pub const ALL: [Self; 11] = [
        Self::AutoConnect,
        Self::BackoffFirst,
        Self::BackoffMax,
        Self::PollEvery,
        Self::Previews,
        Self::UpdatesPerSecond,
        Self::Debug,
        Self::LogToConsole,
        Self::Theme,
        Self::Keys,
        Self::Notify,
    ];
    /// The settings that are durations.
    pub const TIMES: [Self; 3] = [Self::BackoffFirst, Self::BackoffMax, Self::PollEvery];

    /// The name of its JSON member.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AutoConnect => "auto_connect",
            Self::BackoffFirst => "backoff_first_ms",
            Self::BackoffMax => "backoff_max_ms",
            Self::PollEvery => "poll_every_ms",
            Self::Previews => "previews",
            Self::UpdatesPerSecond => "updates_per_second",
            Self::Debug => "debug",
            Self::LogToConsole => "log_to_console",
            Self::Theme => "theme",
            Self::Keys => "keys",
            Self::Notify => "notify",
        }
    }

    /// Minimum and maximum of a duration, milliseconds. `None` for other settings.
    #[must_use]
    pub fn range_ms(self) -> Option<(u32, u32)> {
        match self {
            Self::BackoffFirst => Some((100, 60_000)),
            Self::BackoffMax => Some((1_000, 600_000)),
            Self::PollEvery => Some((250, 60_000)),
            _ => None,
        }
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            auto_connect: true,
            backoff_first_ms: 1_000,
            backoff_max_ms: 30_000,
            poll_every_ms: 1_000,
            previews: true,
            updates_per_second: RATES[0],
            debug: false,
            log_to_console: false,
            theme: Theme::System,
            keys: true,
            notify: false,
        }
    }
}

impl Preferences {
    /// The stored form.
    #[must_use]
    pub fn to_json(&self) -> String {
        let member = |setting: Setting| match setting {
            Setting::Theme => format!("\"{}\":\"{}\"", setting.name(), self.text(setting)),
            _ => format!("\"{}\":{}", setting.name(), self.text(setting)),
        };
        format!("{{{}}}", Setting::ALL.map(member).join(","))
    }

    /// Parses the stored form: `member` returns a JSON member as text, whatever its type is.
    #[must_use]
    pub fn read(member: &dyn Fn(Setting) -> Option<String>) -> Self {
        let mut read = Self::default();
        for setting in Setting::ALL {
            if let Some(text) = member(setting) {
                read = read.with(setting, &text).unwrap_or(read);
            }
        }
        // Each is in range, but the pair is not.
        if read.backoff_first_ms > read.backoff_max_ms {
            let Self { backoff_first_ms, backoff_max_ms, .. } = Self::default();
            return Self { backoff_first_ms, backoff_max_ms, ..read };
        }
        read
    }

    fn text(&self, setting: Setting) -> String {
        match setting {
            Setting::AutoConnect => self.auto_connect.to_string(),
            Setting::Previews => self.previews.to_string(),
            Setting::Debug => self.debug.to_string(),
            Setting::LogToConsole => self.log_to_console.to_string(),
            Setting::UpdatesPerSecond => self.updates_per_second.to_string(),
            Setting::Theme => self.theme.as_str().into(),
            Setting::Keys => self.keys.to_string(),
            Setting::Notify => self.notify.to_string(),
            Setting::BackoffFirst | Setting::BackoffMax | Setting::PollEvery => self.time_ms(setting).to_string(),
        }
    }

    /// `None` when it cannot be parsed or is out of range.
    fn with(mut self, setting: Setting, text: &str) -> Option<Self> {
        match setting {
            Setting::AutoConnect => self.auto_connect = text.parse().ok()?,
            Setting::Previews => self.previews = text.parse().ok()?,
            Setting::Debug => self.debug = text.parse().ok()?,
            Setting::LogToConsole => self.log_to_console = text.parse().ok()?,
            Setting::UpdatesPerSecond => self.updates_per_second = text.parse().ok().filter(|rate| RATES.contains(rate))?,
            Setting::Theme => self.theme = Theme::from_word(text)?,
            Setting::Keys => self.keys = text.parse().ok()?,
            Setting::Notify => self.notify = text.parse().ok()?,
            Setting::BackoffFirst | Setting::BackoffMax | Setting::PollEvery => {
                self.set_time_ms(setting, text.parse().ok()?);
                self.out_of_range(setting).is_none().then_some(())?;
            }
        }
        Some(self)
    }

    /// Milliseconds; 0 for settings that are not durations.
    #[must_use]
    pub fn time_ms(&self, setting: Setting) -> u32 {
        match setting {
            Setting::BackoffFirst => self.backoff_first_ms,
            Setting::BackoffMax => self.backoff_max_ms,
            Setting::PollEvery => self.poll_every_ms,
            _ => 0,
        }
    }

    /// Does nothing for settings that are not durations.
    pub fn set_time_ms(&mut self, setting: Setting, ms: u32) {
        match setting {
            Setting::BackoffFirst => self.backoff_first_ms = ms,
            Setting::BackoffMax => self.backoff_max_ms = ms,
            Setting::PollEvery => self.poll_every_ms = ms,
            _ => {}
        }
    }

    fn out_of_range(&self, setting: Setting) -> Option<(u32, u32)> {
        let (least, most) = setting.range_ms()?;
        (!(least..=most).contains(&self.time_ms(setting))).then_some((least, most))
    }

    /// The invalid settings, each with a message for the user. Empty when all are valid.
    #[must_use]
    pub fn check(&self) -> Vec<(Setting, String)> {
        let sentence = |(least, most)| format!("This must be from {} to {} seconds.", seconds(least), seconds(most));
        let range = |setting| Some((setting, sentence(self.out_of_range(setting)?)));
        let mut problems: Vec<_> = Setting::TIMES.into_iter().filter_map(range).collect();
        if problems.is_empty() && self.link_config().check().is_err() {
            problems
                .push((Setting::BackoffMax, format!("This must be at least the first wait, {} seconds.", seconds(self.backoff_first_ms))));
        }
        problems
    }

    /// The link configuration of this browser. While nothing runs, it polls no more often than by default.
    #[must_use]
    pub fn link_config(&self) -> LinkConfig {
        let ms = |ms: u32| Duration::from_millis(ms.into());
        let usual = LinkConfig::browser();
        LinkConfig {
            backoff_first: ms(self.backoff_first_ms),
            backoff_max: ms(self.backoff_max_ms),
            poll_busy: ms(self.poll_every_ms),
            poll_idle: usual.poll_idle.max(ms(self.poll_every_ms)),
            ..usual
        }
    }

    /// Minimum interval between page updates, milliseconds.
    #[must_use]
    pub fn tick_ms(&self) -> u16 {
        match self.updates_per_second {
            rate if rate >= RATES[0] => limits::TICK_MS,
            rate => 1000 / u16::from(rate.max(1)),
        }
    }
}

/// Formats milliseconds as seconds: "1", "0.25".
#[must_use]
pub fn seconds(ms: u32) -> String {
    match (ms / 1000, ms % 1000) {
        (whole, 0) => whole.to_string(),
        (whole, part) if part % 100 == 0 => format!("{whole}.{}", part / 100),
        (whole, part) if part % 10 == 0 => format!("{whole}.{:02}", part / 10),
        (whole, part) => format!("{whole}.{part:03}"),
    }
}

/// Parses typed seconds, such as "1" or "0.25", into milliseconds. `None` for anything else, and for more than three decimals.
#[must_use]
pub fn milliseconds(seconds: &str) -> Option<u32> {
    let (whole, part) = seconds.trim().split_once(['.', ',']).unwrap_or((seconds.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 3 || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole: u32 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u32 = format!("{part:0<3}").parse().ok()?;
    whole.checked_mul(1000)?.checked_add(part)
}
