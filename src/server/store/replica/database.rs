//! Connections to PostgreSQL, and Darkroom's tables there.

use std::{fmt, future::poll_fn, path::Path, str::FromStr, sync::Arc};

use proto::limits;
use tokio::sync::Notify;
use tokio_postgres::{AsyncMessage, Client, Config, config::Host};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::ReplicaError;

/// Where PostgreSQL is: `postgres://user:password@host:port/database`, with the parameters of libpq that tokio-postgres knows (`sslmode`, several hosts
/// with `target_session_attrs=read-write`, …).
#[derive(Clone)]
pub struct ReplicaUrl {
    config: Config,
    /// Host and database, without user and password.
    shown: String,
}

impl FromStr for ReplicaUrl {
    type Err = ReplicaError;

    fn from_str(text: &str) -> Result<Self, ReplicaError> {
        let wrong =
            |why: String| ReplicaError::Url(format!("is no address of PostgreSQL ({why}); write postgres://user:password@host/database"));
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(wrong("it does not begin with postgres://".into()));
        }
        // The parser's error may cite the password.
        let mut config: Config = text.parse().map_err(|_| wrong("it cannot be read".into()))?;
        let host = config.get_hosts().first().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
        let host = host.ok_or_else(|| wrong("it names no host".into()))?;
        let database = config.get_dbname().ok_or_else(|| wrong("it names no database".into()))?;
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let shown = format!("{host}:{port}/{database}");
        config.connect_timeout(limits::REPLICA_CONNECT);
        // What the kernel cannot deliver must fail, and not arrive when somebody else is the owner; the fence refuses it all the same.
        config.tcp_user_timeout(limits::REPLICA_ANSWER);
        config.keepalives_idle(limits::REPLICA_ANSWER);
        if config.get_application_name().is_none() {
            config.application_name("darkroom");
        }
        Ok(Self { config, shown })
    }
}

impl fmt::Display for ReplicaUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Shown in logs with all settings: without the password.
impl fmt::Debug for ReplicaUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplicaUrl({})", self.shown)
    }
}

/// A database with Darkroom's tables, in the schema `darkroom`.
#[derive(Clone)]
pub(super) struct Database {
    url: ReplicaUrl,
    tls: MakeRustlsConnect,
}

/// Made by the first Darkroom. `IF NOT EXISTS` is no protection against two at the same time: the lock is.
const TABLES: &str = "
    SELECT pg_advisory_xact_lock(hashtext('darkroom tables'));
    CREATE SCHEMA IF NOT EXISTS darkroom;
    CREATE TABLE IF NOT EXISTS darkroom.owner (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        -- A random id of this set of tables.
        cluster text NOT NULL,
        -- Counts owners.
        term bigint NOT NULL,
        holder text NOT NULL,
        until timestamptz NOT NULL
    );
    -- Where others reach the owner: an address of its HTTP server.
    ALTER TABLE darkroom.owner ADD COLUMN IF NOT EXISTS address text NOT NULL DEFAULT '';
    -- The last term whose owner gave the lease up itself, when nothing that an earlier one sent could arrive any more.
    ALTER TABLE darkroom.owner ADD COLUMN IF NOT EXISTS released_term bigint NOT NULL DEFAULT 0;
    INSERT INTO darkroom.owner (cluster, term, holder, until) VALUES (gen_random_uuid()::text, 0, '', '-infinity') ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS darkroom.commits (
        seq bigint PRIMARY KEY,
        term bigint NOT NULL,
        -- The format of the database: the number of migrations.
        format integer NOT NULL,
        changeset bytea NOT NULL
    );
    CREATE TABLE IF NOT EXISTS darkroom.pieces (
        -- BLAKE3 of the bytes before they are compressed.
        hash bytea PRIMARY KEY,
        compressed bytea NOT NULL
    );
    CREATE TABLE IF NOT EXISTS darkroom.checkpoints (
        -- The last commit that is in it.
        seq bigint PRIMARY KEY,
        term bigint NOT NULL,
        format integer NOT NULL,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        bytes bigint NOT NULL,
        pieces bytea[] NOT NULL
    );
    CREATE TABLE IF NOT EXISTS darkroom.live (
        epoch bigint NOT NULL,
        -- The last change that is in it, and the last that was before it.
        seq bigint NOT NULL,
        after bigint NOT NULL,
        term bigint NOT NULL,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        changes text NOT NULL,
        PRIMARY KEY (epoch, seq)
    );
    CREATE TABLE IF NOT EXISTS darkroom.views (
        epoch bigint NOT NULL,
        -- The last change that is in it.
        seq bigint NOT NULL,
        term bigint NOT NULL,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        snapshot text NOT NULL,
        PRIMARY KEY (epoch, seq)
    );";

/// On this channel of PostgreSQL those who follow the owner hear that there is something new.
pub(super) const CHANNEL: &str = "darkroom";

impl Database {
    /// # Errors
    /// The certificates in `ca_file` cannot be used.
    pub fn new(url: ReplicaUrl, ca_file: Option<&Path>) -> Result<Self, ReplicaError> {
        let config = match ca_file {
            Some(file) => comfyui::trusting(file).map_err(|error| ReplicaError::Url(format!("({url}): {error}")))?,
            None => comfyui::public_authorities().map_err(|error| ReplicaError::Url(format!("({url}): {error}")))?,
        };
        Ok(Self { url, tls: MakeRustlsConnect::new(Arc::unwrap_or_clone(config)) })
    }

    pub fn url(&self) -> &ReplicaUrl {
        &self.url
    }

    /// A connection of its own, for one user at a time.
    pub async fn connect(&self) -> Result<Client, ReplicaError> {
        let (client, connection) = self.url.config.connect(self.tls.clone()).await.map_err(|error| self.error(&error))?;
        let shown = self.url.shown.clone();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(postgres = shown, %error, "a connection to PostgreSQL ended");
            }
        });
        self.prepare_session(client).await
    }

    /// The same, and what is notified of every commit of the owner until the connection ends.
    pub async fn connect_listening(&self) -> Result<(Client, Arc<Notify>), ReplicaError> {
        let (client, mut connection) = self.url.config.connect(self.tls.clone()).await.map_err(|error| self.error(&error))?;
        let news = Arc::new(Notify::new());
        let told = news.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if matches!(message, AsyncMessage::Notification(_)) {
                    told.notify_one();
                }
            }
            told.notify_one();
        });
        let client = self.prepare_session(client).await?;
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await.map_err(|error| self.error(&error))?;
        Ok((client, news))
    }

    async fn prepare_session(&self, client: Client) -> Result<Client, ReplicaError> {
        // A Darkroom that is stopped in the middle of something must not keep others from taking over.
        let seconds = limits::REPLICA_ANSWER.as_millis();
        let limit = format!("SET idle_in_transaction_session_timeout = {seconds}; SET statement_timeout = {}", seconds * 6);
        client.batch_execute(&limit).await.map_err(|error| self.error(&error))?;
        Ok(client)
    }

    /// Makes the tables that are missing.
    pub async fn prepare(&self, client: &mut Client) -> Result<(), ReplicaError> {
        let making = async {
            let transaction = client.transaction().await?;
            transaction.batch_execute(TABLES).await?;
            transaction.commit().await
        };
        making.await.map_err(|error| self.error(&error))
    }

    /// A connection that is open, and does not answer in time.
    pub fn no_answer(&self) -> ReplicaError {
        ReplicaError::Unreachable { address: self.url.shown.clone(), why: "it does not answer".into() }
    }

    pub fn error(&self, error: &tokio_postgres::Error) -> ReplicaError {
        let address = self.url.shown.clone();
        match error.as_db_error() {
            Some(refusal) => ReplicaError::Refused { address, why: format!("{} ({})", refusal.message(), refusal.code().code()) },
            None => {
                // The library's own words say only in which step it failed.
                let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
                ReplicaError::Unreachable { address, why: format!("{error}{cause}") }
            }
        }
    }
}
