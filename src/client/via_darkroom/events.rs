//! Reads a task's event stream and reconnects it: the connection machine of `proto::link` over a stream of server-sent events instead of
//! a WebSocket.

use std::{collections::VecDeque, time::Duration};

use comfyui::TimedLink;
use eventsource_stream::Eventsource;
use futures::{StreamExt, TryStreamExt};
use proto::{
    ids::TaskId,
    link::{Generation, Input, LinkConfig, LinkState, Loss, Output},
};
use reqwest::{RequestBuilder, StatusCode};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use super::{Api, report::StatusReport};

/// What the caller must handle.
pub(super) enum StreamEvent {
    Opened,
    Report(Box<StatusReport>),
    /// The stream is lost or in doubt: the task must be polled over HTTP.
    Poll,
    /// The server refuses streams permanently.
    Refused,
    State(LinkState),
}

/// What one stream reports.
enum Incoming {
    Opened,
    /// Bytes arrived; they may be a comment.
    Alive,
    Event {
        id: String,
        data: String,
    },
    Lost(Loss),
}

/// Makes no progress unless [`EventStream::next`] is polled.
pub(super) struct EventStream {
    api: Api,
    task: TaskId,
    link: TimedLink,
    sender: UnboundedSender<(Generation, Incoming)>,
    incoming: UnboundedReceiver<(Generation, Incoming)>,
    stream: Option<(Generation, JoinHandle<()>)>,
    /// The `id` of the last event received.
    last_id: Option<String>,
    pending: VecDeque<StreamEvent>,
}

/// A Darkroom sends a comment after 15 s of silence. A ping sends nothing here: it only starts the timeout within which bytes must arrive.
const SILENT: Duration = Duration::from_secs(20);

impl EventStream {
    pub(super) fn open(api: Api, task: TaskId, config: LinkConfig) -> Self {
        let config = LinkConfig { ping_every: SILENT.saturating_mul(2), pong_within: SILENT, stall_after: None, ..config };
        let (sender, incoming) = unbounded_channel();
        let mut stream =
            Self { api, task, link: TimedLink::new(config), sender, incoming, stream: None, last_id: None, pending: VecDeque::new() };
        stream.input(Input::Start);
        stream
    }

    /// Waits for the next thing to handle. Cancel safe.
    pub(super) async fn next(&mut self) -> StreamEvent {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return event;
            }
            tokio::select! {
                () = self.link.due() => self.input(Input::Wake),
                Some((generation, incoming)) = self.incoming.recv() => self.incoming(generation, incoming),
            }
        }
    }

    /// Ends the stream: no further events arrive.
    pub(super) fn close(&mut self) {
        self.input(Input::Stop);
        self.pending.clear();
    }

    fn incoming(&mut self, generation: Generation, incoming: Incoming) {
        if self.stream.as_ref().is_none_or(|(current, _)| *current != generation) {
            return;
        }
        match incoming {
            Incoming::Opened => {
                self.pending.push_back(StreamEvent::Opened);
                self.input(Input::Opened(generation));
            }
            Incoming::Alive => self.input(Input::Received(generation)),
            Incoming::Event { id, data } => {
                if !id.is_empty() {
                    self.last_id = Some(id);
                }
                // Poll the task for an event that cannot be read.
                self.pending
                    .push_back(serde_json::from_str(&data).map_or(StreamEvent::Poll, |report| StreamEvent::Report(Box::new(report))));
            }
            Incoming::Lost(loss) => {
                self.pending.push_back(if matches!(loss, Loss::Fatal(_)) { StreamEvent::Refused } else { StreamEvent::Poll });
                self.input(Input::Lost(generation, loss));
            }
        }
    }

    fn input(&mut self, input: Input) {
        for output in self.link.handle(input) {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Connect(generation) => {
                let request = self.api.events(self.task, self.last_id.as_deref());
                self.drop_stream();
                self.stream = Some((generation, tokio::spawn(read(request, generation, self.sender.clone()))));
            }
            Output::Close(_) => {
                if self.drop_stream() {
                    self.pending.push_back(StreamEvent::Poll);
                }
            }
            // A stream cannot be pinged; `TimedLink` keeps the time to wake.
            Output::Ping(_) | Output::Wake(..) => {}
            Output::Poll | Output::Check => self.pending.push_back(StreamEvent::Poll),
            Output::State(state) => self.pending.push_back(StreamEvent::State(state)),
        }
    }

    fn drop_stream(&mut self) -> bool {
        let stream = self.stream.take();
        if let Some((_, reading)) = &stream {
            reading.abort();
        }
        stream.is_some()
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.drop_stream();
    }
}

async fn read(request: RequestBuilder, generation: Generation, sender: UnboundedSender<(Generation, Incoming)>) {
    // The receiver may be dropped already.
    let send = |incoming| drop(sender.send((generation, incoming)));
    let response = match request.send().await {
        Ok(response) if response.status() == StatusCode::OK => response,
        Ok(response) => return send(Incoming::Lost(loss_of(response.status()))),
        Err(_) => return send(Incoming::Lost(Loss::Dropped)),
    };
    send(Incoming::Opened);
    let bytes = response.bytes_stream().inspect_ok(|_| send(Incoming::Alive));
    let mut events = std::pin::pin!(bytes.eventsource());
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => send(Incoming::Event { id: event.id, data: event.data }),
            Err(_) => return send(Incoming::Lost(Loss::Dropped)),
        }
    }
    // A Darkroom ends the stream of an unfinished task only when the server stops.
    send(Incoming::Lost(Loss::Restarting));
}

fn loss_of(status: StatusCode) -> Loss {
    match status {
        // 204: the task's end was already sent.
        status if status.is_success() => Loss::Dropped,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Loss::Dropped,
        status if status.is_client_error() || status.is_redirection() => Loss::Fatal(format!("the server answered {status}")),
        _ => Loss::Dropped,
    }
}
