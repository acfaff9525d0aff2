//! The page of other programs' tasks: what Celery and others carry out, who does it, and how Redis is.

mod page;
mod redis;
mod revoke;
mod row;
mod words;
mod workers;

pub(super) use page::external_view;
