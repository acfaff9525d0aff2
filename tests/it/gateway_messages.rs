//! Messages of a node's own kind (`send_sync` of ComfyUI's server): to the client whose prompt runs, or to everybody.

use serde_json::{Value, json};

use crate::{
    demo::client::Socket,
    gateway_stage::{GatewayStage, is_over, kinds, messages, picture},
    support::faults::{Control, Fault},
};

async fn say(engine: &Control, event: &str, number: u32, to_all: bool) {
    engine.fault(Fault::Say { event: event.into(), data: json!({"number": number}), to_all }).await;
}

fn numbers(socket: &Socket, event: &str) -> Vec<u64> {
    messages(&socket.frames(), event).iter().map(|data: &Value| data["number"].as_u64().expect("a number")).collect()
}

#[tokio::test]
async fn a_node_speaks_to_the_client_of_its_prompt_or_to_everybody() {
    let stage = GatewayStage::of(2, |_| {}).await;
    for engine in &stage.engines {
        // Darkroom's, and the one that only hears what is for everybody.
        engine.until_sockets(2).await;
        engine.hold_at_step("KSampler", 2).await;
    }
    let (mut anna, mut bert, mut idle) = (stage.socket("a").await, stage.socket("b").await, stage.socket("c").await);
    let first = stage.submit(&picture(1, Some("a"))).await;
    let second = stage.submit(&picture(2, Some("b"))).await;
    let mut where_anna = 0;
    for (at, engine) in stage.engines.iter().enumerate() {
        engine.held().await;
        if !engine.executions_of(&first).await.is_empty() {
            where_anna = at;
        }
    }
    let (hers, his) = (&stage.engines[where_anna], &stage.engines[1 - where_anna]);
    say(hers, "pack.mine", 1, false).await;
    say(his, "pack.mine", 2, false).await;
    say(hers, "pack.all", 3, true).await;
    say(his, "pack.all", 4, true).await;
    say(hers, "pack.mine", 5, false).await;
    say(hers, "pack.last", 6, true).await;
    for (socket, own) in [(&mut anna, 2), (&mut bert, 1), (&mut idle, 0)] {
        let all = |frames: &[_]| {
            let count = |kind: &str| messages(frames, kind).len();
            count("pack.all") == 2 && count("pack.last") == 1 && count("pack.mine") >= own
        };
        socket.until("what is for everybody", all).await;
    }
    assert_eq!(
        (numbers(&anna, "pack.mine"), numbers(&bert, "pack.mine"), numbers(&idle, "pack.mine")),
        (vec![1_u64, 5], vec![2_u64], Vec::<u64>::new())
    );
    for engine in &stage.engines {
        engine.release().await;
    }
    anna.until("the end", |frames| is_over(frames, &first)).await;
    bert.until("the end", |frames| is_over(frames, &second)).await;
    let kinds = kinds(&anna.frames());
    let at = |kind: &str| kinds.iter().position(|known| known == kind).unwrap_or_else(|| panic!("no {kind} in {kinds:?}"));
    assert!(at("executing:3") < at("pack.mine") && at("pack.mine") < at("execution_success"), "in order with its run");

    // Nothing runs any more.
    say(hers, "pack.mine", 7, false).await;
    say(his, "pack.idle", 8, true).await;
    for socket in [&mut anna, &mut bert, &mut idle] {
        socket.until("what is for everybody", |frames| !messages(frames, "pack.idle").is_empty()).await;
        assert_eq!(numbers(socket, "pack.idle"), vec![8_u64], "once");
        assert_eq!(numbers(socket, "pack.all").len(), 2, "once");
    }
}
