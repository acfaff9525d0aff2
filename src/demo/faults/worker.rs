//! Faults of runs: the worker calls these at every place where a fault may strike.

use std::{
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::Rng;
use serde_json::{Value, json};

use super::{
    hold::hold_at,
    order::{At, Fault, SocketManner},
    orders::Occasion,
};
use crate::{
    engine::Engine,
    nodes::Failure,
    pace::{Held, Interrupted},
    run::Run,
};

/// Exit code of a process killed by SIGKILL.
const KILLED: i32 = 137;
/// ComfyUI's message: the exception's text, then its own tips.
const OUT_OF_MEMORY: &str = "Allocation on device \nThis error means you ran out of memory on your GPU.\n\nTIPS: If the workflow worked before you might have accidentally set the batch_size to a large number.";

/// Called after `executing` was sent for the node of this id and class, before the node starts.
///
/// # Errors
/// The ordered exception, or the interrupt of a held prompt.
pub(crate) fn at_node(run: &Run<'_>, (node, class): (&str, &str)) -> Result<(), Failure> {
    let (engine, prompt_id) = (run.engine, &run.prompt.id);
    hold_at(engine, Held { prompt_id: prompt_id.clone(), at: At::Node, node: Some(node.to_owned()), step: None }, class)?;
    let here = |wanted: &str| wanted == node || wanted == class;
    let dies = engine.orders.take_fault(Some(prompt_id), |fault| match fault {
        Fault::DieAtNode { node } if here(node) => Some(()),
        _ => None,
    });
    if dies.is_some() {
        std::process::exit(KILLED);
    }
    if let Some((rate, seconds)) = engine.orders.take_fault(Some(prompt_id), |fault| match fault {
        Fault::Flood { events_per_second, seconds } => Some((*events_per_second, *seconds)),
        _ => None,
    }) {
        flood(run, node, f64::from(rate), seconds)?;
    }
    let raised = engine.orders.take_fault(Some(prompt_id), |fault| match fault {
        Fault::FailNode { node, message } if here(node) => Some(("RuntimeError", message.clone())),
        Fault::Oom { node } if node.as_deref().is_none_or(here) => Some(("torch.OutOfMemoryError", OUT_OF_MEMORY.to_owned())),
        _ => None,
    });
    raised.map_or(Ok(()), |(class, message)| Err(Failure::Raised { class, message }))
}

/// Sends `progress` at the ordered rate, independent of the engine's speed; catches up when late.
fn flood(run: &Run<'_>, node: &str, rate: f64, seconds: f64) -> Result<(), Interrupted> {
    const PAUSE: Duration = Duration::from_millis(2);
    let total = (rate * seconds.max(0.0)) as u64;
    let start = Instant::now();
    let mut sent = 0;
    while sent < total {
        let due = ((start.elapsed().as_secs_f64() * rate) as u64).min(total);
        while sent < due {
            sent += 1;
            run.send("progress", &json!({"value": sent, "max": total, "prompt_id": run.prompt.id, "node": node}));
        }
        run.engine.pace.wait(0.0)?;
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// The output that the node of this id and class is ordered to report instead of its own.
pub(crate) fn ordered_output(run: &Run<'_>, (node, class): (&str, &str)) -> Option<Value> {
    run.engine.orders.take_fault(Some(&run.prompt.id), |fault| match fault {
        Fault::NodeOutput { node: wanted, output } if wanted == node || wanted == class => Some(output.clone()),
        _ => None,
    })
}

/// Delays the history.
pub(crate) fn history_lag(engine: &Engine, prompt_id: &str) {
    let lag = engine.orders.take_fault(Some(prompt_id), |fault| match fault {
        Fault::HistoryLag { ms } => Some(*ms),
        _ => None,
    });
    if let Some(ms) = lag {
        engine.pace.linger(Duration::from_millis(ms));
    }
}

/// False when this prompt must leave no history entry.
pub(crate) fn keeps_history(engine: &Engine, prompt_id: &str) -> bool {
    let forgets = |occasion| engine.orders.take(occasion, |order| matches!(order.fault, Fault::ForgetHistory).then_some(()));
    forgets(Occasion { prompt: Some(prompt_id), ..Occasion::default() }).is_none()
}

/// The name and the bytes of the file that a node puts out instead of its pictures.
pub(crate) fn put_out(engine: &Engine, prompt: &str) -> Option<(String, Vec<u8>)> {
    engine.orders.take_fault(Some(prompt), |fault| match fault {
        Fault::PutOut { filename, content: Some(content), .. } => Some((filename.clone(), STANDARD.decode(content).unwrap_or_default())),
        Fault::PutOut { filename, bytes, .. } => {
            let mut noise = vec![0; *bytes];
            rand::rng().fill(&mut noise[..]);
            Some((filename.clone(), noise))
        }
        _ => None,
    })
}

/// How a node is ordered to send its pictures over the socket.
pub(crate) fn socket_results(engine: &Engine, prompt: &str) -> Option<SocketManner> {
    engine.orders.take_fault(Some(prompt), |fault| match fault {
        Fault::SocketResults(manner) => Some(*manner),
        _ => None,
    })
}
