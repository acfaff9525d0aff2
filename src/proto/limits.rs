//! Every limit on memory and time in the core, the server and the browser, by name.

use std::time::Duration;

mod comfy_v2;
mod external;
mod gateway;
mod production;
mod replica;

pub use self::{comfy_v2::*, external::*, gateway::*, production::*, replica::*};

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
/// Changes kept for clients that reconnect or are slow, without superseded ones: so many of any age, and as many as there were in `LOG_TIME`. At
/// 1,200 changes a second (30 tasks a second, 40 changes of each), of which none is superseded, these are 72,000.
pub const LOG_CHANGES: usize = 8_192;
pub const LOG_TIME: Duration = Duration::from_secs(60);
/// What all of them may take, in bytes, and what one takes beside its own bytes, about: its entries in maps, and what the allocator adds. 72,000
/// changes of 40 bytes are 32 MB; 1,800 new tasks among them, of 1 KB with 7 nodes and 20 KB with 200, 2 to 36 MB.
pub const LOG_BYTES: usize = 64 * 1024 * 1024;
pub const LOG_ENTRY_BYTES: usize = 400;
/// The longest frame of changes, in bytes, unless a snapshot is longer. A client that missed more gets a snapshot instead.
pub const CATCH_UP_BYTES: usize = 128 * 1024;
/// How long a snapshot is given to further clients, with the changes after it; and how many are kept for that, of different tasks.
pub const SNAPSHOT_SHARED: Duration = Duration::from_secs(1);
pub const SHARED_SNAPSHOTS: usize = 16;
/// How late clients that follow single tasks get the counts of a ComfyUI (its queue, its memory), if nothing else happens.
pub const COUNTS_EVERY: Duration = Duration::from_secs(5);
/// A message from a browser, bytes.
pub const CLIENT_MESSAGE: usize = 64 * 1024;
/// Messages from a browser: burst, and sustained rate per second.
pub const CLIENT_BURST: u32 = 100;
pub const CLIENT_MESSAGES_PER_SECOND: u32 = 20;
/// Bytes that may be queued for one connection that does not read: several of the largest previews.
pub const CLIENT_BACKLOG: usize = 16 * 1024 * 1024;
/// Runs of one series of a page, and how many tasks of an endless one are in the queue at a time: one runs, the next is ready.
pub const SERIES: u32 = 100;
pub const SERIES_AT_ONCE: usize = 2;
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
/// Texts in the metadata of a picture or video that are read, and the parts of a large file that are examined to find them.
pub const FILE_TEXTS: usize = 200;
/// Bytes of the texts in the metadata of one file that are read, unpacked.
pub const FILE_TEXT_BYTES: usize = 4 * WORKFLOW;
/// LoRAs of a file of another program that are noted.
pub const FILE_LORAS: usize = 100;
pub const FILE_PARTS: usize = 64;
/// Settings of another program that are listed because the form has no place for them, and the characters shown of one.
pub const SKIPPED_SETTINGS: usize = 100;
pub const SKIPPED_SETTING_TEXT: usize = 200;
/// Bytes that are read of a ComfyUI's list of models, of the preview of a model, and of its metadata (ComfyUI reads 1 MiB of that in a file).
pub const MODEL_LIST: usize = 16 * 1024 * 1024;
pub const MODEL_PREVIEW: usize = 32 * 1024 * 1024;
pub const MODEL_METADATA: usize = 8 * 1024 * 1024;
/// Requests for these at once, and answers that are kept of each kind.
pub const MODEL_FILE_REQUESTS: usize = 2;
pub const MODEL_FILES_KEPT: usize = 500;
/// Trigger words of a model, and the bytes of one.
pub const TRIGGER_WORDS: usize = 40;
pub const TRIGGER_WORD: usize = 120;
/// Nodes in one workflow.
pub const WORKFLOW_NODES: usize = 5_000;
/// Saved workflows.
pub const SAVED_WORKFLOWS: i64 = 5_000;
/// Versions of a saved workflow that are kept, the newest.
pub const WORKFLOW_VERSIONS: i64 = 100;
/// Cells of a grid.
pub const GRID_CELLS: usize = 1_000;
/// Values of one axis of a grid, and the characters of one.
pub const GRID_AXIS_VALUES: usize = 500;
pub const GRID_VALUE: usize = 4_000;
/// Grids.
pub const GRIDS: i64 = 1_000;
/// Tasks that may wait while cells of grids are submitted: the rest of the queue's room is for others. The other cells follow when some are done.
pub const GRID_WAITING: usize = 200;
/// How long a grid waits before it tries again to submit a cell, while the queue is full or the disk cannot be written.
pub const GRID_RETRY: Duration = Duration::from_secs(2);
/// The picture of a whole grid: its pixels, the longest side (a WebP file has no longer one), and the longest side of one cell. Larger ones are scaled down.
pub const GRID_SHEET_PIXELS: u64 = 32_000_000;
pub const GRID_SHEET_SIDE: u32 = 16_383;
pub const GRID_SHEET_CELL: u32 = 1_024;
/// Pictures of a whole grid that are made at the same time.
pub const GRID_SHEETS: usize = 1;
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
/// Alternatives inside of alternatives in a prompt; how many of them can be taken at once; and the characters of what a template gives.
pub const PROMPT_DEPTH: usize = 32;
pub const PROMPT_PICKS: usize = 1_000;
pub const PROMPT_TEXT: usize = 200_000;
/// Texts that a preview of a template has at most, and those of a page.
pub const PROMPT_SAMPLES: u32 = 20;
pub const PROMPT_SAMPLES_SHOWN: u32 = 5;
/// Wildcards; the bytes of one; the characters of a name, and the folders in it with the name itself.
pub const WILDCARDS: usize = 10_000;
pub const WILDCARD: u64 = 4 * 1024 * 1024;
pub const WILDCARD_NAME: usize = 200;
pub const WILDCARD_FOLDERS: usize = 8;
/// Bytes of all wildcards that one prompt uses.
pub const WILDCARDS_READ: u64 = 64 * 1024 * 1024;
/// Choices of a list that a ComfyUI answers on a route of its own.
pub const REMOTE_CHOICES: usize = 50_000;
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
/// An uploaded sound, video or 3D model, bytes: a ComfyUI takes a form of 100 MiB, if its `--max-upload-size` is not changed.
pub const MEDIA_UPLOAD: usize = 99 * 1024 * 1024;
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
/// A picture that people gave, and that no task and no saved workflow loads, is removed when it was not used for this long.
pub const LOOSE_PICTURE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Pictures that are decoded at the same time, when they are given or compared; each takes at most 8 bytes for a pixel.
pub const PICTURES_DECODED: usize = 2;
/// Edits of pictures, in pixels: how far a mask may be enlarged, softened, and see around itself.
pub const EDIT_GROW: u32 = 512;
pub const EDIT_FEATHER: u32 = 512;
pub const EDIT_CONTEXT: u32 = 4_096;
/// The model paints so much farther than what is taken over of it: a cell of its latent.
pub const EDIT_SEAM: u32 = 8;
/// By so many of 255 levels decoders of JPEG may differ: libjpeg-turbo (ComfyUI's) and zune-jpeg (Darkroom's) by at most 4, measured with three kinds
/// of chroma subsampling, qualities 60, 80 and 95, baseline and progressive, on a noisy picture.
pub const JPEG_ROUNDING: u8 = 4;
/// The longest side of a picture at a ComfyUI (its `MAX_RESOLUTION`).
pub const EDIT_SIDE: u32 = 16_384;
/// Pixels that a model samples at most, and the shortest side. A larger part is scaled down for it.
pub const EDIT_SAMPLED: u64 = 2_048 * 2_048;
pub const EDIT_SAMPLED_SIDE: u32 = 64;
/// Pixels that are sampled at most when a picture is enlarged and redrawn; above the first of both, its latent is coded tile by tile.
pub const EDIT_REDRAWN: u64 = 4_096 * 4_096;
/// Takes of one edit: as many as RepeatLatentBatch gives.
pub const EDIT_BATCH: u32 = 64;
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
/// The path below which Darkroom is served, characters.
pub const BASE_PATH: usize = 200;
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
/// The longer side of a mask, and of a picture that is edited, in pixels.
pub const MASK_SIDE: u32 = 16_384;
/// Strokes of a mask that can be undone, and the bytes of the tiles that are kept for it.
pub const MASK_STROKES: usize = 200;
pub const MASK_HISTORY: usize = 32 * 1024 * 1024;
/// The largest radius of a brush, in pixels of the picture; and points of one lasso.
pub const BRUSH_RADIUS: f32 = 1_024.0;
pub const LASSO_POINTS: usize = 20_000;
/// Pictures whose masks are kept in a browser, the newest.
pub const MASK_DRAFTS: usize = 12;
/// Masks that are saved under a name in a browser, for pictures of one size; and the characters of a name.
pub const MASKS_SAVED: usize = 50;
pub const MASK_NAME: usize = 60;
/// Results in a page of the gallery as the server renders it; and at most in one request.
pub const GALLERY_FIRST_TILES: u32 = 60;
pub const GALLERY_TILES: u32 = 200;
/// Values of a facet beside the results; and the characters of the name of a tag or album.
pub const GALLERY_FACET_VALUES: usize = 50;
pub const GALLERY_LABEL: usize = 60;
/// How often the trash is emptied of what was in it for long, and the index is merged.
pub const GALLERY_TIDY: Duration = Duration::from_secs(60 * 60);
/// Hashes of files that are looked up at once.
pub const GALLERY_HASHES: usize = 1_000;
/// The longest file that is taken into the gallery, in bytes.
pub const IMPORT: u64 = 2 * 1024 * 1024 * 1024;
/// Runs of a ComfyUI's history that are read at once.
pub const HISTORY_PORTION: usize = 100;
/// Files of a ComfyUI that are imported in one go, and those that are not taken and are named.
pub const IMPORTED_FILES: usize = 1_000_000;
pub const IMPORT_REFUSALS: usize = 20;
/// Files that are looked into at the same time when they are imported.
pub const IMPORTS: usize = 4;
/// Outputs that a person can select one by one.
pub const GALLERY_SELECTED: usize = 10_000;
/// A search of the gallery: its bytes, its terms, the characters before a `*`, and the days that `date:7d` can count.
pub const SEARCH_TEXT: usize = 4_000;
pub const SEARCH_TERMS: usize = 50;
pub const SEARCH_PREFIX: usize = 2;
pub const SEARCH_DAYS: i64 = 36_525;
/// Outputs of the gallery that are changed, or removed, in one transaction: the writes of tasks wait for it.
pub const GALLERY_PORTION: usize = 500;
/// Results of a search that are listed for a change in one transaction.
pub const GALLERY_LISTED: usize = 5_000;
/// Pages of the full-text index that are merged in one transaction.
pub const GALLERY_MERGED_PAGES: i64 = 500;
/// The newest results of a search whose values are counted.
pub const GALLERY_TALLY: usize = 5_000;
/// Searches whose numbers of results are remembered.
pub const GALLERY_COUNTS: usize = 64;
/// Results are counted in parts, by their ids: each has so many outputs at least, if there are more of them than connections that read.
pub const GALLERY_COUNTED_PART: u64 = 10_000;
/// Parts in which results are counted, at most.
pub const GALLERY_COUNTED_PARTS: usize = 32;
/// Outputs that changed since a search was counted: with more, it is counted from the beginning.
pub const GALLERY_CHANGED: usize = 5_000;
/// Connections that read the database, at most.
pub const STORE_READERS: usize = 4;
/// Values of one facet that are listed, and suggested.
pub const GALLERY_VALUES: usize = 1_000;
/// How long outputs stay in the trash.
pub const GALLERY_TRASH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The newest changes of the gallery that can be undone.
pub const GALLERY_ACTIONS: i64 = 100;
/// Outputs that are compared at once.
pub const GALLERY_COMPARED: usize = 4;
/// How many steps back and forth the lineage of an output goes, how many outputs it shows of one generation, and how many more it lists.
pub const GALLERY_ANCESTORS: i8 = 3;
pub const GALLERY_DESCENDANTS: i8 = 2;
pub const GALLERY_GENERATION: usize = 12;
pub const GALLERY_LINEAGE: usize = 200;
/// Tasks that one click on selected outputs runs again.
pub const GALLERY_RERUN: usize = 100;
/// How files are called in a zip file: the characters of a pattern, and the folders in it; the characters and bytes of each part of a path. File systems
/// take 255 bytes; an ending and a number come behind.
pub const NAME_PATTERN: usize = 200;
pub const NAME_FOLDERS: usize = 8;
pub const NAME_PART_CHARS: usize = 100;
pub const NAME_PART_BYTES: usize = 200;
/// The longest file whose metadata is removed, in bytes; and the memory for such files until they are sent, in MiB: each counts twice.
pub const STRIPPED_FILE: u64 = 256 * 1024 * 1024;
pub const STRIPPED_MEMORY_MIB: u32 = 512;
/// Outputs that are read from the database at once for a zip file, or for a program that follows the gallery.
pub const EXPORT_PORTION: u32 = 100;
/// Outputs that were removed for good and are still told to programs that come back: the newest.
pub const GALLERY_REMOVALS: i64 = 10_000;
/// Searches of the gallery that are kept under a name.
pub const GALLERY_SEARCHES: i64 = 1_000;

/// How long a page waits for the answer to an order of this length.
#[must_use]
pub const fn order_time(bytes: usize) -> Duration {
    ORDER_TIME.saturating_add(Duration::from_secs((bytes / ORDER_BYTES_PER_SECOND) as u64))
}
