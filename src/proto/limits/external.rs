//! The limits of what other programs report.

use std::time::Duration;

/// What other programs report: bytes of one message, and of a value after inflating.
pub const EXTERNAL_VALUE: usize = 4 * 1024 * 1024;
/// Bytes of an id, of a name, of a short word, of a message, and of what is kept of a result and of the end of a traceback.
pub const EXTERNAL_ID: usize = 255;
pub const EXTERNAL_NAME: usize = 255;
pub const EXTERNAL_WORD: usize = 60;
pub const EXTERNAL_MESSAGE: usize = 2_000;
pub const EXTERNAL_RESULT: usize = 64 * 1024;
pub const EXTERNAL_TRACEBACK: usize = 16 * 1024;
/// Events in one message of Celery. Workers send at most 24.
pub const EXTERNAL_BATCH: usize = 1_000;
/// A worker of Celery that is silent for this long is not seen any more. Its heartbeats come every 2 s.
pub const EXTERNAL_WORKER_SILENT: Duration = Duration::from_secs(30);
/// Tasks of other programs that are kept, finished and unfinished ones; workers; and events. The newest.
pub const EXTERNAL_FINISHED: u32 = 10_000;
pub const EXTERNAL_UNFINISHED: u32 = 10_000;
pub const EXTERNAL_WORKERS: u32 = 1_000;
pub const EXTERNAL_EVENTS: u32 = 10_000;
/// Tasks of other programs in one page of their list.
pub const EXTERNAL_PAGE: u32 = 100;
/// Of them, those that a part of the page for people shows.
pub const EXTERNAL_SHOWN: u32 = 50;
/// Reports that wait to be stored, and their bytes, about; how many are stored in one transaction; and how long those that come wait for others.
pub const EXTERNAL_HEARD: usize = 10_000;
pub const EXTERNAL_HEARD_BYTES: usize = 64 * 1024 * 1024;
pub const EXTERNAL_PORTION: usize = 500;
pub const EXTERNAL_TICK: Duration = Duration::from_millis(250);
/// Messages whose repetition is recognized.
pub const EXTERNAL_SEEN: usize = 10_000;
/// How long a message about a project without an id is recognized when it comes again.
pub const EXTERNAL_REPEATED: Duration = Duration::from_secs(60);
/// Commands over Redis that wait to be carried out.
pub const REDIS_COMMANDS: usize = 256;
/// How often it is looked whether workers are silent.
pub const EXTERNAL_WATCH: Duration = Duration::from_secs(5);
/// How long Redis may take to answer a command, how long an event waits that could not be added to its stream, and keys that are read with one command.
pub const REDIS_ANSWER: Duration = Duration::from_secs(10);
pub const REDIS_RETRY: Duration = Duration::from_secs(1);
pub const REDIS_KEYS: usize = 500;
/// CloudEvents in one batch, bytes of an attribute, and attributes of extensions.
pub const CLOUD_EVENTS: usize = 1_000;
pub const CLOUD_EVENT_ATTRIBUTE: usize = 2_048;
pub const CLOUD_EVENT_EXTENSIONS: usize = 30;
