//! What is wrong with a task, as a list.

use leptos::prelude::*;

use super::reactive::Erased;
use proto::task::Problem;

/// A list of problems. Nothing when there are none.
pub(crate) fn problem_list(class: &'static str, problems: &[Problem]) -> AnyView {
    let line = |problem: &Problem| view! { <li>{problem_words(problem)}</li> }.erased();
    let lines = || problems.iter().map(line).collect_view();
    (!problems.is_empty()).then(|| view! { <ul class=class>{lines()}</ul> }.erased()).into_any()
}

/// "Load checkpoint (node 4), ckpt_name: Value not in list".
fn problem_words(problem: &Problem) -> String {
    let node = problem.node.as_ref().map(|id| format!("node {id}"));
    let place = match (problem.title.clone(), node) {
        (Some(title), Some(node)) => format!("{title} ({node})"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return problem.message.clone(),
    };
    match &problem.input {
        Some(input) => format!("{place}, {input}: {}", problem.message),
        None => format!("{place}: {}", problem.message),
    }
}
