//! Why a question to Darkroom has no answer, for people.

use crate::api::CallError;

pub(crate) fn call_error(error: CallError) -> String {
    match error {
        CallError::SignedOut => "You are signed out. Sign in again.".to_owned(),
        CallError::Refused(why) => why,
        CallError::Unreachable => "Darkroom cannot be reached now.".to_owned(),
        CallError::NotUnderstood => "The answer was not understood. Reload the page.".to_owned(),
    }
}
