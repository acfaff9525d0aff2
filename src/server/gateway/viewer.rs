//! Who asks, and which prompts that client sees: `[gateway] visibility`.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use proto::gateway::ClientPrompt;
use url::form_urlencoded;

use crate::{config::ClientVisibility, store::PromptsOf};

/// The sender of a request. Clients of ComfyUI name themselves only on their sockets and in what they submit, so without a name it is the submitter of before: the
/// same browser or address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// See [`crate::access::Access::submitter`].
    pub(super) submitter: String,
    /// `clientId` in the address.
    client_id: Option<String>,
    visibility: ClientVisibility,
}

impl Viewer {
    pub(super) fn new(submitter: String, query: Option<&str>, visibility: ClientVisibility) -> Self {
        let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let client_id = pairs.find(|(name, id)| name == "clientId" && !id.is_empty()).map(|(_, id)| id.into_owned());
        Self { submitter, client_id, visibility }
    }

    /// On its socket it has this client id.
    pub(super) fn named(self, client_id: &str) -> Self {
        Self { client_id: Some(client_id.to_owned()), ..self }
    }

    pub(super) fn sees(&self, prompt: &ClientPrompt) -> bool {
        let is_given = |ours: &Option<String>, theirs: Option<&str>| theirs.is_some() && ours.as_deref() == theirs;
        self.visibility == ClientVisibility::All
            || is_given(&prompt.submitter, Some(&self.submitter))
            || is_given(&prompt.client_id, self.client_id.as_deref())
    }

    /// The same for the database.
    pub(super) fn prompts(&self) -> PromptsOf {
        match self.visibility {
            ClientVisibility::All => PromptsOf::Everybody,
            ClientVisibility::Own => PromptsOf::Client { submitter: self.submitter.clone(), client_id: self.client_id.clone() },
        }
    }
}

/// The entrance put it there.
impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
pub(super) fn everybody() -> Viewer {
    Viewer::new("address 127.0.0.1".to_owned(), None, ClientVisibility::All)
}

#[cfg(test)]
mod tests {
    use proto::time::Timestamp;

    use super::*;

    fn prompt(submitter: Option<&str>, client_id: Option<&str>) -> ClientPrompt {
        ClientPrompt {
            prompt_id: "p".into(),
            client_id: client_id.map(str::to_owned),
            number: 0.into(),
            create_time: Timestamp(1),
            outputs: Vec::new(),
            fingerprint: 0,
            chooses_previews: false,
            submitter: submitter.map(str::to_owned),
        }
    }

    #[test]
    fn own_prompts_are_those_of_the_client_id_and_of_the_submitter() {
        let viewer = |query| Viewer::new("address 10.0.0.1".into(), query, ClientVisibility::Own);
        let (mine, named, other) =
            (prompt(Some("address 10.0.0.1"), None), prompt(Some("session 7"), Some("c")), prompt(Some("session 7"), None));
        let seen = |viewer: Viewer| [&mine, &named, &other].map(|prompt| viewer.sees(prompt));
        assert_eq!(seen(viewer(None)), [true, false, false]);
        assert_eq!(seen(viewer(Some("a=1&clientId=c"))), [true, true, false]);
        assert_eq!(seen(viewer(Some("clientId="))), [true, false, false], "no name is no name");
        assert_eq!(seen(viewer(None).named("c")), [true, true, false]);
        assert!(!viewer(None).sees(&prompt(None, None)), "one of which nobody knows whose it is");
        assert_eq!(seen(Viewer::new("x".into(), None, ClientVisibility::All)), [true; 3]);
    }
}
