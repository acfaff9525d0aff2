//! One stream of bytes to several ComfyUIs at once. A slow one holds the others up for a while, and is then left behind.

use std::{io, sync::Arc};

use bytes::Bytes;
use futures::stream;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use crate::backend::{Backend, ComfyError, Upload};
use proto::{ids::BackendId, limits};

/// Dropped before [`FanOut::finish`], it tears the uploads off: nobody keeps half a file.
pub(super) struct FanOut {
    ways: Vec<Way>,
    /// Not asked at all.
    away: Vec<BackendId>,
}

struct Way {
    backend: BackendId,
    /// `None`: it failed, or was left behind.
    bytes: Option<mpsc::Sender<Piece>>,
    upload: JoinHandle<Result<(), ComfyError>>,
}

enum Piece {
    Bytes(Bytes),
    /// These were all.
    End,
}

/// Why a ComfyUI does not have it.
pub(super) struct NotTaken {
    pub(super) detail: String,
    /// It is a mask for a picture that is not there.
    pub(super) no_original: bool,
}

impl NotTaken {
    fn because(detail: &str) -> Self {
        Self { detail: detail.to_owned(), no_original: false }
    }
}

impl FanOut {
    /// `None`: there is nobody to send anything to.
    pub(super) fn begin<'a>(backends: impl Iterator<Item = &'a Arc<Backend>>, upload: &Upload) -> Option<Self> {
        let (there, away): (Vec<_>, Vec<_>) = backends.partition(|backend| backend.takes_tasks());
        let way = |backend: &Arc<Backend>| {
            let (bytes, pieces) = mpsc::channel(limits::UPLOAD_PIECES);
            let (client, upload) = (backend.client.clone(), upload.clone());
            let upload = tokio::spawn(async move { client.pass_on(upload, body(pieces)).await });
            Way { backend: backend.id.clone(), bytes: Some(bytes), upload }
        };
        let ways: Vec<Way> = there.into_iter().map(way).collect();
        (!ways.is_empty()).then(|| Self { ways, away: away.into_iter().map(|backend| backend.id.clone()).collect() })
    }

    pub(super) async fn send(&mut self, bytes: Bytes) {
        for way in &mut self.ways {
            way.send(Piece::Bytes(bytes.clone())).await;
        }
    }

    /// What became of it at each ComfyUI.
    pub(super) async fn finish(mut self) -> Vec<(BackendId, Result<(), NotTaken>)> {
        for way in &mut self.ways {
            way.send(Piece::End).await;
        }
        let mut outcomes = Vec::new();
        for way in self.ways {
            let outcome = match way.upload.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => {
                    tracing::warn!(backend = %way.backend, %error, "a picture was not taken");
                    Err(NotTaken { no_original: matches!(error, ComfyError::NoOriginal), detail: error.to_string() })
                }
                Err(_) => Err(NotTaken::because("Darkroom is stopping")),
            };
            outcomes.push((way.backend, outcome));
        }
        outcomes.extend(self.away.into_iter().map(|backend| (backend, Err(NotTaken::because("it cannot be reached now")))));
        outcomes
    }
}

impl Way {
    async fn send(&mut self, piece: Piece) {
        if let Some(bytes) = &self.bytes
            && !matches!(timeout(limits::UPLOAD_STALL, bytes.send(piece)).await, Ok(Ok(())))
        {
            // Without its end, the stream ends in an error.
            self.bytes = None;
        }
    }
}

/// Ends well only after the word that these were all: who sends it may go away at any time.
fn body(pieces: mpsc::Receiver<Piece>) -> reqwest::Body {
    reqwest::Body::wrap_stream(stream::unfold(Some(pieces), async |pieces| {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(pieces))),
            Some(Piece::End) => None,
            None => Some((Err(io::Error::other("the upload was torn off")), None)),
        }
    }))
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Bytes as Body, routing::post};
    use tokio::{net::TcpListener, time::Instant};

    use super::*;

    /// A ComfyUI that takes nothing holds the others up for so long, once.
    #[tokio::test(start_paused = true)]
    async fn who_stalls_is_left_behind() {
        let (bytes, _pieces) = mpsc::channel(1);
        let mut way = Way { backend: BackendId("slow".into()), bytes: Some(bytes), upload: tokio::spawn(async { Ok(()) }) };
        let begun = Instant::now();
        let piece = || Piece::Bytes(Bytes::from_static(b"piece"));
        way.send(piece()).await;
        assert!(way.bytes.is_some() && begun.elapsed().is_zero());
        way.send(piece()).await;
        assert!(way.bytes.is_none());
        way.send(piece()).await;
        assert_eq!(begun.elapsed().as_secs(), limits::UPLOAD_STALL.as_secs());
    }

    /// ComfyUI would take what ends well for the whole picture.
    #[tokio::test]
    async fn only_what_was_all_ends_well() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (heard, mut came) = mpsc::unbounded_channel();
        let app = Router::new().route("/", post(async move |body: Body| heard.send(body).unwrap()));
        tokio::spawn(async { axum::serve(listener, app).await });
        for whole in [false, true] {
            let (bytes, pieces) = mpsc::channel(2);
            bytes.send(Piece::Bytes(Bytes::from_static(b"half"))).await.unwrap();
            if whole {
                bytes.send(Piece::End).await.unwrap();
            }
            drop(bytes);
            let sent = reqwest::Client::new().post(&url).body(body(pieces)).send().await;
            assert_eq!(sent.is_ok_and(|response| response.status().is_success()), whole);
        }
        assert_eq!(came.recv().await.unwrap(), "half");
        assert!(came.try_recv().is_err(), "half of it was taken for all");
    }
}
