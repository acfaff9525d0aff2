//! The command line. Settings that cannot be used end with one line and exit code 2.

use std::{io::IsTerminal, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand};
use darkroom::{
    client::cli::{self, ImportArgs, RunArgs},
    comfyui::{self, StopPoint},
    demo,
    server::{
        self, ServeError,
        config::{Config, ConfigError, Overrides},
    },
    web::frontend::Pages,
    webhook::listen::{self, ListenArgs},
};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// A web studio in front of ComfyUI that never loses a generation.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

impl Cli {
    fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

#[derive(Subcommand)]
enum Command {
    /// Serve the studio (also what happens without a command).
    Serve(Serve),
    /// Run a workflow and save its outputs: directly at a ComfyUI, or through a Darkroom.
    Run(RunArgs),
    /// Take pictures, videos and sounds of an earlier time into the gallery.
    Import(ImportArgs),
    /// Print and verify webhook calls: a receiver for development.
    WebhookListen(ListenArgs),
    /// Run the demo engine by itself: a stand-in that speaks ComfyUI's API.
    DemoComfyui(DemoComfyui),
    /// Ask the Darkroom of these settings whether it is well: exit code 0 or 1. For containers, which have no curl.
    Healthcheck(Healthcheck),
}

#[derive(Args)]
struct Serve {
    /// Settings file; Leptos.toml in this folder is read if it exists.
    #[arg(long, value_name = "FILE", env = "DARKROOM_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    /// Stop this process (SIGSTOP) at a place in the code, for tests.
    #[arg(long, value_name = "PLACE[:N]", hide = true)]
    stop_at: Option<StopPoint>,
}

#[derive(Args)]
struct Healthcheck {
    #[command(flatten)]
    of: Serve,
    /// Whether it accepts tasks, and not only whether it runs.
    #[arg(long)]
    ready: bool,
}

#[derive(Args)]
struct DemoComfyui {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8188")]
    addr: SocketAddr,
    /// 1 takes about 12 s for 20 steps at 512×512; 10 is ten times faster.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Folder of its output, input and temp folders.
    #[arg(long, value_name = "DIR", default_value = "data/demo")]
    data: PathBuf,
    /// Take orders to go wrong, for tests.
    #[arg(long, hide = true)]
    faults: bool,
    /// Append every execution's beginning and end to this file, for tests.
    #[arg(long, value_name = "FILE", hide = true)]
    executions: Option<PathBuf>,
    /// Cancel as ComfyUI 0.26 does.
    #[arg(long, hide = true)]
    atomic_cancel: bool,
}

/// The one-line reason for exiting.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("cannot listen on {addr}: {source}{}", hint(.source))]
    Listen { addr: SocketAddr, source: std::io::Error },
    #[error("--speed must be a number above 0")]
    Speed,
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("{0}")]
    Unhealthy(#[from] cli::Unhealthy),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

fn hint(error: &std::io::Error) -> &'static str {
    if error.kind() == std::io::ErrorKind::AddrInUse { " (is it running already? choose another port with --addr)" } else { "" }
}

impl Failure {
    /// 2 when the command line or a file is invalid, 1 for everything else.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Listen { .. } | Self::Speed | Self::Serve(ServeError::Config(_) | ServeError::Gateway { .. }) => 2,
            Self::Serve(_) | Self::Unhealthy(_) | Self::Io(_) => 1,
        }
    }
}

/// Without this, the library logs whole handshakes, including the token, at trace level.
const NOT_LOGGED: &str = "tungstenite::handshake::client=off";

fn main() -> ExitCode {
    let command = Cli::parse().command();
    // Errors of these commands are printed by the commands themselves.
    let usual = if matches!(command, Command::Run(_) | Command::Import(_) | Command::WebhookListen(_) | Command::Healthcheck(_)) {
        "off"
    } else {
        "warn,darkroom=info"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt()
        .with_env_filter(NOT_LOGGED.parse().into_iter().fold(filter, EnvFilter::add_directive))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .compact()
        .init();
    let ran = tokio::runtime::Runtime::new().map_err(Failure::from).and_then(|runtime| {
        runtime.block_on(async {
            match command {
                Command::Serve(options) => serve(options).await.map(|()| ExitCode::SUCCESS),
                Command::Run(args) => Ok(ExitCode::from(cli::run(args).await)),
                Command::Import(args) => Ok(ExitCode::from(cli::import(args).await)),
                Command::WebhookListen(args) => Ok(ExitCode::from(listen::run(args, asked_to_stop()).await)),
                Command::DemoComfyui(options) => demo_comfyui(options).await.map(|()| ExitCode::SUCCESS),
                Command::Healthcheck(options) => healthcheck(options).await.map(|()| ExitCode::SUCCESS),
            }
        })
    });
    match ran {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("darkroom: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

async fn serve(options: Serve) -> Result<(), Failure> {
    let Serve { config, overrides, stop_at } = options;
    if let Some(point) = stop_at {
        comfyui::stop_at(point);
    }
    let config = Config::load(config.as_deref(), overrides)?;
    let listener = bind(config.addr).await?;
    let addr = listener.local_addr()?;
    let names: Vec<&str> =
        config.backends.iter().map(|backend| backend.id.as_str()).chain(config.demo.then_some("the demo engine")).collect();
    println!("Darkroom is at http://{addr}{} (with {})", config.base_path.as_str(), names.join(", "));
    if let Some(gateway) = &config.gateway {
        println!("Clients of ComfyUI find it at http://{}", gateway.addr);
    }
    server::run(listener, config, Arc::new(Pages), asked_to_stop()).await?;
    Ok(())
}

async fn demo_comfyui(options: DemoComfyui) -> Result<(), Failure> {
    if options.speed.is_nan() || options.speed <= 0.0 {
        return Err(Failure::Speed);
    }
    let listener = bind(options.addr).await?;
    println!("The demo engine speaks ComfyUI's API at http://{}", listener.local_addr()?);
    let engine = demo::Options {
        dir: options.data,
        speed: options.speed,
        faults: options.faults,
        executions: options.executions,
        atomic_cancel: options.atomic_cancel,
        own_process: true,
        ..demo::Options::default()
    };
    demo::serve(listener, engine, asked_to_stop()).await?;
    Ok(())
}

async fn healthcheck(options: Healthcheck) -> Result<(), Failure> {
    let Healthcheck { of: Serve { config, overrides, .. }, ready } = options;
    let config = Config::load(config.as_deref(), overrides)?;
    let path = config.base_path.join(if ready { "/readyz" } else { "/healthz" });
    cli::healthcheck(config.addr, &path).await?;
    Ok(())
}

async fn bind(addr: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(addr).await.map_err(|source| Failure::Listen { addr, source })
}

/// Waits for Ctrl-C or SIGTERM.
async fn asked_to_stop() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::warn!(%error, "SIGTERM is not heard");
            let _ = tokio::signal::ctrl_c().await;
            return;
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
