//! `/sign-in`: a person enters the token once, and the browser keeps a session cookie. Plain pages, which need no JavaScript.

mod handlers;
mod page;

pub(super) use handlers::{enter, leave, show, url};
pub(super) use page::{signed_out, style};
