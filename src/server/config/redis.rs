//! `[redis]`: where other programs report over Redis, and what of it is read.

use std::{fs, num::NonZeroUsize, path::PathBuf};

use proto::external::ProgressScale;
use serde::Deserialize;
use url::Url;

use super::{error::ConfigError, secret::Secret};

/// `[redis]`, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RedisSection {
    pub(super) url: Option<Secret>,
    pub(super) password: Option<Secret>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) password_env: Option<String>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) patterns: Option<Vec<String>>,
    pub(super) key_prefix: Option<String>,
    pub(super) celery_database: Option<i64>,
    pub(super) progress: Option<ProgressScale>,
    pub(super) enable_events: bool,
    pub(super) accept_commands: bool,
    pub(super) publish_story: bool,
    pub(super) stream: Option<String>,
    pub(super) stream_length: Option<NonZeroUsize>,
}

/// How Redis is used. Checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisConfig {
    /// With its password.
    pub url: Secret,
    /// The address without user and password, for logs and pages.
    pub shown: String,
    /// PEM: only these authorities are trusted.
    pub ca: Option<Vec<u8>>,
    /// Of channels that are read.
    pub patterns: Vec<String>,
    /// Celery's `global_keyprefix`, as it is before its keys.
    pub key_prefix: String,
    /// The number in the names of Celery's channels.
    pub celery_database: i64,
    /// What a number without a total means.
    pub progress: ProgressScale,
    /// Workers are told to send events, every [`EXTERNAL_WATCH`](proto::limits::EXTERNAL_WATCH).
    pub enable_events: bool,
    /// Takes are started and cancelled by whoever publishes on [`COMMANDS`].
    pub accept_commands: bool,
    /// Events of projects are published on `project:{id}:events`.
    pub publish_story: bool,
    /// The stream that Darkroom's events are added to. `None`: they are not.
    pub stream: Option<String>,
    /// Its length, about.
    pub stream_length: usize,
}

/// Celery's result backend and events of its workers, and the channels of the studio's own programs.
const PATTERNS: [&str; 4] = ["celery-task-meta-*", "/*.celeryev/*", "project:*:events", "task:progress:*"];

/// The channels of commands.
const COMMANDS: &str = "project:*:commands";

fn mistake(why: impl Into<String>) -> ConfigError {
    ConfigError::Redis(why.into())
}

impl RedisConfig {
    /// `None`: Redis is not used. `over`: `--redis`.
    pub(super) fn new(section: RedisSection, over: Option<Secret>) -> Result<Option<Self>, ConfigError> {
        let password = password(section.password, section.password_file, section.password_env)?;
        let Some(url) = over.or(section.url).filter(|url| !url.reveal().trim().is_empty()) else {
            return if password.is_some() || section.ca_file.is_some() { Err(mistake("there is no url; write it, too")) } else { Ok(None) };
        };
        let wrong = |why: &str| mistake(format!("url: {why}; write it like redis://127.0.0.1:6379/0, or rediss://… with TLS"));
        let mut parsed = Url::parse(url.reveal().trim()).map_err(|_| wrong("it is no url"))?;
        if !matches!(parsed.scheme(), "redis" | "rediss") || parsed.host_str().is_none_or(str::is_empty) {
            return Err(wrong("it names no Redis"));
        }
        let database = match parsed.path().trim_matches('/') {
            "" => 0,
            number => number.parse().ok().filter(|number| *number >= 0).ok_or_else(|| wrong("its path is no number of a database"))?,
        };
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(wrong("it has more in it than user, password, host, port and database"));
        }
        if let Some(password) = password {
            if parsed.password().is_some() {
                return Err(mistake("the password is both in the url and beside it; leave one out"));
            }
            parsed.set_password(Some(password.reveal())).map_err(|()| wrong("it cannot have a password"))?;
        }
        let ca = match section.ca_file {
            Some(_) if parsed.scheme() == "redis" => return Err(mistake("ca_file is for TLS; the url must begin with rediss://")),
            Some(path) => Some(fs::read(&path).map_err(|error| mistake(format!("ca_file {}: {error}", path.display())))?),
            None => None,
        };
        let mut patterns = section.patterns.unwrap_or_else(|| PATTERNS.map(str::to_owned).into());
        if section.accept_commands && !patterns.iter().any(|pattern| pattern == COMMANDS) {
            patterns.push(COMMANDS.to_owned());
        }
        if patterns.iter().any(|pattern| pattern.trim_matches('*').is_empty()) {
            return Err(mistake(
                "patterns: one of them fits every channel; name those that are to be read, such as \"celery-task-meta-*\"",
            ));
        }
        let port = parsed.port().unwrap_or(6379);
        Ok(Some(Self {
            shown: format!("{}:{port}/{database}", parsed.host_str().unwrap_or_default()),
            url: Secret::new(parsed.into()),
            ca,
            patterns,
            key_prefix: section.key_prefix.unwrap_or_default(),
            celery_database: section.celery_database.unwrap_or(database),
            progress: section.progress.unwrap_or_default(),
            enable_events: section.enable_events,
            accept_commands: section.accept_commands,
            publish_story: section.publish_story,
            stream: Some(section.stream.unwrap_or_else(|| "darkroom:events".to_owned())).filter(|stream| !stream.is_empty()),
            stream_length: section.stream_length.map_or(100_000, usize::from),
        }))
    }
}

fn password(inline: Option<Secret>, file: Option<PathBuf>, env: Option<String>) -> Result<Option<Secret>, ConfigError> {
    let text = match (inline, file, env) {
        (None, None, None) => return Ok(None),
        (Some(secret), None, None) => secret.reveal().to_owned(),
        (None, Some(path), None) => {
            fs::read_to_string(&path).map_err(|error| mistake(format!("password_file {}: {error}", path.display())))?
        }
        (None, None, Some(name)) => std::env::var(&name).map_err(|_| mistake(format!("password_env: {name} is not set")))?,
        _ => return Err(mistake("name one of password, password_file, password_env")),
    };
    Ok(Some(Secret::new(text.trim().to_owned())).filter(|secret| !secret.reveal().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Option<RedisConfig>, String> {
        RedisConfig::new(toml::from_str(toml).unwrap(), None).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_url_redis_is_not_used() {
        assert_eq!(read("").unwrap(), None);
        let empty = Some(Secret::new(String::new()));
        assert_eq!(RedisConfig::new(RedisSection::default(), empty).unwrap(), None);
    }

    #[test]
    fn a_url_is_enough_and_its_password_is_not_shown() {
        let config = read("url = 'redis://me:hidden@farm:7000/3'").unwrap().unwrap();
        assert_eq!((config.shown.as_str(), config.celery_database, config.stream_length), ("farm:7000/3", 3, 100_000));
        assert_eq!(config.patterns, PATTERNS);
        assert_eq!(config.stream.as_deref(), Some("darkroom:events"));
        assert!(!format!("{config:?}").contains("hidden"));
        let config =
            read("url = 'redis://farm'\npassword = 'hidden'\nstream = ''\nprogress = 'percent'\npatterns = ['a:*']").unwrap().unwrap();
        assert_eq!((config.url.reveal(), config.stream), ("redis://:hidden@farm", None));
        assert_eq!((config.progress, config.patterns), (ProgressScale::Percent, vec!["a:*".to_owned()]));
    }

    #[test]
    fn commands_are_read_only_where_they_are_accepted() {
        let config = |toml: &str| read(&format!("url = 'redis://farm'\n{toml}")).unwrap().unwrap();
        let usual = config("");
        assert!(!usual.accept_commands && !usual.publish_story && !usual.patterns.contains(&COMMANDS.to_owned()));
        for toml in ["accept_commands = true", "accept_commands = true\npatterns = ['project:*:commands']"] {
            let config = config(toml);
            assert_eq!(config.patterns.iter().filter(|pattern| *pattern == COMMANDS).count(), 1, "{toml}");
        }
    }

    #[test]
    fn every_invalid_setting_names_the_remedy() {
        for (toml, says) in [
            ("url = 'farm:6379'", "redis://127.0.0.1:6379/0"),
            ("url = 'http://farm'", "redis://127.0.0.1:6379/0"),
            ("url = 'redis://farm/queue'", "number of a database"),
            ("url = 'redis://farm/0?a=b'", "more in it"),
            ("url = 'redis://:hidden@farm'\npassword = 'hidden'", "leave one out"),
            ("url = 'redis://farm'\npassword = 'hidden'\npassword_env = 'X'", "name one of"),
            ("url = 'redis://farm'\npassword_env = 'NO_SUCH_VARIABLE_IS_SET'", "NO_SUCH_VARIABLE_IS_SET"),
            ("url = 'redis://farm'\npassword_file = '/no/such/file'", "/no/such/file"),
            ("url = 'redis://farm'\nca_file = '/no/such/file'", "rediss://"),
            ("url = 'rediss://farm'\nca_file = '/no/such/file'", "/no/such/file"),
            ("url = 'redis://farm'\npatterns = ['*']", "every channel"),
            ("password = 'hidden'", "no url"),
        ] {
            let message = read(toml).unwrap_err();
            assert!(message.starts_with("[redis] ") && message.contains(says) && !message.contains('\n'), "{says:?} in {message:?}");
            assert!(!message.contains("hidden"), "{message}");
        }
    }
}
