//! Pictures that nodes such as SaveImageWebsocket send over the socket as their results. They come in frames like those of previews, and
//! ComfyUI has no file of them (facts 20, 22 and 67).
//!
//! Whether a picture is a result depends on the node that runs ([`Sends`]):
//! * A class that is known by its name to send its results: every picture is.
//! * A node that nothing in the workflow takes its input from: each PNG is, because samplers send JPEG (fact 67). A JPEG is, if the node ends
//!   without having reported steps.
//! * Any node: if `executed` says that n results were sent over the socket, the last n pictures are.

mod late;
mod missing;
mod result;
mod room;
mod run;
mod seen;
mod sends;
mod socket;
#[cfg(test)]
mod tests;

pub(super) use self::missing::{is_socket_image, lost_note, reported_results};
pub use self::{
    late::LateResults,
    missing::unseen_results,
    result::SocketResult,
    room::{has_room_for_result, result_output},
    seen::RunSeen,
    sends::{needs_socket, sends_results},
    socket::{SocketResults, SortedPictures},
};
