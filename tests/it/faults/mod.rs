//! The fault table: everything that can go wrong between Darkroom and ComfyUI, over real sockets, and what must become of the tasks.
//!
//! Every test ends with [`stage::Stage::judge`]: numbers in order, one end each, and that end is what the engines really did.
//!
//! | row | fault | tests |
//! |---|---|---|
//! | 1 | reset in the middle of a run | `link::a_reset_in_the_middle…` |
//! | 3 | a socket that is silent while something runs | `link::a_socket_that_tells_nothing…` |
//! | 4 | a socket muted for an older one, at once or later | `link::a_new_socket_that_is_muted…`, `link::a_socket_that_is_muted_later…` |
//! | 5 | five failures in a row, polling, and back | `link::polling_begins…`, `link::polling_tells…` |
//! | 8, 9 | HTTP fails, or only the socket does | `http::http_that_fails…`, `http::http_that_recovers…`, `http::a_look_that_fails…`, `link::polling_tells…` |
//! | 10 | the answer to a prompt is lost | `http::a_lost_answer…` |
//! | 11 | a prompt never arrives | `http::a_prompt_that_never_arrived…` |
//! | 12 | ComfyUI restarts and has forgotten | `ends::what_a_restart…`, `ends::by_policy…`, `ends::a_task_that_is_lost_again…` |
//! | 13 | the history comes late, or never | `ends::a_history_that_comes_late…`, `ends::a_history_that_never_comes…` |
//! | 14 | the end was not heard | `ends::an_end_that_the_socket_left_out…`, `ends::ends_that_came…`, `ends::a_darkroom_that_was_away…` |
//! | 15 | the history is cleared, a prompt deleted by somebody else | `ends::a_history_cleared…`, `ends::a_prompt_that_somebody…` |
//! | 16 | other people's prompts, `executing` without an id | `strangers::what_is_heard…`, `strangers::other_peoples_prompts…` |
//! | 17 | cancel: at the last moment, waiting, twice, while ComfyUI is away | `cancel::…` |
//! | 18 | frames of 20 and of 70 MiB | `link::a_frame_of_20_mib…`, `link::a_frame_over_the_limit…` |
//! | 19 | frames that mean nothing, and frames that come twice | `strangers::frames_that_mean_nothing…`, `strangers::everything_twice…` |
//! | 20 | 5,000 events a second | `strangers::a_flood…` |
//! | 27 | the database is locked | `once::with_a_locked_database…`, `once::what_runs_while…` (a full disk: `server::store::tests`) |
//! | 32 | a proxy that cuts what is idle | `link::pings_keep…` |
//!
//! Besides: `queue` (order, holding back, taking back), `pool` (several ComfyUIs), `once` (`Idempotency-Key`). Rows 2, 6, 7 and 28 are
//! in `proto::link::tests`, 26 is `tests/chaos.rs`.

mod cancel;
mod ends;
mod http;
mod link;
mod once;
mod pool;
mod queue;
mod stage;
mod strangers;
