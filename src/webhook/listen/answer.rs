//! The HTTP handler of the receiver.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use parking_lot::Mutex;
use serde_json::Value;

use super::{
    print::{Printer, ReceivedCall},
    seen::Seen,
};
use crate::{Signed, SigningKey, verify};
use proto::limits;

/// What all calls share.
pub(super) struct Receiver {
    pub key: SigningKey,
    pub respond: StatusCode,
    pub printer: Printer,
    pub seen: Mutex<Seen>,
}

pub(super) fn router(receiver: Arc<Receiver>) -> Router {
    Router::new().fallback(receive).layer(DefaultBodyLimit::max(limits::WEBHOOK_CALL)).with_state(receiver)
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if method != Method::POST {
        let allow = [(header::ALLOW, "POST")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "Webhooks are sent with POST.\n").into_response();
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, timestamp, signature) = (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
    let mut call = ReceivedCall {
        at: now,
        path: uri.path(),
        id,
        event: text("darkroom-event"),
        status: StatusCode::BAD_REQUEST,
        repeated: false,
        wrong: None,
        body: None,
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            call.status = rejection.status();
            call.wrong = Some(format!("the body cannot be read, or is over {} MB", limits::WEBHOOK_CALL >> 20));
            return answered(&receiver, &call);
        }
    };
    call.body = Some(serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned())));
    if let Some(missing) = ["webhook-id", "webhook-timestamp", "webhook-signature"].into_iter().find(|name| text(name).is_empty()) {
        call.wrong = Some(format!("there is no {missing} header"));
        return answered(&receiver, &call);
    }
    match verify(&receiver.key, Signed { id, timestamp, signature }, &body, now.as_secs()) {
        Ok(()) => {
            call.status = receiver.respond;
            call.repeated = !receiver.seen.lock().is_new(id);
        }
        Err(refused) => {
            call.status = StatusCode::UNAUTHORIZED;
            call.wrong = Some(refused.to_string());
        }
    }
    answered(&receiver, &call)
}

fn answered(receiver: &Receiver, call: &ReceivedCall<'_>) -> Response {
    receiver.printer.print(call);
    match &call.wrong {
        Some(wrong) => (call.status, format!("{wrong}\n")).into_response(),
        None => call.status.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;
    use crate::{
        SigningKey,
        listen::{print::Printer, seen::Seen},
        sign,
    };

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    async fn status(method: Method, body: &'static [u8], headers: &[(&'static str, String)]) -> u16 {
        let printer = Printer { json: true, colours: false };
        let key = SigningKey::parse(KEY).unwrap();
        let receiver = Arc::new(Receiver { key, respond: StatusCode::ACCEPTED, printer, seen: Mutex::new(Seen::default()) });
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        receive(State(receiver), method, Uri::from_static("/x"), headers, Ok(Bytes::from_static(body))).await.status().as_u16()
    }

    fn signed(body: &[u8], ago: u64) -> [(&'static str, String); 3] {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - ago;
        let signature = sign(&SigningKey::parse(KEY).unwrap(), "msg_1", at, body);
        [("webhook-id", "msg_1".into()), ("webhook-timestamp", at.to_string()), ("webhook-signature", signature)]
    }

    #[tokio::test]
    async fn only_a_verified_call_is_accepted() {
        let whole = signed(b"{}", 0);
        assert_eq!(status(Method::POST, b"{}", &whole).await, 202);
        assert_eq!(status(Method::POST, b"{ }", &whole).await, 401);
        assert_eq!(status(Method::POST, b"{}", &signed(b"{}", 400)).await, 401);
        for missing in 0..3 {
            let mut headers = whole.to_vec();
            headers.remove(missing);
            assert_eq!(status(Method::POST, b"{}", &headers).await, 400);
        }
        assert_eq!(status(Method::GET, b"{}", &whole).await, 405);
    }
}
