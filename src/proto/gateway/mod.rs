//! What Darkroom says where it stands before ComfyUIs and answers clients as one ComfyUI: bodies, answers and messages, from its own tasks.
//!
//! "Fact N" in the comments is a fact of `docs/comfyui-protocol.md`. The shapes are those of ComfyUI 0.8.0 (`server.py`, `execution.py`,
//! `comfy_execution/jobs.py`), and of later versions where the comments say so.

mod binary;
mod body;
mod history_page;
mod job;
mod job_list;
mod object_info;
mod outputs;
mod prompt;
mod refusal;
mod run;
mod run_record;

pub use self::{
    binary::{as_plain_preview, is_result, with_prompt_id},
    body::{BodyError, GivenNumber, SubmittedBody},
    history_page::HistoryPage,
    job::{finished_job, waiting_job},
    job_list::JobQuery,
    object_info::merged_object_info,
    outputs::{TASK_FOLDER, mark_outputs, marked, unmarked},
    prompt::ClientPrompt,
    refusal::{rejection_of, simple_rejection},
    run::{ClientRun, RunMessage},
    run_record::RunRecord,
};
