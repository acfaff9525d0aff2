//! A real Redis that speaks TLS with a certificate of a private authority.

use serde_json::json;

use super::Studio;
use crate::support::{
    redis::{RedisServer, redis_config},
    tls::PrivateCertificate,
};

fn trusting(ca_file: &std::path::Path) -> String {
    format!("ca_file = '{}'", ca_file.display())
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted() {
    let redis = RedisServer::start_tls().await;
    let studio = Studio::start_with(redis_config(&redis.url(), &trusting(&redis.ca_file()))).await;
    studio.until_redis("connected").await;
    redis.meta("a", &json!({"status": "SUCCESS", "result": 7})).await;
    assert_eq!(studio.until_state("a", "SUCCESS").await["result"], 7);
}

#[tokio::test]
async fn another_authority_is_not_and_that_is_said() {
    let redis = RedisServer::start_tls().await;
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.pem");
    std::fs::write(&other, PrivateCertificate::new().ca_pem).unwrap();
    let wrong_authority = redis_config(&redis.url(), &trusting(&other));
    // Without a setting those of the public internet are trusted, which did not sign it either.
    for config in [wrong_authority, redis_config(&redis.url(), "")] {
        let studio = Studio::start_with(config).await;
        let failed = studio.until_redis("failed").await;
        let why = failed["why"].as_str().unwrap();
        assert!(why.contains("certificate") && why.contains("[redis] ca_file"), "{why}");
    }
}
