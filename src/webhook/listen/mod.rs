//! `darkroom webhook-listen`: receives calls, prints them and whether they are verified, and answers as a receiver should.

mod answer;
mod print;
mod seen;

use std::{io::IsTerminal, net::SocketAddr, path::PathBuf, sync::Arc};

use axum::http::StatusCode;
use clap::Args;
use tokio::net::TcpListener;

use self::{answer::Receiver, print::Printer};
use super::SigningKey;

/// The arguments of `darkroom webhook-listen`.
#[derive(Args, Debug)]
#[command(after_long_help = AFTER)]
pub struct ListenArgs {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:9000")]
    addr: SocketAddr,
    /// The secret that calls are signed with. Better in the environment, where others on this machine do not see it.
    #[arg(long, value_name = "whsec_…", env = "DARKROOM_WEBHOOK_SECRET", hide_env_values = true, conflicts_with = "secret_file")]
    secret: Option<String>,
    /// The file with the secret. Darkroom's own is webhook-secret in its data folder.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Answer with this status to what is verified, to see what Darkroom does: 410, 500, 429 …
    #[arg(long, value_name = "STATUS", default_value = "204", value_parser = status)]
    respond: StatusCode,
    /// Print everything as JSON on standard output, one object a line.
    #[arg(long)]
    json: bool,
}

const AFTER: &str = "\
Answers:
  A call that is verified is answered with --respond, one that is not with 401, one without the three webhook- headers with 400, one
  over 4 MB with 413. Verified is as Standard Webhooks say: the signature fits, and the timestamp is within 5 minutes of now.
  A message that comes again (after a lost answer, or because somebody sent it again) has the same webhook-id, and is marked.

Examples:
  darkroom webhook-listen --secret-file data/webhook-secret
  darkroom webhook-listen --secret-file data/webhook-secret --respond 500
  darkroom webhook-listen --json | jq -r 'select(.verified).body.result.imageUrl'

  Darkroom calls this machine only when it is allowed to: darkroom serve --webhook-allow 127.0.0.1

Exit codes:
    0  ended by Ctrl-C or SIGTERM
    1  the address cannot be listened on
    2  usage: no secret, or one that is none";

fn status(text: &str) -> Result<StatusCode, String> {
    let status =
        text.parse::<u16>().ok().filter(|status| (200..=599).contains(status)).and_then(|status| StatusCode::from_u16(status).ok());
    status.ok_or_else(|| "it must be a status from 200 to 599".to_owned())
}

/// Listens until `shutdown`. Returns the exit code.
pub async fn run(args: ListenArgs, shutdown: impl Future<Output = ()> + Send + 'static) -> u8 {
    let key = match (&args.secret, &args.secret_file) {
        (Some(secret), _) => SigningKey::parse(secret),
        (None, Some(path)) => SigningKey::read(path),
        (None, None) => {
            eprintln!(
                "darkroom: name the secret: --secret-file data/webhook-secret is Darkroom's own (or --secret, or DARKROOM_WEBHOOK_SECRET)"
            );
            return 2;
        }
    };
    let key = match key {
        Ok(key) => key,
        Err(error) => {
            eprintln!("darkroom: {error}");
            return 2;
        }
    };
    let listener = match TcpListener::bind(args.addr).await {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("darkroom: cannot listen on {}: {error}", args.addr);
            return 1;
        }
    };
    let addr = listener.local_addr().unwrap_or(args.addr);
    eprintln!("Listening for webhooks at http://{addr}/");
    let printer = Printer { json: args.json, colours: !args.json && std::io::stdout().is_terminal() };
    let shared = Arc::new(Receiver { key, respond: args.respond, printer, seen: parking_lot::Mutex::default() });
    match axum::serve(listener, answer::router(shared)).with_graceful_shutdown(shutdown).await {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("darkroom: {error}");
            1
        }
    }
}
