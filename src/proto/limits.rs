//! Every limit on memory and time in the core, the server and the browser, by name.

use std::time::Duration;

/// Finished tasks in a snapshot (and in the state of a page); the newest are kept.
pub const SNAPSHOT_TASKS: usize = 100;
/// Waiting tasks sent with all their nodes; the others are sent as summaries until they are submitted.
pub const DETAILED_WAITING: usize = 20;
/// Earlier attempts kept for a task.
pub const ATTEMPTS: usize = 20;
/// Prompts of other clients shown for one ComfyUI.
pub const FOREIGN: usize = 50;
/// Finished tasks sent with all their nodes in a snapshot; older ones are sent as summaries.
pub const DETAILED_FINISHED: usize = 2;
/// Changes kept for clients that reconnect or are slow, without superseded ones.
pub const LOG_CHANGES: usize = 8192;
/// Changes in one frame. A client that missed more gets a snapshot instead.
pub const CATCH_UP_CHANGES: usize = 2048;
/// A message from a browser, bytes.
pub const CLIENT_MESSAGE: usize = 64 * 1024;
/// Messages from a browser: burst, and sustained rate per second.
pub const CLIENT_BURST: u32 = 100;
pub const CLIENT_MESSAGES_PER_SECOND: u32 = 20;
/// Bytes that may be queued for one connection that does not read: several of the largest previews.
pub const CLIENT_BACKLOG: usize = 16 * 1024 * 1024;
/// Topics of one connection; those after them are ignored.
pub const TOPICS: usize = 64;
/// Command ids the server remembers, so that a command sent twice is carried out once.
pub const REMEMBERED_COMMANDS: usize = 1024;
/// A frame from ComfyUI, bytes.
pub const UPSTREAM_FRAME: usize = 64 * 1024 * 1024;
/// A preview forwarded to browsers, bytes. A larger one (a whole image sent as a preview) is dropped: the result shows it.
pub const PREVIEW: usize = 4 * 1024 * 1024;
/// A preview pushed over a page's connection, bytes. A larger one is only announced, and the page requests it over HTTP, one at a time
/// and only while it is visible. Pushed bytes queue up in network buffers ahead of the end of a run: at 400 kbit/s the end was
/// 14 s late behind previews of 30 KB, 33 s behind one of 1 MB.
pub const PUSHED_PREVIEW: usize = 4 * 1024;
/// A workflow file, bytes.
pub const WORKFLOW: usize = 8 * 1024 * 1024;
/// Nodes in one workflow.
pub const WORKFLOW_NODES: usize = 5_000;
/// Saved workflows.
pub const SAVED_WORKFLOWS: i64 = 5_000;
/// Versions of a saved workflow that are kept, the newest.
pub const WORKFLOW_VERSIONS: i64 = 100;
/// The text of `/object_info` that is stored for a ComfyUI, in bytes after inflating. That of 500 classes has one megabyte.
pub const OBJECT_INFO: u64 = 64 * 1024 * 1024;
/// Nodes of a file in the editor's format, with those of each use of a subgraph: more than are sent, because notes, reroutes and muted nodes are not.
pub const EDITOR_NODES: usize = 20_000;
/// Inputs and widgets of all nodes of such a file, and links that are followed for them: each input can pass through many nodes.
pub const EDITOR_PARTS: usize = 500_000;
pub const EDITOR_STEPS: usize = 2_000_000;
/// Notes on what was left out of such a file; and names of other nodes (`%Node.widget%`) that are replaced in one text.
pub const EDITOR_NOTES: usize = 100;
pub const EDITOR_NAMES: usize = 100;
/// Subgraphs inside of subgraphs in such a file.
pub const EDITOR_DEPTH: usize = 32;
/// Outputs one task keeps.
pub const OUTPUTS: usize = 1_000;
/// Outputs of one task that came over ComfyUI's socket.
pub const SOCKET_RESULTS: usize = 500;
/// Pictures of a running prompt that are remembered until it is known whether they are results, and their bytes. The oldest are dropped.
pub const RESULT_CANDIDATES: usize = 64;
pub const RESULT_CANDIDATE_BYTES: usize = UPSTREAM_FRAME;
/// Bytes of results from the socket that may wait in memory for the disk. More are not kept.
pub const RESULTS_IN_MEMORY: usize = 4 * UPSTREAM_FRAME;
/// How long messages of a ComfyUI wait for the disk to take a result that came over its socket.
pub const RESULT_WRITE: Duration = Duration::from_secs(5);
/// How long a task whose results come over the socket waits for a ComfyUI whose socket is open, while one answers over HTTP. Then it is sent
/// without: what it sends over the socket is lost, and its other outputs are not.
pub const SOCKET_WAIT: Duration = Duration::from_secs(300);
/// How long a run that has ended waits for results that are still on their way over the socket: 64 MiB at 9 Mbit/s.
pub const RESULTS_LAG: Duration = Duration::from_secs(60);
/// Of `OUTPUTS`, at most this many texts and data, so that room for files remains.
pub const OUTPUT_TEXTS: usize = 500;
/// The path of a file that a node names by a string, bytes. A longer string is a text.
pub const OUTPUT_PATH: usize = 1_024;
/// A text output of a node, characters kept.
pub const OUTPUT_TEXT: usize = 20_000;
/// Lines of a traceback kept, and the characters of a message.
pub const TRACEBACK_LINES: usize = 200;
pub const MESSAGE_TEXT: usize = 4_000;
/// Missing files and node classes that the note of a waiting task names for each ComfyUI.
pub const MISSING_NAMED: usize = 3;
/// A task's name, characters.
pub const NAME: usize = 80;
/// Priorities range from minus this to plus this.
pub const PRIORITY: i8 = 100;
/// Maximum time that a submission waits for ComfyUI's validation before it is answered.
pub const SUBMIT_WAIT: Duration = Duration::from_secs(3);
/// Metadata that a client may attach to a task, bytes of JSON.
pub const METADATA: usize = 16 * 1024;
/// Bytes allowed for the other fields around a workflow.
pub const SUBMISSION_FIELDS: usize = 256 * 1024;
/// An uploaded image, bytes; and extra bytes for the form around it.
pub const UPLOAD: usize = 50 * 1024 * 1024;
pub const UPLOAD_FIELDS: usize = 64 * 1024;
/// Pixels of an uploaded image. ComfyUI uses 16 bytes for each when it decodes one.
pub const UPLOAD_PIXELS: usize = 64_000_000;
/// Bytes of its beginning buffered to detect type and size; cameras write much metadata before the size.
pub const UPLOAD_HEAD: usize = 512 * 1024;
/// Concurrent uploads, and the chunks of one that may be queued for a ComfyUI.
pub const UPLOADS: usize = 8;
pub const UPLOAD_PIECES: usize = 16;
/// Timeout of an upload, and how long a ComfyUI may read nothing of it before the upload to it is aborted.
pub const UPLOAD_TIME: Duration = Duration::from_secs(600);
pub const UPLOAD_STALL: Duration = Duration::from_secs(30);
/// Rows of the table of learned durations; the least recently used are removed first. A row is a node class on a backend in a workflow
/// shape, or without the backend, the shape or both.
pub const DURATION_ROWS: usize = 2_000;
/// Newest runs kept per row.
pub const DURATION_RUNS: usize = 7;
/// Estimates of the time left above this are treated as errors and not shown. Milliseconds: a week.
pub const TIME_LEFT_MS: u64 = 7 * 24 * 3_600_000;
/// Minimum interval of progress messages to a browser: one screen frame. Milliseconds.
pub const TICK_MS: u16 = 16;
/// Maximum interval a browser may request. Milliseconds.
pub const SLOWEST_TICK_MS: u16 = 10_000;
/// Minimum interval of progress messages to a program that follows tasks. Milliseconds.
pub const PROGRAM_TICK_MS: u16 = 250;
/// Interval of keep-alives on an idle event stream: proxies close idle connections, many after a minute.
pub const STREAM_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Minimum and maximum reconnect delay of a program after its stream broke; each gets its own random delay, so that they do not
/// reconnect at once. Milliseconds.
pub const STREAM_RETRY_MS: (u16, u16) = (1_000, 3_000);
/// The newest finished tasks kept in memory for programs that follow them.
pub const FEED_ENDED: usize = 2_000;
/// New tasks that may wait for the disk; further ones are refused. Updates of known tasks need no limit: only the newest
/// of each task waits.
pub const STORE_ADDS: usize = 1024;
/// History lines of tasks that may wait for the disk; beyond that the oldest are dropped.
pub const STORE_EVENTS: usize = 10_000;
/// The newest history lines kept for one task, and the characters of one.
pub const TASK_EVENTS: usize = 200;
pub const EVENT_TEXT: usize = 1_000;
/// Tasks in one page of a list from the store.
pub const STORE_PAGE: usize = 100;
/// Time between retries of a failed write to the database.
pub const STORE_RETRY: Duration = Duration::from_secs(1);
/// Another process may lock the database this long before a statement fails.
pub const STORE_BUSY: Duration = Duration::from_secs(2);
/// Interval of the search for finished tasks over the limit, and the most that are removed at a time.
pub const RETENTION_EVERY: Duration = Duration::from_secs(60);
pub const RETENTION_PORTION: usize = 50;
/// An `Idempotency-Key`, characters; and how long it is remembered.
pub const KEY: usize = 255;
pub const KEY_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Tasks of an earlier Darkroom that are searched for outputs to copy in one transaction.
pub const BACKFILL_TASKS: usize = 100;
/// Bytes of an output that is copied in memory; a larger one is streamed into the media store in parts of [`COPY_PART`].
pub const COPY_IN_MEMORY: usize = 8 * 1024 * 1024;
/// The size of a part; S3 allows no smaller ones than 5 MiB.
pub const COPY_PART: usize = 6 * 1024 * 1024;
/// A ComfyUI that sends nothing of an output for this long is taken to have broken off.
pub const COPY_STALL: Duration = Duration::from_secs(30);
/// A ComfyUI is away for this long before its outputs are shown as waiting for it.
pub const COPY_AWAY: Duration = Duration::from_secs(5);
/// Interval of the checks which ComfyUIs can be copied from, while outputs wait.
pub const COPY_LOOK: Duration = Duration::from_secs(1);
/// Concurrent makings of thumbnails, and the bytes of the largest file of which one is made.
pub const THUMBNAILS: usize = 2;
pub const THUMBNAIL_SOURCE: u64 = 100 * 1024 * 1024;
/// The longest side of the two sizes of thumbnails, pixels.
pub const THUMBNAIL_SIDES: [u32; 2] = [320, 640];
/// Interval of the search for files of the media store that are over the limits or that no task refers to.
pub const MEDIA_SWEEP: Duration = Duration::from_secs(60);
/// Messages of one ComfyUI kept in its event log, and the number of message types counted separately.
pub const EVENT_LOG: usize = 500;
pub const EVENT_TYPES: usize = 64;
/// Bytes of one ComfyUI's messages that may wait to be read; beyond that TCP flow control stops it. At least one of the largest fits.
pub const UPSTREAM_BACKLOG: usize = 2 * UPSTREAM_FRAME;
/// Orders of one browser that may wait for Darkroom, and the bytes of a stored one. Ten of the largest fit into a browser's storage.
pub const OUTBOX: usize = 50;
pub const OUTBOX_ORDER: usize = 256 * 1024;
/// A page's poll that is not answered in this time is aborted; the next one asks again.
pub const POLL_TIME: Duration = Duration::from_secs(30);
/// An order of a page that is not answered in this time is aborted and sent again: the time for the answer, and for sending it over the
/// slowest line, bytes per second. See [`order_time`].
pub const ORDER_TIME: Duration = Duration::from_secs(30);
pub const ORDER_BYTES_PER_SECOND: usize = 16 * 1024;
/// A page that is hidden this long while nothing runs closes its socket and polls at long intervals.
pub const HIDDEN_SLEEP: Duration = Duration::from_secs(600);
/// Messages of the live connection kept in a page's event log.
pub const PAGE_LOG: usize = 500;
/// Bytes kept of one logged message; the rest is cut off.
pub const LOGGED_FRAME: usize = 64 * 1024;
/// Wrong tokens per address: burst, then one per interval. Above the limit a wrong token is answered 429; the right one is always accepted.
pub const TOKEN_GUESSES: u32 = 10;
pub const TOKEN_GUESS_EVERY: Duration = Duration::from_secs(6);
/// Addresses whose requests are counted separately; further ones share one count.
pub const PEERS: usize = 10_000;
/// Signed-out sessions remembered, because their cookies would still be valid.
pub const SIGNED_OUT: usize = 10_000;
/// The form of the sign-in page, bytes.
pub const SIGN_IN_FORM: usize = 8 * 1024;
/// The redirect target after signing in, characters.
pub const SIGN_IN_NEXT: usize = 2_048;
/// The address of a webhook, characters.
pub const WEBHOOK_URL: usize = 2_048;
/// Timeout of a webhook's answer, the bytes of it that are read and the characters of it that are kept.
pub const WEBHOOK_TIME: Duration = Duration::from_secs(15);
pub const WEBHOOK_ANSWER: usize = 4 * 1024;
pub const WEBHOOK_EXCERPT: usize = 500;
/// Concurrent calls of webhooks in total, and to one host.
pub const WEBHOOKS: usize = 32;
pub const WEBHOOKS_PER_HOST: usize = 4;
/// The longest delay of the next attempt that a webhook can request (`Retry-After`).
pub const WEBHOOK_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// The newest attempts kept of one webhook message.
pub const WEBHOOK_ATTEMPTS: usize = 50;
/// Interval of progress messages to one webhook: minimum, default, maximum.
pub const WEBHOOK_PROGRESS: (Duration, Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(3_600));
/// Maximum interval between checks for due webhook messages, even without a wake-up: clocks may jump.
pub const WEBHOOK_POLL: Duration = Duration::from_secs(30);
/// A call accepted by `webhook-listen`, bytes; and the ids it remembers to detect repeats.
pub const WEBHOOK_CALL: usize = 4 * 1024 * 1024;
pub const WEBHOOK_IDS: usize = 10_000;

/// How long a page waits for the answer to an order of this length.
#[must_use]
pub const fn order_time(bytes: usize) -> Duration {
    ORDER_TIME.saturating_add(Duration::from_secs((bytes / ORDER_BYTES_PER_SECOND) as u64))
}
