//! Changes that a person makes on such a page.

use std::future::Future;

use leptos::{prelude::*, task::spawn_local};

use crate::api::CallError;
use proto::production::ProductionProblem;

/// Sends a change, unless one is under way. `then` is called with what came of it; what was not reached was not done.
pub(in crate::components::production) fn send<T: 'static>(
    busy: RwSignal<bool>,
    call: impl Future<Output = Result<Result<T, ProductionProblem>, CallError>> + 'static,
    then: impl FnOnce(Result<T, ProductionProblem>) + 'static,
) {
    if busy.get_untracked() {
        return;
    }
    busy.set(true);
    spawn_local(async move {
        let answer = call.await;
        // The page may have been left meanwhile.
        if busy.try_set(false).is_some() {
            return;
        }
        then(match answer {
            Ok(answer) => answer,
            Err(CallError::Refused(why)) => Err(ProductionProblem::Unavailable(why)),
            Err(_) => Err(ProductionProblem::Unavailable(
                "Darkroom cannot be reached, and nothing was done. Try again when it can be.".to_owned(),
            )),
        });
    });
}
