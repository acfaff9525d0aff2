//! The limits of productions.

use std::time::Duration;

/// Of productions: characters of the id of a node, of a line (a title, a name), of a longer text, of a slug or a key, and of an agent's type and its lines;
/// members of a list; the highest number in a code.
pub const PRODUCTION_NODE_ID: usize = 128;
pub const PRODUCTION_LINE: usize = 200;
pub const PRODUCTION_TEXT: usize = 20_000;
pub const PRODUCTION_SLUG: usize = 60;
pub const AGENT_TYPE: usize = 60;
pub const AGENT_TEXT: usize = 1_000;
pub const PRODUCTION_LIST: usize = 100;
pub const PRODUCTION_CODE: u32 = 99_999;
/// Bytes of JSON that an agent tells of what it made.
pub const AGENT_OUTPUT: usize = 64 * 1024;
/// Works that an agent ended and that are remembered, so that late reports of them change nothing.
pub const AGENT_ENDED: usize = 16;
/// A working agent that is silent for longer is stale.
pub const AGENT_SILENCE: Duration = Duration::from_secs(120);
/// Agents of a project, and links of its chains of handoffs that are kept, the newest.
pub const AGENTS: i64 = 200;
pub const AGENT_HANDOFFS: i64 = 1_000;
/// Chains of handoffs on the page of the agents.
pub const AGENT_CHAINS: usize = 20;
/// Free memory of one ComfyUI for which these qualities are recommended, GB.
pub const VRAM_FOR_HIGH_GB: f64 = 16.0;
pub const VRAM_FOR_STANDARD_GB: f64 = 8.0;
/// Projects; objects of one kind in a project (chapters, scenes, shots, nodes, assets, casts, beats); narrative structures that people added, and their steps.
pub const PROJECTS: i64 = 1_000;
pub const PROJECT_OBJECTS: i64 = 100_000;
pub const STRUCTURES: i64 = 500;
pub const STRUCTURE_STEPS: usize = 60;
/// Beats of a project that can be reached.
pub const COMPLETED_BEATS: usize = 10_000;
/// Objects that are made in one request, and that are in one page of a list.
pub const PRODUCTION_BULK: usize = 500;
pub const PRODUCTION_PAGE: u32 = 500;
pub const PRODUCTION_FIRST_PAGE: u32 = 100;
/// Takes in an event about a node, the newest.
pub const NODE_TAKES: u32 = 20;
/// Events of a project that are kept: the newest. Others are removed when they are older than this time.
pub const PROJECT_EVENTS: i64 = 100_000;
pub const PROJECT_EVENT_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Events of an object that are searched for a version of it, the newest: what changed since then.
pub const CONFLICT_EVENTS: u32 = 1_000;
/// Messages of a project to webhooks that are kept when they are over: the newest.
pub const PROJECT_MESSAGES: u32 = 1_000;
/// How often it is looked whether agents are silent.
pub const AGENT_WATCH: Duration = Duration::from_secs(10);
/// Progress of productions that one follower may be behind; older progress it is not told.
pub const PRODUCTION_PROGRESS: usize = 256;
/// How long objects of productions stay in the trash.
pub const PRODUCTION_TRASH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Characters of a shot's prompt that its card on a board shows.
pub const BOARD_PROMPT: usize = 160;
/// Shots of a board that are drawn by the server: the others come with the whole board when the page runs.
pub const BOARD_FIRST_SHOTS: usize = 120;
/// Shots and other objects of one kind that a board shows at most.
pub const BOARD_OBJECTS: usize = 20_000;
/// Boards that the server keeps in memory: those read last.
pub const CACHED_BOARDS: usize = 4;
/// Projects on one page.
pub const PROJECT_CARDS: u32 = 200;
/// Takes of a shot on its page, the newest.
pub const SHOT_TAKES: u32 = 200;
/// Seconds that a shot takes in an exported cut, and in dailies, while its duration is not known.
pub const EXPORT_SHOT_SECONDS: u64 = 3;
/// Lines of a drawing over a take, and points of all of them.
pub const DRAWN_LINES: usize = 200;
pub const DRAWN_POINTS: usize = 20_000;
/// Events on one part of the page of the activity.
pub const ACTIVITY_LINES: u32 = 100;
/// Projects that one page follows over its live connection; events that one connection may be behind before it reads them from the database again; and how often
/// progress of a project is told.
pub const FOLLOWED_PROJECTS: usize = 16;
pub const PROJECT_CHANNEL: usize = 256;
pub const PROJECT_TICK_MS: u64 = 100;
/// Of clients of the story's dialect: how long a session is kept, how many of them, and the characters of its id; how often the server says that it is there, how
/// often it asks what has arrived, and how often that is kept.
pub const STORY_SESSION_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
pub const STORY_SESSIONS: i64 = 10_000;
pub const STORY_SESSION_ID: usize = 200;
pub const STORY_HEARTBEAT: Duration = Duration::from_secs(30);
pub const STORY_ASK: Duration = Duration::from_secs(1);
pub const STORY_KEEP: Duration = Duration::from_secs(5);
