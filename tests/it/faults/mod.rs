//! The fault table: everything that can fail between Darkroom and ComfyUI, over real sockets, and the required outcome for the tasks.
//!
//! Every test ends with [`stage::Stage::judge`]: sequence numbers in order, one end per task, and each end agrees with the engines.
//!
//! The table is in `docs/comfyui-protocol.md`, with the tests of each row. Fault rows 2, 6, 7 and 28 are tested in `proto::link::tests`, fault
//! row 26 in `tests/chaos.rs`. Besides what is in the table: `queue` (order, holding back, taking back), `pool` (several ComfyUIs), `once`
//! (`Idempotency-Key`).

mod cancel;
mod ends;
mod extra_data;
mod http;
mod late;
mod link;
mod locked;
mod once;
mod outputs;
mod pool;
mod queue;
mod servers;
mod spelling;
mod stage;
mod strangers;
mod stuck;
mod waiting;
