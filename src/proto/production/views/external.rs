//! What the page of other programs' tasks shows.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::{
    external::{ExternalState, ExternalTask, ExternalWorker, WorkerPresence},
    percent::percent_encoded,
    time::Timestamp,
};

/// Tasks of other programs, and those who carry them out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExternalPage {
    pub query: ExternalQuery,
    /// The newest first.
    pub tasks: Vec<ExternalLine>,
    /// `before` of the next part. `None`: that was all.
    pub next: Option<u64>,
    /// By their names.
    pub workers: Vec<WorkerLine>,
    pub redis: RedisPart,
}

/// Which tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalQuery {
    pub group: ExternalGroup,
    /// Only those of this worker.
    pub worker: Option<String>,
    /// Those that came before the one with this number.
    pub before: Option<u64>,
}

impl ExternalQuery {
    /// The address of the list.
    #[must_use]
    pub fn href(&self) -> String {
        let mut parts = Vec::new();
        if self.group != ExternalGroup::All {
            let word: &str = self.group.into();
            parts.push(format!("state={word}"));
        }
        if let Some(worker) = &self.worker {
            parts.push(format!("worker={}", percent_encoded(worker)));
        }
        if let Some(before) = self.before {
            parts.push(format!("before={before}"));
        }
        if parts.is_empty() { "/external".into() } else { format!("/external?{}", parts.join("&")) }
    }
}

/// States that are looked at together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ExternalGroup {
    #[default]
    All,
    /// Those that have not ended.
    Unfinished,
    /// Those whose worker is not seen any more.
    Stale,
    Failed,
    Succeeded,
    Revoked,
}

impl ExternalGroup {
    /// In the order in which people choose from them.
    pub const ALL: [Self; 6] = [Self::All, Self::Unfinished, Self::Stale, Self::Failed, Self::Succeeded, Self::Revoked];

    /// The states in it. Empty: any.
    #[must_use]
    pub fn states(self) -> &'static [ExternalState] {
        use ExternalState::{Failure, Pending, Progress, Received, Rejected, Retry, Revoked, Started, Success};
        match self {
            Self::All | Self::Stale => &[],
            Self::Unfinished => &[Pending, Received, Started, Progress, Retry],
            Self::Failed => &[Failure, Rejected],
            Self::Succeeded => &[Success],
            Self::Revoked => &[Revoked],
        }
    }

    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Unfinished => "Not ended",
            Self::Stale => "Worker not seen",
            Self::Failed => "Failed",
            Self::Succeeded => "Succeeded",
            Self::Revoked => "Revoked",
        }
    }
}

/// A task with its place in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExternalLine {
    pub number: u64,
    pub task: ExternalTask,
    /// The shot that it belongs to, if there is one.
    pub shot: Option<JoinedShot>,
}

/// A shot of a project here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedShot {
    /// `S001 P001 The pier`.
    pub label: String,
    /// The address of its page.
    pub href: String,
}

/// A worker of Celery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerLine {
    pub worker: ExternalWorker,
    pub presence: WorkerPresence,
}

/// How the link to Redis is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedisPart {
    pub link: RedisLink,
    /// Host, port and database.
    pub address: Option<String>,
    /// Why it is not connected.
    pub why: Option<String>,
    /// It is like this since then.
    pub since: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedisLink {
    /// There is no url in the settings.
    Off,
    Connecting,
    Connected,
    Reconnecting,
    /// Redis refuses: the settings may have to change.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_address() {
        assert_eq!(ExternalQuery::default().href(), "/external");
        let query = ExternalQuery { group: ExternalGroup::Unfinished, worker: Some("gpu@studio 7".into()), before: Some(9) };
        assert_eq!(query.href(), "/external?state=unfinished&worker=gpu%40studio%207&before=9");
    }

    /// Every state is in one of the groups that people choose from, beside all.
    #[test]
    fn no_state_is_left_out_of_the_groups() {
        for state in <ExternalState as strum::VariantArray>::VARIANTS {
            let groups: Vec<_> = ExternalGroup::ALL.iter().filter(|group| group.states().contains(state)).collect();
            assert_eq!(groups.len(), 1, "{state:?} is in {groups:?}");
            let is_unfinished = *groups[0] == ExternalGroup::Unfinished;
            assert_eq!(is_unfinished, !state.is_final(), "{state:?}");
        }
    }
}
