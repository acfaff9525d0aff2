//! One try to copy an output from its ComfyUI.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::http::{StatusCode, header};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use tokio::time::timeout;

use super::{
    files::MediaFiles,
    keep::{KeepError, NewFile},
    spool::FrameSpool,
};
use crate::{
    backend::{Backend, ComfyError},
    store::DueCopy,
};
use proto::{
    limits,
    task::{CopyDelay, NotKeptReason, OutputContent},
};

/// Why a try was no success.
#[derive(Debug)]
pub(super) enum CopyFailure {
    /// The ComfyUI is to be tried again.
    Unreachable(String),
    /// Its file in the data folder is to be read again. Others are not affected.
    Unreadable(String),
    /// The media store is to be tried again.
    Store(CopyDelay, String),
    Final(NotKeptReason),
}

/// ComfyUI sends nothing more.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error("nothing came for {} s", limits::COPY_STALL.as_secs())]
    Stalled,
}

/// Copies a result that came over the socket into the media store, at most `max` bytes.
pub(super) async fn copy_frame<'a>(
    files: &'a MediaFiles,
    spool: &Arc<FrameSpool>,
    name: &str,
    max: u64,
) -> Result<NewFile<'a>, CopyFailure> {
    let failed = |error: &dyn std::error::Error| CopyFailure::Unreadable(error.to_string());
    let (reader, wanted) = (spool.clone(), name.to_owned());
    let read = tokio::task::spawn_blocking(move || reader.read(&wanted)).await.map_err(|error| failed(&error))?;
    let Some(bytes) = read.map_err(|error| failed(&error))? else { return Err(CopyFailure::Final(NotKeptReason::Interrupted)) };
    let length = bytes.len() as u64;
    let source = stream::iter([Ok::<_, Infallible>(bytes)]);
    files.keep(source, Some(length), max).await.map_err(|error| match error {
        KeepError::TooLarge => CopyFailure::Final(NotKeptReason::TooLarge),
        KeepError::Store(failure) => CopyFailure::Store(failure.delay(), failure.to_string()),
        error => failed(&error),
    })
}

/// Copies an output into the media store, at most `max` bytes.
pub(super) async fn copy<'a>(files: &'a MediaFiles, backend: &Backend, due: &DueCopy, max: u64) -> Result<NewFile<'a>, CopyFailure> {
    let response = match timeout(limits::COPY_STALL, backend.client.view(&due.content, false)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            let failure = refused(&error, backend.is_reachable());
            // A proxy may refuse everything for one that is gone, before its socket is known to be dead.
            let is_final = matches!(failure, CopyFailure::Final(_));
            return Err(if is_final && backend.client.queue().await.is_err() {
                CopyFailure::Unreachable(error.to_string())
            } else {
                failure
            });
        }
        Err(_) => return Err(CopyFailure::Unreachable(Broken::Stalled.to_string())),
    };
    // A proxy before a stopped pod may answer with an error page and status 200. ComfyUI itself serves no HTML.
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page && !names_page(&due.content) {
        return Err(CopyFailure::Unreachable("a page came instead of the file".into()));
    }
    let length = response.content_length();
    files.keep(patient(response, limits::COPY_STALL), length, max).await.map_err(|error| match error {
        KeepError::TooLarge => CopyFailure::Final(NotKeptReason::TooLarge),
        KeepError::Store(failure) => CopyFailure::Store(failure.delay(), failure.to_string()),
        KeepError::Source(_) | KeepError::Length { .. } => CopyFailure::Unreachable(error.to_string()),
    })
}

/// `is_well`: the ComfyUI answers other requests. A proxy before one that is away may refuse everything.
fn refused(error: &ComfyError, is_well: bool) -> CopyFailure {
    match error {
        ComfyError::Status { status: StatusCode::NOT_FOUND, .. } if is_well => CopyFailure::Final(NotKeptReason::Gone),
        ComfyError::NotServed { .. } => CopyFailure::Final(NotKeptReason::Forbidden),
        ComfyError::Status { status: StatusCode::FORBIDDEN, .. } if is_well => CopyFailure::Final(NotKeptReason::Forbidden),
        error if is_well && error.is_permanent_refusal() => CopyFailure::Final(NotKeptReason::Refused),
        error => CopyFailure::Unreachable(error.to_string()),
    }
}

fn names_page(content: &OutputContent) -> bool {
    let OutputContent::File { filename, .. } = content else { return false };
    let ending = filename.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    matches!(ending.as_deref(), Some("html" | "htm"))
}

/// The bytes as they come, until nothing comes for `stall`.
pub fn patient(response: reqwest::Response, stall: Duration) -> impl Stream<Item = Result<Bytes, Broken>> + Send {
    stream::unfold(Some(response.bytes_stream().boxed()), move |source| async move {
        let mut source = source?;
        match timeout(stall, source.next()).await {
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(source))),
            Ok(Some(Err(error))) => Some((Err(error.into()), None)),
            Ok(None) => None,
            Err(_) => Some((Err(Broken::Stalled), None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder in the place of one of the files.
    #[tokio::test]
    async fn a_file_that_cannot_be_read_delays_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let (spool, files) =
            (Arc::new(FrameSpool::new(folder.path())), MediaFiles::over(Arc::new(object_store::memory::InMemory::new()), None));
        let name = "0".repeat(OutputContent::SOCKET_NAME);
        std::fs::create_dir_all(folder.path().join("frames").join(&name)).unwrap();
        let failure = copy_frame(&files, &spool, &name, u64::MAX).await.map(|_| ()).unwrap_err();
        assert!(matches!(failure, CopyFailure::Unreadable(_)), "{failure:?}");
        let gone = copy_frame(&files, &spool, "gone", u64::MAX).await.map(|_| ()).unwrap_err();
        assert!(matches!(gone, CopyFailure::Final(NotKeptReason::Interrupted)), "{gone:?}");
        let other = spool.take(Bytes::from_static(b"\x89PNG")).await.unwrap();
        assert!(copy_frame(&files, &spool, &other, u64::MAX).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_download_that_stalls_is_broken_off_and_a_slow_one_is_not() {
        let slow = stream::iter([Bytes::from_static(b"a "), Bytes::from_static(b"picture")]).then(async |chunk| {
            tokio::time::sleep(limits::COPY_STALL - Duration::from_millis(1)).await;
            Ok::<_, Infallible>(chunk)
        });
        let stalls = slow.chain(stream::once(std::future::pending()));
        let response = axum::http::Response::new(reqwest::Body::wrap_stream(stalls)).into();
        let began = tokio::time::Instant::now();
        let got: Vec<_> = patient(response, limits::COPY_STALL).collect().await;
        let [Ok(first), Ok(second), Err(Broken::Stalled)] = got.as_slice() else { panic!("{got:?}") };
        assert_eq!([first, second], ["a ", "picture"]);
        assert_eq!(began.elapsed().as_secs(), 3 * limits::COPY_STALL.as_secs() - 1);
    }

    fn status(code: u16) -> ComfyError {
        ComfyError::Status { status: StatusCode::from_u16(code).unwrap(), text: String::new() }
    }

    #[test]
    fn a_refusal_is_final_only_while_the_comfyui_answers_other_requests() {
        for (code, reason) in [(404, NotKeptReason::Gone), (403, NotKeptReason::Forbidden), (400, NotKeptReason::Refused)] {
            assert!(matches!(refused(&status(code), true), CopyFailure::Final(found) if found == reason), "{code}");
            assert!(matches!(refused(&status(code), false), CopyFailure::Unreachable(_)), "{code}");
        }
        for code in [401, 408, 429, 500, 502, 503] {
            assert!(matches!(refused(&status(code), true), CopyFailure::Unreachable(_)), "{code}");
        }
        assert!(matches!(refused(&ComfyError::GivenUp, true), CopyFailure::Unreachable(_)));
    }
}
