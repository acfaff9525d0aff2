//! `darkroom healthcheck`: whether the Darkroom on this machine is well.

use std::{
    error::Error,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::redirect::Policy;

/// A server that needs longer is not well.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why it is not well, in one line.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    #[error("no answer at {url}: {why}")]
    Silent { url: String, why: String },
    #[error("{url}: {status}: {words}")]
    Refused { url: String, status: u16, words: String },
}

fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Asks the Darkroom that listens at this address for a path of a probe.
///
/// # Errors
/// It does not answer within five seconds, or with another status than 2xx.
pub async fn healthcheck(mut addr: SocketAddr, path: &str) -> Result<(), Unhealthy> {
    // "Every address of this machine" is none to connect to.
    if addr.ip().is_unspecified() {
        addr.set_ip(if addr.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    let url = format!("http://{addr}{path}");
    let asked: Result<_, reqwest::Error> = async {
        // Not through a proxy of the environment: it is this machine.
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).build()?;
        let answer = client.get(&url).send().await?;
        Ok((answer.status(), answer.text().await?))
    }
    .await;
    match asked {
        Ok((status, _)) if status.is_success() => Ok(()),
        Ok((status, words)) => {
            let words = words.lines().next().unwrap_or_default().chars().take(200).collect();
            Err(Unhealthy::Refused { url, status: status.as_u16(), words })
        }
        Err(error) => Err(Unhealthy::Silent { url, why: cause(&error) }),
    }
}
