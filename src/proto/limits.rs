//! Every bound on memory and time that the core, the server and the browser keep, by name.

use std::time::Duration;

/// Finished tasks in a snapshot (and in the live state of a page), newest first to stay.
pub const SNAPSHOT_TASKS: usize = 100;
/// Tasks that wait and are carried with all their nodes; the others come as summaries until they are sent.
pub const DETAILED_WAITING: usize = 20;
/// Earlier attempts a task remembers.
pub const ATTEMPTS: usize = 20;
/// Other people's prompts shown for one ComfyUI.
pub const FOREIGN: usize = 50;
/// Finished tasks that a snapshot carries with all their nodes; older ones come as summaries.
pub const DETAILED_FINISHED: usize = 2;
/// Changes the server keeps for clients that come back or are slow, those left out that were superseded.
pub const LOG_CHANGES: usize = 8192;
/// Changes in one frame. Who has missed more gets a snapshot instead.
pub const CATCH_UP_CHANGES: usize = 2048;
/// A message from a browser, bytes.
pub const CLIENT_MESSAGE: usize = 64 * 1024;
/// Messages from a browser: at once, and each second for ever.
pub const CLIENT_BURST: u32 = 100;
pub const CLIENT_MESSAGES_PER_SECOND: u32 = 20;
/// Bytes that may wait for one connection that does not read: the largest preview, several times over.
pub const CLIENT_BACKLOG: usize = 16 * 1024 * 1024;
/// Topics one connection may follow.
pub const TOPICS: usize = 64;
/// Commands whose ids the server remembers, so that one sent twice acts once.
pub const REMEMBERED_COMMANDS: usize = 1024;
/// A frame from ComfyUI, bytes.
pub const UPSTREAM_FRAME: usize = 64 * 1024 * 1024;
/// A preview that goes on to browsers, bytes. A larger one (a whole picture sent as a preview) is left out: the result shows it.
pub const PREVIEW: usize = 4 * 1024 * 1024;
/// A preview that is sent over a page's connection, bytes. A larger one is only announced there, and the page asks for it over HTTP, one at a
/// time and only while it is looked at. What is sent unasked queues up in the buffers between here and there, and the end of a run waits behind
/// it: at 400 kbit/s 14 s behind previews of 30 KB, 33 s behind one of 1 MB.
pub const PUSHED_PREVIEW: usize = 4 * 1024;
/// A workflow file, bytes.
pub const WORKFLOW: usize = 8 * 1024 * 1024;
/// Nodes in one workflow.
pub const WORKFLOW_NODES: usize = 5_000;
/// Outputs one task keeps.
pub const OUTPUTS: usize = 1_000;
/// A text that a node put out, characters kept.
pub const OUTPUT_TEXT: usize = 20_000;
/// Lines of a traceback kept, and the characters of a message.
pub const TRACEBACK_LINES: usize = 200;
pub const MESSAGE_TEXT: usize = 4_000;
/// A task's name, characters.
pub const NAME: usize = 80;
/// Priorities reach this far to both sides of 0.
pub const PRIORITY: i8 = 100;
/// A task whose turn is at once waits this long for ComfyUI's validation before its submission is answered.
pub const FIRST_WORD: Duration = Duration::from_secs(3);
/// Metadata that a program may attach to a task, bytes of JSON.
pub const METADATA: usize = 16 * 1024;
/// Room for the other fields around a workflow, bytes.
pub const SUBMISSION_FIELDS: usize = 256 * 1024;
/// An uploaded picture, bytes; and room for the form around it.
pub const UPLOAD: usize = 50 * 1024 * 1024;
pub const UPLOAD_FIELDS: usize = 64 * 1024;
/// Its pixels. One that ComfyUI decodes costs it 16 bytes each.
pub const UPLOAD_PIXELS: usize = 64_000_000;
/// Bytes of its beginning that are buffered to detect type and size; cameras write much metadata before the size.
pub const UPLOAD_HEAD: usize = 512 * 1024;
/// Uploads at once, and the pieces of one that may wait for a ComfyUI.
pub const UPLOADS: usize = 8;
pub const UPLOAD_PIECES: usize = 16;
/// How long an upload may take, and how long a ComfyUI may read nothing of it before the upload to it is given up.
pub const UPLOAD_TIME: Duration = Duration::from_secs(600);
pub const UPLOAD_STALL: Duration = Duration::from_secs(30);
/// Rows of the table of learned durations; those not used for longest go first. A row is a node class on a backend in a workflow of some
/// shape, or one without the backend, the shape or both.
pub const DURATION_ROWS: usize = 2_000;
/// Newest runs that a row remembers.
pub const DURATION_RUNS: usize = 7;
/// A longer estimate of the time left is a mistake, and not shown. Milliseconds: a week.
pub const TIME_LEFT_MS: u64 = 7 * 24 * 3_600_000;
/// Progress goes to a browser at most this often: one frame of a screen. Milliseconds.
pub const TICK_MS: u16 = 16;
/// The slowest tick a browser may ask for. Milliseconds.
pub const SLOWEST_TICK_MS: u16 = 10_000;
/// Progress goes to a program that follows tasks at most this often. Milliseconds.
pub const PROGRAM_TICK_MS: u16 = 250;
/// Time between keep-alives of a silent event stream: proxies cut silent connections, many after a minute.
pub const STREAM_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A program whose stream broke comes back after this, at least and at most; each is told a time of its own, so that they do not all come at
/// once. Milliseconds.
pub const STREAM_RETRY_MS: (u16, u16) = (1_000, 3_000);
/// Ends of tasks that are kept in memory for programs that follow them, the newest.
pub const FEED_ENDED: usize = 2_000;
/// New tasks that may wait for the disk at once; more are refused. States of known tasks need no limit of their own: of each task
/// only the newest waits.
pub const STORE_ADDS: usize = 1024;
/// Lines of tasks' histories that may wait for the disk; over that the oldest are left out.
pub const STORE_EVENTS: usize = 10_000;
/// Lines of history kept for one task, the newest, and the characters of one.
pub const TASK_EVENTS: usize = 200;
pub const EVENT_TEXT: usize = 1_000;
/// Tasks in one page of a list from the store.
pub const STORE_PAGE: usize = 100;
/// Time between retries of a failed write to the database.
pub const STORE_RETRY: Duration = Duration::from_secs(1);
/// Another program may lock the database this long before a statement fails.
pub const STORE_BUSY: Duration = Duration::from_secs(2);
/// Finished tasks that are over the limit are looked for this often, and at most so many are removed at a time.
pub const RETENTION_EVERY: Duration = Duration::from_secs(60);
pub const RETENTION_PORTION: usize = 50;
/// An `Idempotency-Key`, characters; and how long it is remembered.
pub const KEY: usize = 255;
pub const KEY_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Messages of one ComfyUI that its event log keeps, and the types of messages it tells apart.
pub const EVENT_LOG: usize = 500;
pub const EVENT_TYPES: usize = 64;
/// Bytes of one ComfyUI's messages that may wait to be read; more and TCP holds ComfyUI back. At least one of the largest fits.
pub const UPSTREAM_BACKLOG: usize = 2 * UPSTREAM_FRAME;
/// Orders of one browser that may wait for Darkroom, and the bytes of one that is kept. Ten of the largest fit into a browser's storage.
pub const OUTBOX: usize = 50;
pub const OUTBOX_ORDER: usize = 256 * 1024;
/// A page that is hidden for this long while nothing runs closes its socket, and polls now and then.
pub const HIDDEN_SLEEP: Duration = Duration::from_secs(600);
/// Messages of the live connection that a page's event log keeps.
pub const PAGE_LOG: usize = 500;
/// Bytes of one message that it keeps; of what is longer, only this much can be told.
pub const LOGGED_FRAME: usize = 64 * 1024;
/// Wrong tokens of one address: at once, and then one each. While there were too many, no token from there is looked at.
pub const TOKEN_GUESSES: u32 = 10;
pub const TOKEN_GUESS_EVERY: Duration = Duration::from_secs(6);
/// Addresses whose requests are counted one by one; more are counted together.
pub const PEERS: usize = 10_000;
/// Sessions that were ended by signing out and are remembered, because their cookies would still be good.
pub const SIGNED_OUT: usize = 10_000;
/// The form of the sign-in page, bytes.
pub const SIGN_IN_FORM: usize = 8 * 1024;
/// Where to go on after signing in, characters.
pub const SIGN_IN_NEXT: usize = 2_048;
/// The address of a webhook, characters.
pub const WEBHOOK_URL: usize = 2_048;
/// How long a webhook may take to answer, and the bytes of its answer that are read and the characters that are kept of it.
pub const WEBHOOK_TIME: Duration = Duration::from_secs(15);
pub const WEBHOOK_ANSWER: usize = 4 * 1024;
pub const WEBHOOK_EXCERPT: usize = 500;
/// Webhooks that are called at once, and of one host.
pub const WEBHOOKS: usize = 32;
pub const WEBHOOKS_PER_HOST: usize = 4;
/// The longest that a webhook can put off the next attempt for (`Retry-After`).
pub const WEBHOOK_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// Attempts kept of one message to a webhook, the newest.
pub const WEBHOOK_ATTEMPTS: usize = 50;
/// Between two messages of progress to one webhook: at least, unless it is said otherwise, and at most.
pub const WEBHOOK_PROGRESS: (Duration, Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(3_600));
/// Due webhook messages are looked up at least this often, even without a wake-up: clocks may jump.
pub const WEBHOOK_LOOK: Duration = Duration::from_secs(30);
/// A call that `webhook-listen` takes, bytes; and the ids it remembers, to tell repeats.
pub const WEBHOOK_CALL: usize = 4 * 1024 * 1024;
pub const WEBHOOK_IDS: usize = 10_000;
