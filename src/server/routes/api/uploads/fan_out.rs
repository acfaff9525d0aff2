//! Streams one upload to several ComfyUIs at once. A stalled one delays the others for [`limits::UPLOAD_STALL`] once, and is then dropped.

use std::{io, sync::Arc};

use bytes::Bytes;
use futures::stream;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use crate::backend::{Backend, ComfyError, Upload};
use proto::{ids::BackendId, limits};

/// Dropping it before [`FanOut::finish`] aborts the uploads, so that no ComfyUI keeps a truncated file.
pub(super) struct FanOut {
    streams: Vec<UploadStream>,
    /// Backends that could not be reached, so that no upload was begun.
    unreachable: Vec<BackendId>,
}

struct UploadStream {
    backend: BackendId,
    /// `None`: it failed or stalled.
    bytes: Option<mpsc::Sender<Piece>>,
    upload: JoinHandle<Result<(), ComfyError>>,
}

enum Piece {
    Bytes(Bytes),
    /// The file is complete.
    End,
}

/// Why a ComfyUI does not have the file.
pub(super) struct NotStored {
    pub(super) detail: String,
    /// The original that the mask belongs to is not there.
    pub(super) no_original: bool,
}

impl NotStored {
    fn because(detail: &str) -> Self {
        Self { detail: detail.to_owned(), no_original: false }
    }
}

impl FanOut {
    /// `None`: no backend can be reached.
    pub(super) fn begin<'a>(backends: impl Iterator<Item = &'a Arc<Backend>>, upload: &Upload) -> Option<Self> {
        let (reachable, unreachable): (Vec<_>, Vec<_>) = backends.partition(|backend| backend.takes_tasks());
        let open = |backend: &Arc<Backend>| {
            let (bytes, pieces) = mpsc::channel(limits::UPLOAD_PIECES);
            let (client, upload) = (backend.client.clone(), upload.clone());
            let upload = tokio::spawn(async move { client.pass_on(upload, body(pieces)).await });
            UploadStream { backend: backend.id.clone(), bytes: Some(bytes), upload }
        };
        let streams: Vec<UploadStream> = reachable.into_iter().map(open).collect();
        (!streams.is_empty()).then(|| Self { streams, unreachable: unreachable.into_iter().map(|backend| backend.id.clone()).collect() })
    }

    pub(super) async fn send(&mut self, bytes: Bytes) {
        for stream in &mut self.streams {
            stream.send(Piece::Bytes(bytes.clone())).await;
        }
    }

    /// Completes the uploads and gives the outcome at each ComfyUI.
    pub(super) async fn finish(mut self) -> Vec<(BackendId, Result<(), NotStored>)> {
        for stream in &mut self.streams {
            stream.send(Piece::End).await;
        }
        let mut outcomes = Vec::new();
        for stream in self.streams {
            let outcome = match stream.upload.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => {
                    tracing::warn!(backend = %stream.backend, %error, "a picture was not taken");
                    Err(NotStored { no_original: matches!(error, ComfyError::NoOriginal), detail: error.to_string() })
                }
                Err(_) => Err(NotStored::because("Darkroom is stopping")),
            };
            outcomes.push((stream.backend, outcome));
        }
        outcomes.extend(self.unreachable.into_iter().map(|backend| (backend, Err(NotStored::because("it cannot be reached now")))));
        outcomes
    }
}

impl UploadStream {
    async fn send(&mut self, piece: Piece) {
        if let Some(bytes) = &self.bytes
            && !matches!(timeout(limits::UPLOAD_STALL, bytes.send(piece)).await, Ok(Ok(())))
        {
            // Dropping the sender without `End` makes the body end in an error.
            self.bytes = None;
        }
    }
}

/// Ends without an error only after [`Piece::End`]: the sender may be dropped at any time, and a truncated body must not look complete.
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

    /// A ComfyUI that reads nothing delays the others once, by the stall limit.
    #[tokio::test(start_paused = true)]
    async fn a_stalled_upload_is_dropped() {
        let (bytes, _pieces) = mpsc::channel(1);
        let mut stream = UploadStream { backend: BackendId("slow".into()), bytes: Some(bytes), upload: tokio::spawn(async { Ok(()) }) };
        let begun = Instant::now();
        let piece = || Piece::Bytes(Bytes::from_static(b"piece"));
        stream.send(piece()).await;
        assert!(stream.bytes.is_some() && begun.elapsed().is_zero());
        stream.send(piece()).await;
        assert!(stream.bytes.is_none());
        stream.send(piece()).await;
        assert_eq!(begun.elapsed().as_secs(), limits::UPLOAD_STALL.as_secs());
    }

    /// ComfyUI would take a body that ends without an error for the whole picture.
    #[tokio::test]
    async fn only_a_complete_upload_ends_without_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (sender, mut received) = mpsc::unbounded_channel();
        let app = Router::new().route("/", post(async move |body: Body| sender.send(body).unwrap()));
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
        assert_eq!(received.recv().await.unwrap(), "half");
        assert!(received.try_recv().is_err(), "half of it was taken for all");
    }
}
