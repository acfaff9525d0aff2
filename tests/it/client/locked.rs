//! A ComfyUI behind a proxy that wants a user, a header and a query, with a certificate of its own. Fault row 38.

use darkroom::client::{ClientError, Options};

use super::watched::{FAST, picture, run};
use crate::support::{faults::FaultyEngine, front::Front, link::brisk_link, tls::TlsFront};

#[tokio::test]
async fn a_run_comes_in_with_all_that_is_wanted_and_says_when_something_is_missing() {
    let engine = FaultyEngine::start(FAST).await;
    let front = Front::wanting_everything(engine.addr).await;
    let tls = TlsFront::with_private_ca(front.addr()).await;
    let url = format!("https://{}/?token=a%2Bb", tls.addr);
    let options =
        || Options::comfyui(&url).unwrap().link(brisk_link()).header("X-API-Key", "hush-hush").unwrap().ca_file(&tls.ca_file).unwrap();
    assert!(!format!("{:?} {}", options(), options().url()).contains("a%2Bb"));
    engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), options().user("me", "pass word").unwrap());
    // Steps are told by the socket only.
    ours.until_step(3).await;
    engine.held().await;
    engine.release().await;
    let (ended, _) = ours.end().await;
    let outcome = ended.unwrap();
    assert!(outcome.outputs[0].bytes().await.unwrap().len() > 100);
    let ClientError::Usage(why) = run(picture(1), options()).failed().await else { panic!("failed otherwise") };
    assert!(why.contains("does not let us in") && !why.contains("a%2Bb"), "{why}");
}
