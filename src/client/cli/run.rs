//! One run, from the arguments to the saved files and the exit code.

use super::{
    args::RunArgs,
    exit_code::{DONE, FAILED, INTERRUPTED, UNREACHABLE, USAGE},
    plan::RunPlan,
    signals::Signals,
    view::View,
};
use crate::{CancelledBy, ClientError, Outcome, Progress, Saved, execute_workflow};

/// Runs the command and returns the exit code.
pub async fn run(args: RunArgs) -> u8 {
    let mut view = View::new(args.json);
    match RunPlan::new(&args).await {
        Err(error) => end(&mut view, &error),
        Ok(plan) => {
            view.begins(&plan);
            match carry_out(plan, &mut view).await {
                Ok(()) => DONE,
                Err(error) => end(&mut view, &error),
            }
        }
    }
}

async fn carry_out(mut plan: RunPlan, view: &mut View) -> Result<(), ClientError> {
    for note in &plan.notes {
        view.progress(&Progress::Note(note.trim_end_matches('.').to_owned()));
    }
    plan.set_undecided().await?;
    let RunPlan { workflow, options, folder, .. } = plan;
    let signals = Signals::listen(view.speaker());
    let options = options.cancel_with(signals.cancel.clone());
    let outcome = execute_workflow(workflow, options, |progress| view.progress(&progress)).await?;
    let mut saved = Vec::new();
    let fetched = tokio::select! {
        fetched = fetch(&outcome, &folder, &mut saved, view) => fetched,
        () = signals.cancel.cancelled() => Err(ClientError::Cancelled { task: Some(outcome.task), by: CancelledBy::Caller, stopped: true }),
    };
    view.completed(&outcome, &saved, fetched.is_ok());
    fetched
}

/// Saves every output that it can, and reports the failures.
async fn fetch(
    outcome: &Outcome,
    folder: &std::path::Path,
    saved: &mut Vec<(crate::Output, Saved)>,
    view: &mut View,
) -> Result<(), ClientError> {
    let mut failed = Ok(());
    let total = outcome.kept().count();
    for (at, output) in outcome.kept().enumerate() {
        view.fetching(at + 1, total);
        match output.save(folder).await {
            Ok(file) => saved.push((output.clone(), file)),
            Err(error) => failed = failed.and(Err(error)),
        }
    }
    failed
}

fn end(view: &mut View, error: &ClientError) -> u8 {
    view.failed(error);
    match error {
        ClientError::Usage(_) => USAGE,
        ClientError::Unreachable { .. } => UNREACHABLE,
        ClientError::Cancelled { by: CancelledBy::Caller, .. } => INTERRUPTED,
        _ => FAILED,
    }
}
