//! The sockets of clients: each has an id of its own, and any number of them may have the same client id.

use std::collections::HashMap;

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use proto::{
    comfy::python_json,
    gateway::{ClientPrompt, as_plain_preview},
    limits,
};
use serde_json::json;
use tokio::sync::mpsc;

use super::{pictures::RunPicture, viewer::Viewer};

/// A message for one socket.
#[derive(Clone, Debug, PartialEq)]
pub enum SocketMessage {
    Text(Utf8Bytes),
    Binary(Bytes),
}

/// Names a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketId(u64);

pub(super) struct SocketTable {
    sockets: HashMap<SocketId, OpenSocket>,
    opened: u64,
}

/// Who gets a message.
#[derive(Clone, Copy)]
pub(super) enum Hearers<'a> {
    Everybody,
    /// The sockets with this client id.
    Client(&'a str),
    /// All that may see this prompt.
    Seeing(&'a ClientPrompt),
}

impl<'a> Hearers<'a> {
    /// Who hears of a prompt: its client, or where it has none, as many as may see it.
    pub(super) fn of(prompt: &'a ClientPrompt) -> Self {
        prompt.client_id.as_deref().map_or(Self::Seeing(prompt), Self::Client)
    }

    fn has(self, socket: &OpenSocket) -> bool {
        match self {
            Self::Everybody => true,
            Self::Client(client) => socket.client_id == client,
            Self::Seeing(prompt) => socket.viewer.sees(prompt),
        }
    }
}

struct OpenSocket {
    client_id: String,
    viewer: Viewer,
    messages: mpsc::Sender<SocketMessage>,
    /// It asked for previews with metadata.
    has_metadata: bool,
}

impl SocketTable {
    pub(super) fn new() -> Self {
        Self { sockets: HashMap::new(), opened: 0 }
    }

    pub(super) fn add(&mut self, client_id: &str, viewer: Viewer) -> (SocketId, mpsc::Receiver<SocketMessage>) {
        let (messages, receiver) = mpsc::channel(limits::GATEWAY_BACKLOG);
        self.opened += 1;
        let id = SocketId(self.opened);
        self.sockets.insert(id, OpenSocket { client_id: client_id.to_owned(), viewer, messages, has_metadata: false });
        (id, receiver)
    }

    /// The client id of a socket that is gone, if it was the last one with it.
    pub(super) fn remove(&mut self, id: SocketId) -> Option<String> {
        let gone = self.sockets.remove(&id)?;
        (!self.has(&gone.client_id)).then_some(gone.client_id)
    }

    pub(super) fn has(&self, client_id: &str) -> bool {
        self.sockets.values().any(|socket| socket.client_id == client_id)
    }

    pub(super) fn client_of(&self, id: SocketId) -> Option<&str> {
        self.sockets.get(&id).map(|socket| socket.client_id.as_str())
    }

    pub(super) fn set_metadata(&mut self, id: SocketId, has_metadata: bool) {
        if let Some(socket) = self.sockets.get_mut(&id) {
            socket.has_metadata = has_metadata;
        }
    }

    pub(super) fn text(&mut self, hearers: Hearers, text: &str) {
        let text = Utf8Bytes::from(text);
        self.reach(hearers, |_| true, |_| SocketMessage::Text(text.clone()));
    }

    /// To all but these.
    pub(super) fn text_to_others(&mut self, hearers: Hearers, text: &str) {
        let text = Utf8Bytes::from(text);
        self.reach(Hearers::Everybody, |socket| !hearers.has(socket), |_| SocketMessage::Text(text.clone()));
    }

    /// The length of the queue, as each of them sees it. `remaining` counts for one.
    pub(super) fn status(&mut self, remaining: impl Fn(&Viewer) -> usize) {
        let mut texts: HashMap<usize, Utf8Bytes> = HashMap::new();
        self.reach(
            Hearers::Everybody,
            |_| true,
            |socket| {
                let remaining = remaining(&socket.viewer);
                SocketMessage::Text(texts.entry(remaining).or_insert_with(|| status_text(remaining, None).into()).clone())
            },
        );
    }

    pub(super) fn viewer_of(&self, id: SocketId) -> Option<&Viewer> {
        self.sockets.get(&id).map(|socket| &socket.viewer)
    }

    pub(super) fn text_to(&mut self, id: SocketId, text: &str) {
        if let Some(socket) = self.sockets.get(&id)
            && socket.messages.try_send(SocketMessage::Text(text.into())).is_err()
        {
            self.sockets.remove(&id);
        }
    }

    pub(super) fn picture(&mut self, hearers: Hearers, picture: &RunPicture) {
        let RunPicture { frame, form, is_result, is_for_all } = picture;
        let is_wanted = |socket: &OpenSocket| {
            let waiting = socket.messages.max_capacity() - socket.messages.capacity();
            let is_taken = *is_result || (waiting < limits::GATEWAY_PREVIEWS && (*is_for_all || socket.has_metadata));
            is_taken && form.is_for(socket.has_metadata)
        };
        let mut sent = None;
        self.reach(hearers, is_wanted, |_| {
            let plain = || if form.is_plain() { as_plain_preview(frame).map(Bytes::from) } else { None };
            SocketMessage::Binary(sent.get_or_insert_with(|| plain().unwrap_or_else(|| frame.clone())).clone())
        });
    }

    pub(super) fn preview_to(&mut self, id: SocketId, frame: &Bytes) {
        if let Some(socket) = self.sockets.get(&id) {
            let _ = socket.messages.try_send(SocketMessage::Binary(frame.clone()));
        }
    }

    /// One for which too much waits is closed: its client comes back, and hears where its prompts are.
    fn reach(&mut self, hearers: Hearers, is_wanted: impl Fn(&OpenSocket) -> bool, mut message: impl FnMut(&OpenSocket) -> SocketMessage) {
        self.sockets.retain(|_, socket| {
            let is_left_out = !hearers.has(socket) || !is_wanted(socket);
            is_left_out || socket.messages.try_send(message(socket)).is_ok()
        });
    }
}

/// The `status` message: how many prompts are in the queue, running ones included (fact 13).
pub(super) fn status_text(remaining: usize, sid: Option<&str>) -> String {
    let mut data = json!({"status": {"exec_info": {"queue_remaining": remaining}}});
    if let Some(sid) = sid {
        data["sid"] = sid.into();
    }
    python_json(&json!({"type": "status", "data": data}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{pictures::ShownForm, viewer::everybody};

    fn preview(form: ShownForm, is_for_all: bool) -> RunPicture {
        let metadata = br#"{"node_id":"3","prompt_id":"p","image_type":"image/jpeg"}"#;
        let length = u32::try_from(metadata.len()).unwrap();
        let frame = [&[0, 0, 0, 4][..], &length.to_be_bytes(), metadata, &[0xff, 0xd8]].concat().into();
        RunPicture { frame, form, is_result: false, is_for_all }
    }

    fn binaries(messages: &mut mpsc::Receiver<SocketMessage>) -> Vec<u8> {
        std::iter::from_fn(|| messages.try_recv().ok())
            .map(|message| if let SocketMessage::Binary(frame) = message { frame[3] } else { 0 })
            .collect()
    }

    #[test]
    fn each_socket_gets_previews_in_its_form() {
        let mut table = SocketTable::new();
        let (first, mut with) = table.add("a", everybody());
        let (_, mut without) = table.add("a", everybody());
        let (_, mut other) = table.add("b", everybody());
        table.set_metadata(first, true);
        for is_for_all in [true, false] {
            table.picture(Hearers::Client("a"), &preview(ShownForm::Whole, is_for_all));
            table.picture(Hearers::Client("a"), &preview(ShownForm::Plain, is_for_all));
        }
        assert_eq!((binaries(&mut with), binaries(&mut without), binaries(&mut other)), (vec![4, 4], vec![1], vec![]));
        table.picture(Hearers::Everybody, &preview(ShownForm::PlainForAll, true));
        assert_eq!((binaries(&mut with), binaries(&mut without), binaries(&mut other)), (vec![1], vec![1], vec![1]));
    }

    #[test]
    fn results_are_not_left_out_and_previews_are() {
        let mut table = SocketTable::new();
        let (_, mut messages) = table.add("a", everybody());
        for _ in 0..limits::GATEWAY_PREVIEWS * 2 {
            table.picture(Hearers::Client("a"), &preview(ShownForm::Plain, true));
            let frame = Bytes::from_static(&[0, 0, 0, 9]);
            table.picture(Hearers::Client("a"), &RunPicture { frame, form: ShownForm::AsSent, is_result: true, is_for_all: false });
        }
        let sent = binaries(&mut messages);
        assert_eq!(sent.iter().filter(|kind| **kind == 9).count(), limits::GATEWAY_PREVIEWS * 2);
        assert!(sent.iter().filter(|kind| **kind == 1).count() <= limits::GATEWAY_PREVIEWS);
    }

    #[test]
    fn a_socket_that_does_not_read_is_closed_and_others_are_not() {
        let mut table = SocketTable::new();
        let (slow, _unread) = table.add("a", everybody());
        let (_, mut read) = table.add("a", everybody());
        for _ in 0..=limits::GATEWAY_BACKLOG {
            table.text(Hearers::Everybody, "x");
            assert!(read.try_recv().is_ok());
        }
        assert_eq!(table.client_of(slow), None);
        assert!(table.has("a"));
    }
}
