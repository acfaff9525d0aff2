//! Was anything lost, did anything run twice? A pure look at what Darkroom says, what the engines recorded, and who was killed when.

use std::{collections::BTreeMap, fmt};

use darkroom::proto::task::TaskState;

use crate::support::faults::{Ending, Execution};

/// What Darkroom says of a submission that it accepted, after everything.
#[derive(Debug, Clone)]
pub struct Said {
    /// `None`: it does not know the task.
    pub state: Option<TaskState>,
    pub attempt: u32,
    /// Its picture could be fetched.
    pub has_picture: bool,
    /// Of its outputs, those that could not be fetched.
    pub outputs_lost: usize,
}

/// An execution and the engine that began it.
#[derive(Debug, Clone)]
pub struct Ran {
    pub engine: usize,
    pub execution: Execution,
}

/// A kill of an engine: it was alive before `from` and dead after `to` (milliseconds since 1970).
#[derive(Debug, Clone, Copy)]
pub struct Kill {
    pub engine: usize,
    pub from: u64,
    pub to: u64,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub accepted: usize,
    pub completed: usize,
    pub failed: usize,
    /// Attempts beyond the first.
    pub reruns: u32,
    pub lost: usize,
    pub run_twice: usize,
    /// Outputs of completed tasks that are gone.
    pub outputs_lost: usize,
    /// One line for each task of which something is wrong.
    pub complaints: Vec<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, completed, failed, reruns, lost, run_twice, outputs_lost, .. } = self;
        write!(f, "accepted={accepted} completed={completed} failed={failed} reruns={reruns} lost={lost} run_twice={run_twice}")?;
        write!(f, " outputs_lost={outputs_lost}")
    }
}

/// `said`: by task id, every task that was accepted. `ran`: of all engines, in any order.
///
/// A task is **lost** when it is not known, not final, or "completed" without a successful execution or without its picture.
/// It has **run twice** for each execution more than its attempts, or for each that was begun although the one before could
/// still have been read: its engine had not been killed in between. An execution of a task whose id nobody received belongs
/// to a submission that was sent again with the same key: it ran twice too.
pub fn judge(said: &BTreeMap<String, Said>, ran: &[Ran], kills: &[Kill]) -> Verdict {
    let mut verdict = Verdict { accepted: said.len(), ..Verdict::default() };
    for (id, task) in said {
        let executions = executions_of(id, ran);
        verdict.completed += usize::from(task.state == Some(TaskState::Completed));
        verdict.failed += usize::from(matches!(task.state, Some(TaskState::Failed | TaskState::Cancelled)));
        verdict.reruns += task.attempt.saturating_sub(1);
        if task.state == Some(TaskState::Completed) && task.outputs_lost > 0 {
            verdict.outputs_lost += task.outputs_lost;
            verdict.complaints.push(format!("lost outputs of {id}: {}", task.outputs_lost));
        }
        if let Some(why) = why_lost(task, &executions) {
            verdict.lost += 1;
            verdict.complaints.push(format!("lost {id}: {why}"));
        }
        let unforced = executions.windows(2).filter(|pair| !was_killed_between(pair[0], pair[1], kills)).count();
        let unaccounted = executions.len().saturating_sub(task.attempt as usize);
        if unforced.max(unaccounted) > 0 {
            verdict.run_twice += unforced.max(unaccounted);
            verdict.complaints.push(format!(
                "run twice {id}: {} executions at attempt {}, {unforced} of them not forced: {executions:?}",
                executions.len(),
                task.attempt
            ));
        }
    }
    let mut strays: Vec<&str> = ran.iter().map(|ran| ran.execution.prompt_id.as_str()).filter(|id| !said.contains_key(*id)).collect();
    strays.sort_unstable();
    strays.dedup();
    verdict.run_twice += strays.len();
    verdict.complaints.extend(strays.iter().map(|id| format!("run twice {id}: nobody received the id of this task")));
    verdict
}

/// One for each execution begun, the oldest first; of the two lines of one the last says more.
fn executions_of<'r>(id: &str, ran: &'r [Ran]) -> Vec<&'r Ran> {
    let mut found: BTreeMap<(u64, usize, u64), &Ran> = BTreeMap::new();
    for ran in ran.iter().filter(|ran| ran.execution.prompt_id == id) {
        let key = (ran.execution.started_at, ran.engine, ran.execution.boot);
        let known = found.entry(key).or_insert(ran);
        if ran.execution.finished_at.is_some() {
            *known = ran;
        }
    }
    found.into_values().collect()
}

fn why_lost(task: &Said, executions: &[&Ran]) -> Option<String> {
    let succeeded = || executions.iter().any(|ran| ran.execution.outcome == Some(Ending::Success));
    match task.state {
        None => Some("unknown".to_owned()),
        Some(state) if !state.is_final() => Some(format!("still {state:?}")),
        Some(TaskState::Completed) if !succeeded() => Some("completed, and no execution succeeded".to_owned()),
        Some(TaskState::Completed) if !task.has_picture => Some("completed, and its picture is gone".to_owned()),
        Some(_) => None,
    }
}

/// Nobody can read any more how the first execution ended, or it never ended.
fn was_killed_between(first: &Ran, second: &Ran, kills: &[Kill]) -> bool {
    let (begun, again) = (first.execution.started_at, second.execution.started_at);
    kills.iter().any(|kill| kill.engine == first.engine && kill.to >= begun && kill.from <= again)
}

#[test]
fn the_judge_counts_only_reruns_that_no_kill_explains() {
    let ran = |id: &str, engine, started_at, outcome: Option<Ending>| Ran {
        engine,
        execution: Execution {
            prompt_id: id.to_owned(),
            boot: 1,
            started_at,
            finished_at: outcome.is_some().then_some(started_at + 5),
            outcome,
        },
    };
    let said = |state, attempt, has_picture| Said { state, attempt, has_picture, outputs_lost: 0 };
    let done = Some(TaskState::Completed);
    let success = Some(Ending::Success);
    let kill = Kill { engine: 0, from: 100, to: 101 };
    let judge_one = |task: Said, runs: &[Ran], kills: &[Kill]| {
        let Verdict { reruns, lost, run_twice, .. } = judge(&BTreeMap::from([("a".to_owned(), task)]), runs, kills);
        Verdict { reruns, lost, run_twice, ..Verdict::default() }
    };
    let (well, lost) = (Verdict::default(), Verdict { lost: 1, ..Verdict::default() });
    let (again, twice) = (Verdict { reruns: 1, ..Verdict::default() }, Verdict { run_twice: 1, ..Verdict::default() });
    let again_and_twice = Verdict { reruns: 1, run_twice: 1, ..Verdict::default() };
    let once = [ran("a", 0, 10, None), ran("a", 0, 10, success)];
    assert_eq!(judge_one(said(done, 1, true), &once, &[]), well);
    // Lost in each way.
    assert_eq!(judge_one(said(None, 1, false), &once, &[]), lost);
    assert_eq!(judge_one(said(Some(TaskState::Running), 1, false), &once, &[]), lost);
    assert_eq!(judge_one(said(done, 1, false), &once, &[]), lost);
    assert_eq!(judge_one(said(done, 1, true), &[ran("a", 0, 10, None)], &[kill]), lost);
    assert_eq!(judge_one(said(Some(TaskState::Failed), 1, false), &[], &[]), well);
    // Again after a kill of the engine that had it, whether it had ended or not.
    let cut_short = [ran("a", 0, 90, None), ran("a", 1, 200, success)];
    assert_eq!(judge_one(said(done, 2, true), &cut_short, &[kill]), again);
    let unread = [ran("a", 0, 90, success), ran("a", 1, 200, success)];
    assert_eq!(judge_one(said(done, 2, true), &unread, &[kill]), again);
    // The attempts must account for it.
    assert_eq!(judge_one(said(done, 1, true), &unread, &[kill]), twice);
    // Nobody was killed, another was killed, or at another time.
    assert_eq!(judge_one(said(done, 2, true), &unread, &[]), again_and_twice);
    assert_eq!(judge_one(said(done, 2, true), &unread, &[Kill { engine: 1, ..kill }]), again_and_twice);
    assert_eq!(judge_one(said(done, 2, true), &unread, &[Kill { from: 300, to: 301, ..kill }]), again_and_twice);
    // Its picture is there, and another output is not.
    let gone = Said { outputs_lost: 1, ..said(done, 1, true) };
    assert_eq!(judge(&BTreeMap::from([("a".to_owned(), gone)]), &once, &[]).outputs_lost, 1);
    // A task whose id nobody received.
    assert_eq!(judge_one(said(done, 1, true), &[once[1].clone(), ran("b", 0, 10, success)], &[]), twice);
}
