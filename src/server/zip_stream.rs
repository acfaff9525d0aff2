//! A zip file (PKWARE APPNOTE 6.3.10) that is sent while it is written: neither its files nor the whole are ever in memory or on the disk, only the list at
//! its end, some hundred bytes for each file.

use std::{
    io::{self, Write},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use parking_lot::Mutex;
use proto::{gallery::day_and_time, time::Timestamp};
use tokio::sync::mpsc;
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions, write::StreamWriter};

/// Bytes that are sent at once.
const PIECE: usize = 64 * 1024;
/// Pieces that wait for a slow client.
const PIECES: usize = 2;
/// From this length on, lengths take eight bytes.
const LONG: u64 = u32::MAX as u64;

/// Why a zip file is not finished.
#[derive(Debug, thiserror::Error)]
pub enum ZipStreamError {
    #[error("the client is gone")]
    ClientGone,
    #[error("{0} cannot be read: {1}")]
    File(String, String),
    #[error("{0} has another length than is known")]
    Length(String),
    #[error(transparent)]
    Zip(#[from] ZipError),
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What is to be in it cannot be read.
    #[error("{0}")]
    Source(String),
}

/// What was written and is not sent yet.
#[derive(Clone, Default)]
struct Unsent(Arc<Mutex<Vec<u8>>>);

impl Write for Unsent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum ZipPiece {
    Bytes(Bytes),
    End,
}

/// Where files are written to.
pub struct ZipSink {
    zip: ZipWriter<StreamWriter<Unsent>>,
    unsent: Unsent,
    out: mpsc::Sender<ZipPiece>,
}

/// The body of a response. It ends with an error if the zip file was not finished, so that no client takes a part for the whole.
pub struct ZipBody {
    pieces: mpsc::Receiver<ZipPiece>,
    is_over: bool,
}

/// A zip file, and the bytes of it.
#[must_use]
pub fn zip_stream() -> (ZipSink, ZipBody) {
    let (out, pieces) = mpsc::channel(PIECES);
    let unsent = Unsent::default();
    (ZipSink { zip: ZipWriter::new_stream(unsent.clone()), unsent, out }, ZipBody { pieces, is_over: false })
}

impl ZipSink {
    /// Adds a file as it is read. `bytes`: its length, where that is known.
    ///
    /// # Errors
    /// The client is gone, or the file cannot be read to its end, or is longer or shorter than it should be. Nothing more can be written then.
    pub async fn add_file<E: std::fmt::Display>(
        &mut self,
        name: &str,
        at: Timestamp,
        bytes: Option<u64>,
        mut source: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), ZipStreamError> {
        let is_long = bytes.is_none_or(|bytes| bytes >= LONG);
        self.zip.start_file(name, options(at, CompressionMethod::Stored).large_file(is_long))?;
        let mut written = 0_u64;
        while let Some(chunk) = source.next().await {
            let chunk = chunk.map_err(|error| ZipStreamError::File(name.to_owned(), error.to_string()))?;
            written += chunk.len() as u64;
            if bytes.is_some_and(|bytes| written > bytes) {
                return Err(ZipStreamError::Length(name.to_owned()));
            }
            for part in chunk.chunks(PIECE) {
                self.zip.write_all(part)?;
                self.send(PIECE).await?;
            }
        }
        if bytes.is_some_and(|bytes| written != bytes) {
            return Err(ZipStreamError::Length(name.to_owned()));
        }
        Ok(())
    }

    /// Adds a text, compressed.
    ///
    /// # Errors
    /// The client is gone, or the text cannot be read.
    pub async fn add_text(&mut self, name: &str, at: Timestamp, mut text: impl io::Read + Send) -> Result<(), ZipStreamError> {
        self.zip.start_file(name, options(at, CompressionMethod::Deflated))?;
        let mut part = vec![0; PIECE];
        loop {
            match text.read(&mut part)? {
                0 => return Ok(()),
                length => self.zip.write_all(part.get(..length).unwrap_or_default())?,
            }
            self.send(PIECE).await?;
        }
    }

    /// Finishes the zip file, if all went well so far; otherwise it is broken off.
    pub async fn end(mut self, result: Result<(), ZipStreamError>) {
        let ended = match result {
            Ok(()) => self.finish().await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) | Err(ZipStreamError::ClientGone) => {}
            Err(error) => tracing::warn!(%error, "a zip file is broken off"),
        }
    }

    async fn finish(&mut self) -> Result<(), ZipStreamError> {
        let zip = std::mem::replace(&mut self.zip, ZipWriter::new_stream(Unsent::default()));
        drop(zip.finish()?);
        self.send(0).await?;
        self.out.send(ZipPiece::End).await.map_err(|_| ZipStreamError::ClientGone)
    }

    /// Sends what was written, if it is at least so much.
    async fn send(&mut self, at_least: usize) -> Result<(), ZipStreamError> {
        let piece = {
            let mut unsent = self.unsent.0.lock();
            if unsent.len() < at_least {
                return Ok(());
            }
            std::mem::take(&mut *unsent)
        };
        self.out.send(ZipPiece::Bytes(piece.into())).await.map_err(|_| ZipStreamError::ClientGone)
    }
}

fn options(at: Timestamp, method: CompressionMethod) -> SimpleFileOptions {
    let (day, time) = day_and_time(at);
    let small = |number: u64| u8::try_from(number).unwrap_or_default();
    let date = DateTime::from_date_and_time(
        u16::try_from(day.year).unwrap_or_default(),
        small(day.month.cast_unsigned()),
        small(day.day.cast_unsigned()),
        small(time.hour),
        small(time.minute),
        small(time.second),
    );
    // Zip files have no dates before 1980.
    SimpleFileOptions::default().compression_method(method).last_modified_time(date.unwrap_or_default()).unix_permissions(0o644)
}

impl Stream for ZipBody {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(context).map(|piece| match piece {
            Some(ZipPiece::Bytes(bytes)) => Some(Ok(bytes)),
            Some(ZipPiece::End) => {
                self.is_over = true;
                None
            }
            None => {
                self.is_over = true;
                Some(Err(io::Error::other("the zip file was broken off")))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Cursor, Read},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use futures::{TryStreamExt, stream};
    use zip::ZipArchive;

    use super::*;

    const AT: Timestamp = Timestamp(1_795_194_714_015);

    fn chunks(chunks: &[&[u8]]) -> impl Stream<Item = Result<Bytes, &'static str>> + Unpin + use<> {
        stream::iter(chunks.iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect::<Vec<_>>())
    }

    async fn whole(body: ZipBody) -> io::Result<Vec<u8>> {
        Ok(body.try_collect::<Vec<Bytes>>().await?.concat())
    }

    #[tokio::test]
    async fn what_is_written_is_read_by_others() {
        let (mut sink, body) = zip_stream();
        let writing = tokio::spawn(async move {
            sink.add_file("2026/ünï.png", AT, Some(5), chunks(&[b"pi", b"", b"xel"])).await.unwrap();
            sink.add_file("empty.bin", AT, None, chunks(&[])).await.unwrap();
            sink.add_text("a.json", Timestamp(0), Cursor::new("x".repeat(200_000))).await.unwrap();
            sink.end(Ok(())).await;
        });
        let bytes = whole(body).await.unwrap();
        writing.await.unwrap();
        assert!(bytes.len() < 5_000, "texts are compressed: {}", bytes.len());
        let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(zip.file_names().collect::<Vec<_>>(), ["2026/ünï.png", "empty.bin", "a.json"]);
        let mut text = String::new();
        let mut file = zip.by_index(0).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), file.compression()), ("pixel", CompressionMethod::Stored));
        assert_eq!(file.last_modified().map(|at| at.to_string()), Some("2026-11-20 17:11:54".to_owned()));
        drop(file);
        assert_eq!(zip.by_index(2).unwrap().size(), 200_000);
    }

    #[tokio::test]
    async fn what_is_not_finished_ends_with_an_error() {
        let broken = stream::iter([Ok(Bytes::from_static(b"pi")), Err("the disk is gone")]);
        for case in 0..4 {
            let (mut sink, body) = zip_stream();
            let broken = broken.clone();
            tokio::spawn(async move {
                sink.add_file("good.png", AT, Some(2), chunks(&[b"ok"])).await.unwrap();
                let result = match case {
                    0 => sink.add_file("a.png", AT, Some(5), broken).await,
                    1 => sink.add_file("a.png", AT, Some(5), chunks(&[b"pixe"])).await,
                    2 => sink.add_file("a.png", AT, Some(5), chunks(&[b"pixels"])).await,
                    // Its task was dropped.
                    _ => return,
                };
                assert!(result.is_err());
                sink.end(result).await;
            });
            assert!(whole(body).await.is_err(), "case {case}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_read_than_a_client_takes() {
        let read = Arc::new(AtomicUsize::new(0));
        let (mut sink, mut body) = zip_stream();
        let counted = read.clone();
        let source = stream::iter(0..1_000).map(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, &str>(Bytes::from(vec![7; PIECE]))
        });
        let writing = tokio::spawn(async move { sink.add_file("a.bin", AT, None, source).await });
        let settle = async || tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        settle().await;
        assert!(read.load(Ordering::Relaxed) <= PIECES + 2, "{read:?} pieces of 64 KiB");
        let before = read.load(Ordering::Relaxed);
        body.next().await.unwrap().unwrap();
        settle().await;
        assert_eq!(read.load(Ordering::Relaxed), before + 1);
        drop(body);
        assert!(matches!(writing.await.unwrap(), Err(ZipStreamError::ClientGone)));
        assert_eq!(read.load(Ordering::Relaxed), before + 1, "nothing more was read");
    }
}
