//! Progress and estimated end of a task, from its nodes' expected and measured durations.

use super::{Forecast, Node, NodeState, Task, TaskState, forecast::Bar};
use crate::{limits, time::Timestamp};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The done share of the expected durations of all nodes, 0 to 999. The final 1000 is set when the end of the task is applied.
    pub permille: u16,
    /// `None` until it can be estimated.
    pub ends_at: Option<Timestamp>,
    /// The expected error of `ends_at` in either direction, in milliseconds. Known whenever `ends_at` is.
    pub within_ms: Option<u32>,
}

/// Limit for a running task, in permille.
const ALMOST: u16 = 999;
/// When expected and measured durations are averaged: the expected duration of a step weighs as much as this many measured steps.
const EXPECTED_STEP_WEIGHT: f64 = 1.0;
/// When expected and measured durations are averaged: the expected duration of the run weighs as much as measurements of this share of it.
const EXPECTED_RUN_WEIGHT: f64 = 0.5;
/// Minimum uncertainty in milliseconds, from scheduling, network delay and file writes.
const FLOOR_MS: f64 = 300.0;
/// Minimum uncertainty as a share of the time left.
const FLOOR_SHARE: f64 = 0.05;

/// Measurements of a node that runs.
struct RunningTime {
    left_ms: f64,
    within_ms: f64,
    /// Based on learned or measured durations.
    is_known: bool,
}

/// Sums over all nodes that are not cached and may be needed, in expected milliseconds.
#[derive(Default)]
struct Sum {
    total: f64,
    done: f64,
    /// The part of `total` based on learned or measured durations.
    known_ms: f64,
    waiting: f64,
    /// When the last node finished.
    done_at: Option<Timestamp>,
    /// What was measured of running nodes with a bar: the time from their start to the newest step.
    measured_running: f64,
    /// The expected time of what was measured so far (finished nodes, and the steps of running ones), to compare with the measured time.
    expected_so_far: f64,
    running_left: f64,
    variance: f64,
}

/// Progress is the share of all nodes' expected durations that is done: whole for a finished node, by its bar for a running one. The end is `now` plus what
/// is left of the running nodes, and the expected durations of those that wait, scaled by how much slower or faster this run was so far than expected.
///
/// The permille never falls below the task's own: a progress bar must not go back. Between two steps of a bar the estimated end does
/// not change until the next step is late.
#[must_use]
pub fn estimate(task: &Task, forecast: &Forecast, now: Timestamp) -> Estimate {
    let may_run = forecast.may_run(task);
    let mut sum = Sum::default();
    for node in &task.nodes {
        match node.state {
            NodeState::Waiting if may_run.contains(&node.id) => sum.waiting(node),
            NodeState::Waiting | NodeState::Cached => {}
            NodeState::Running => sum.running(node, forecast, now),
            NodeState::Done => sum.done(node),
            // Usually the end of the run; not progress.
            NodeState::Failed => sum.failed(node),
        }
    }
    // If all nodes are cached, the work is done.
    let none_left = if task.nodes.is_empty() { 0.0 } else { 1.0 };
    let fraction = if sum.total > 0.0 { sum.done / sum.total } else { none_left };
    let permille = ((fraction * 1000.0) as u16).clamp(task.permille.min(ALMOST), ALMOST);
    let (left, within) = sum.left(task.started_at);
    let is_known =
        task.state == TaskState::Running && sum.total > 0.0 && sum.known_ms * 2.0 >= sum.total && left < limits::TIME_LEFT_MS as f64;
    Estimate { permille, ends_at: is_known.then(|| now.plus_ms(left as u64)), within_ms: is_known.then_some(within as u32) }
}

impl Sum {
    fn done(&mut self, node: &Node) {
        let expected = expected(node);
        self.total += expected;
        self.done += expected;
        self.known_ms += expected;
        self.done_at = self.done_at.max(node.ended_at);
        self.expected_so_far += expected;
    }

    fn failed(&mut self, node: &Node) {
        self.total += expected(node);
        self.known_ms += expected(node);
    }

    /// Without a duration of slow runs, the expected one is a guess: as uncertain as it is long.
    fn waiting(&mut self, node: &Node) {
        let expected = expected(node);
        self.total += expected;
        self.waiting += expected;
        self.known_ms += if node.slow_ms.is_some() { expected } else { 0.0 };
        self.variance += node.slow_ms.map_or(expected, |slow| f64::from(slow) - expected).powi(2);
    }

    fn running(&mut self, node: &Node, forecast: &Forecast, now: Timestamp) {
        let expected = expected(node);
        let started = node.started_at.unwrap_or(now);
        let taken = now.since(started) as f64;
        // A bar for part of the work is better than elapsed time alone.
        let has_bar = forecast.bar_covers_all_work(node) || node.has_bar() && node.slow_ms.is_none();
        let share = if has_bar { f64::from(node.permille()) / 1000.0 } else { by_time(taken / expected) };
        let running = by_bar(node, forecast, started, now).unwrap_or_else(|| by_expectation(node, taken));
        self.total += expected;
        self.done += expected * share;
        self.known_ms += if running.is_known { expected } else { 0.0 };
        // Concurrent nodes end with the last of them.
        self.running_left = self.running_left.max(running.left_ms);
        self.variance += running.within_ms.powi(2);
        if let Some(bar) = forecast.bar(node) {
            self.measured_running += bar.newest.at.since(started) as f64;
            self.expected_so_far += expected * share;
        }
    }

    /// The time left and its uncertainty.
    fn left(&self, started: Option<Timestamp>) -> (f64, f64) {
        // By the clock, not the sum of nodes: gaps between nodes count, and concurrent nodes count once.
        let measured = self.measured_running + started.zip(self.done_at).map_or(0.0, |(started, done)| done.since(started) as f64);
        // Scales waiting nodes by the measured ratio of actual to expected time; its weight grows with the measured share.
        let prior = self.total * EXPECTED_RUN_WEIGHT;
        let pace = if prior > 0.0 { ((measured + prior) / (self.expected_so_far + prior)).min(10.0) } else { 1.0 };
        let left = self.running_left + self.waiting * pace;
        (left, self.variance.sqrt().max(FLOOR_MS) + left * FLOOR_SHARE)
    }
}

fn expected(node: &Node) -> f64 {
    f64::from(node.expected_ms.max(1))
}

/// The share of a node without a bar: by elapsed time, and ever slower when it takes longer than expected. Never all of it.
fn by_time(share: f64) -> f64 {
    const USUAL: f64 = 0.9;
    let over = (share - USUAL).max(0.0) / (1.0 - USUAL);
    share.min(USUAL) + (1.0 - USUAL) * over / (1.0 + over)
}

/// By the pace of its bar since the first step: earlier work, such as moving a model to the GPU, does not recur.
fn by_bar(node: &Node, forecast: &Forecast, started: Timestamp, now: Timestamp) -> Option<RunningTime> {
    let Bar { first, newest, .. } = forecast.bar(node)?;
    let learned = node.slow_ms.is_some();
    let steps = f64::from(newest.value.saturating_sub(first.value));
    let took = newest.at.since(first.at) as f64;
    let step = if learned {
        let mut expected = expected(node) / f64::from(node.max);
        if steps > 1.0 {
            // The measurement contradicts the expectation: the machine is slower or faster than before.
            expected = expected.clamp(took / steps / 2.0, took / steps * 2.0);
        }
        (took + EXPECTED_STEP_WEIGHT * expected) / (steps + EXPECTED_STEP_WEIGHT)
    } else if steps > 0.0 {
        took / steps
    } else {
        newest.at.since(started) as f64 / f64::from(newest.value.max(1))
    };
    let rest = f64::from(node.max.saturating_sub(newest.value));
    let planned = rest * step - now.since(newest.at) as f64;
    // When the next step is late, the steps after it still remain.
    let left_ms = planned.max((rest - 1.0).max(0.0) * step);
    Some(RunningTime { left_ms, within_ms: rest * step / (steps + 2.0), is_known: learned || steps > 0.0 })
}

/// Without a bar: by earlier durations. A node that is late may be in a slow run.
fn by_expectation(node: &Node, taken: f64) -> RunningTime {
    let expected = expected(node);
    let Some(slow) = node.slow_ms.map(f64::from) else {
        return RunningTime { left_ms: (expected - taken).max(0.0), within_ms: expected, is_known: false };
    };
    let end = if taken <= expected { expected } else { slow };
    RunningTime { left_ms: (end - taken).max(0.0), within_ms: (slow - expected).max(taken - expected), is_known: true }
}

#[cfg(test)]
mod tests;
