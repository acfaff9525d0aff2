//! Pages that show what the server reads for them: rendered with it, and read anew whenever something happened.

mod conflict;
mod data;
mod frame;
mod object_form;
mod send;
mod stream;

pub(in crate::components::production) use conflict::{SaveTrouble, trouble_part};
pub(in crate::components::production) use data::PageData;
pub(in crate::components::production) use frame::frame;
pub(in crate::components::production) use object_form::{ObjectEditing, ObjectForm, object_form, text_field};
pub(in crate::components::production) use send::send;
pub(in crate::components::production) use stream::NewsStream;
