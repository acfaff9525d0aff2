//! Where the gateway does otherwise than ComfyUI, on purpose. Each function makes of the lines of a recording what the gateway says instead.

#![allow(clippy::ptr_arg, reason = "all are of one type")]

use serde_json::{Value, json};

/// Changes the lines of a recording.
pub type Meant = fn(&mut Vec<Value>);

pub fn is_request(line: &Value, method: &str, path: &str) -> bool {
    line["kind"] == "http" && line["method"] == method && line["path"] == path
}

/// The message in a line.
pub fn message(line: &Value) -> Value {
    line["text"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

pub fn is_message(line: &Value, sock: &str, kind: &str) -> bool {
    line["kind"] == "ws_text" && line["sock"] == sock && message(line)["type"] == kind
}

/// ComfyUI fails on a workflow in the editor's format (500), which people send by mistake: they are told.
pub fn an_editors_file_is_refused_with_words(lines: &mut Vec<Value>) {
    let sent = lines.iter_mut().filter(|line| line["request_body"]["prompt"]["nodes"].is_array());
    for line in sent {
        line["status"] = 400.into();
        line["content_type"] = "application/json; charset=utf-8".into();
        let error = json!({"type": "invalid_prompt", "message": "Cannot execute because a node is missing the class_type property.",
            "details": "Node ID '#last_node_id'", "extra_info": {}});
        line["response_body"] = json!({"error": error, "node_errors": {}});
    }
}

/// ComfyUI answers with the status alone.
pub fn another_sites_page_is_refused_with_words(lines: &mut Vec<Value>) {
    let refused = lines.iter_mut().filter(|line| line["request_headers"]["Origin"] == "http://example.com");
    for line in refused {
        line["content_type"] = "text/plain; charset=utf-8".into();
        line["response_text"] = "This request comes from another site, or names another host, and is refused.\n".into();
    }
}

/// ComfyUI shows the values that it made of the given ones (fact 34), the gateway what was submitted.
pub fn the_history_has_values_as_submitted(lines: &mut Vec<Value>) {
    let submitted: Vec<(String, Value)> = lines
        .iter()
        .filter(|line| is_request(line, "POST", "/prompt"))
        .filter_map(|line| Some((line["response_body"]["prompt_id"].as_str()?.to_owned(), line["request_body"]["prompt"].clone())))
        .collect();
    for (id, prompt) in submitted {
        for line in lines.iter_mut().filter(|line| is_request(line, "GET", &format!("/history/{id}"))) {
            if let Some(shown) = line["response_body"].pointer_mut(&format!("/{id}/prompt/2")) {
                *shown = prompt.clone();
            }
        }
    }
}

/// As later versions say it; 0.8.0 says `failed`.
pub fn an_interrupted_job_is_cancelled(lines: &mut Vec<Value>) {
    let jobs = lines.iter_mut().filter(|line| line["path"].as_str().is_some_and(|path| path.starts_with("/api/jobs/")));
    for line in jobs {
        let job = &mut line["response_body"];
        let messages = job["execution_status"]["messages"].as_array();
        if messages.and_then(|messages| messages.last()).is_some_and(|last| last[0] == "execution_interrupted") {
            job["status"] = "cancelled".into();
        }
    }
}

/// What waits is listed in the order in which it will run; ComfyUI lists it in that of its heap.
pub fn the_queue_is_in_order(lines: &mut Vec<Value>) {
    for line in lines.iter_mut().filter(|line| is_request(line, "GET", "/queue")) {
        let pending = line["response_body"]["queue_pending"].as_array_mut().expect("a list");
        pending.sort_by(|a, b| a[0].as_f64().unwrap_or_default().total_cmp(&b[0].as_f64().unwrap_or_default()));
    }
}

/// Only the second half of the recording can be repeated: in the first one ids are used that are in use, which the gateway refuses
/// (`gateway_routes::a_refused_prompt_gets_comfyuis_own_words_and_the_client_may_choose_ids`).
pub fn no_id_is_used_twice(lines: &mut Vec<Value>) {
    let begin =
        lines.iter().position(|line| line["kind"] == "note" && line["text"].as_str().is_some_and(|text| text.starts_with("odd ids")));
    let begin = begin.expect("the second half");
    let first = lines.iter().position(|line| is_message(line, "A", "status")).expect("the first message of the socket");
    lines.drain(first + 1..begin);
}

/// An id that is null or empty is none: the prompt gets one. ComfyUI uses "None" and the empty text.
pub fn an_empty_id_is_none(lines: &mut Vec<Value>) {
    const GIVEN: [(&str, &str); 2] = [("None", "00000000-0000-4000-8000-00000000000a"), ("", "00000000-0000-4000-8000-00000000000b")];
    for line in lines {
        let mut text = line.to_string();
        for (id, given) in GIVEN {
            text = text.replace(&format!(r#"\"prompt_id\": \"{id}\""#), &format!(r#"\"prompt_id\": \"{given}\""#));
        }
        text = text.replace("\"None\"", &format!("\"{}\"", GIVEN[0].1)).replace("/history/None", &format!("/history/{}", GIVEN[0].1));
        *line = serde_json::from_str(&text).expect("JSON");
        if line["response_body"]["prompt_id"] == "" {
            line["response_body"]["prompt_id"] = GIVEN[1].1.into();
        }
    }
}

/// The messages of a run as another run of the same kind has them, on `sock` at `t`.
fn retold(lines: &[Value], of: &str, instead: &str, sock: &str, t: &Value) -> Vec<Value> {
    let history = lines.iter().find(|line| is_request(line, "GET", &format!("/history/{instead}"))).expect("its history");
    let outputs = &history["response_body"][instead]["outputs"];
    let told = lines.iter().filter(|line| line["kind"] == "ws_text" && message(line)["data"]["prompt_id"] == of);
    let told = told.map(|line| {
        let mut message: Value = serde_json::from_str(&message(line).to_string().replace(of, instead)).expect("JSON");
        if message["type"] == "executed" {
            message["data"]["output"] = outputs[message["data"]["node"].as_str().expect("a node")].clone();
        }
        json!({"kind": "ws_text", "sock": sock, "t": t, "text": message.to_string()})
    });
    told.collect()
}

/// In ComfyUI only the newest socket of a client id hears, and none when an older one was closed (fact 1).
pub fn all_sockets_of_a_client_hear(lines: &mut Vec<Value>) {
    let greeted = |line: &Value| !message(line)["data"]["sid"].is_null();
    let copy = |lines: &[Value], from: &str, to: &str, until: f64| -> Vec<Value> {
        let heard = lines.iter().filter(|line| line["kind"] == "ws_text" && line["sock"] == from && !greeted(line));
        let heard = heard.filter(|line| line["t"].as_f64().is_some_and(|t| t < until)).cloned();
        heard
            .map(|mut line| {
                line["sock"] = to.into();
                line
            })
            .collect()
    };
    let closed = |lines: &[Value], sock: &str| {
        let close = lines.iter().find(|line| line["kind"] == "ws_close" && line["sock"] == sock).expect("its end");
        close["t"].as_f64().expect("a time")
    };
    let prompts: Vec<(String, f64)> = lines
        .iter()
        .filter(|line| is_request(line, "POST", "/prompt"))
        .map(|line| (line["response_body"]["prompt_id"].as_str().expect("an id").to_owned(), line["t_sent"].as_f64().expect("a time")))
        .collect();
    // The variant in the middle of a run is that of `comes_back.rs`.
    let variant = prompts[4].1;
    lines
        .retain(|line| line["t"].as_f64().is_some_and(|t| t < variant) && line["sock"].as_str().is_none_or(|sock| !sock.starts_with("C-")));

    let mut more = copy(lines, "A-newer", "A-older", closed(lines, "A-older"));
    // The second run, which no socket heard; of the third all; the fourth, which no socket heard either.
    let until = closed(lines, "A-newer");
    let statuses = |from: f64, to: f64, sock: &str| {
        let heard = copy(lines, "B", sock, to).into_iter().filter(move |line| line["t"].as_f64().is_some_and(|t| t > from));
        heard.filter(|line| message(line)["type"] == "status").collect::<Vec<_>>()
    };
    for (run, sock, to) in [(1, "A-newer", prompts[2].1), (3, "A-third", variant)] {
        let told = statuses(prompts[run].1, to, sock);
        let end = told.last().expect("statuses")["t"].clone();
        more.extend(told);
        more.extend(retold(lines, &prompts[0].0, &prompts[run].0, sock, &end));
    }
    more.extend(copy(lines, "A-third", "A-newer", until));
    let flags = lines.iter().find(|line| line["kind"] == "ws_send" && line["sock"] == "A-newer").expect("its flags");
    let features =
        json!({"supports_preview_metadata": true, "max_upload_size": 104_857_600, "extension": {"manager": {"supports_v4": true}}});
    let answer = json!({"type": "feature_flags", "data": features}).to_string();
    more.push(json!({"kind": "ws_text", "sock": "A-newer", "t": flags["t"], "text": answer}));
    lines.extend(more);
    lines.sort_by(|a, b| a["t"].as_f64().unwrap_or_default().total_cmp(&b["t"].as_f64().unwrap_or_default()));
}
