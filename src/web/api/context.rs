//! The service that server functions call.

use leptos::prelude::use_context;

use super::error::CallError;

pub(super) fn service() -> Result<service::ArcService, CallError> {
    use_context().ok_or_else(|| CallError::Refused("The server is not ready.".into()))
}
