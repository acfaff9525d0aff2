//! Which store the Darkrooms of tests have: SQLite alone, or with `DARKROOM_TEST_POSTGRES` (`make test-postgres`) PostgreSQL, too.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use tokio_postgres::NoTls;

/// `postgres://…/postgres` of a server on which databases may be made.
const SERVER: &str = "DARKROOM_TEST_POSTGRES";

/// The database of the Darkroom with this data folder, made if it is not there. `None`: it has SQLite alone.
pub async fn postgres_of(folder: &Path) -> Option<String> {
    let server = std::env::var(SERVER).ok().filter(|server| !server.is_empty())?;
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    let name = format!("test_{:x}", hasher.finish());
    let (client, connection) = tokio_postgres::connect(&server, NoTls).await.expect("PostgreSQL of the tests");
    tokio::spawn(connection);
    let known = client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await.expect("an answer");
    if known.is_none() {
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");
    }
    let (base, _) = server.rsplit_once('/').expect("a url with a database");
    Some(format!("{base}/{name}?sslmode=disable"))
}
