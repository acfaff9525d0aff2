//! A token in the address of a request, for clients that can send no header. It is taken out there, so that nobody behind sees it and no log has it.

use axum::http::Uri;
use url::form_urlencoded;

/// `?token=TOKEN`. The other parameters stay as they were written.
pub(crate) fn take_query_token(uri: &mut Uri) -> Option<String> {
    let query = uri.query()?;
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token").map(|(_, token)| token.into_owned())?;
    let is_token = |pair: &str| form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| name == "token");
    let others: Vec<&str> = query.split('&').filter(|pair| !is_token(pair)).collect();
    let others = others.join("&");
    *uri = address(uri.path(), Some(others.as_str()).filter(|others| !others.is_empty()))?;
    Some(token)
}

/// A path that begins with `/t/TOKEN/`.
pub(crate) fn take_path_token(uri: &mut Uri) -> Option<String> {
    let (token, rest) = uri.path().strip_prefix("/t/")?.split_once('/')?;
    let token = decoded(token);
    *uri = address(&format!("/{rest}"), uri.query())?;
    Some(token)
}

fn address(path: &str, query: Option<&str>) -> Option<Uri> {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{path}{query}").parse().ok()
}

/// One part of a path without percent-encoding.
fn decoded(part: &str) -> String {
    // In a path a plus sign is itself.
    let query = format!("x={}", part.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(take: fn(&mut Uri) -> Option<String>, address: &str) -> (Option<String>, String) {
        let mut uri: Uri = address.parse().unwrap();
        let token = take(&mut uri);
        (token, uri.to_string())
    }

    #[test]
    fn a_token_is_taken_out_of_the_query() {
        let take = |address| taken(take_query_token, address);
        assert_eq!(take("/queue?a=%2F&b"), (None, "/queue?a=%2F&b".into()));
        assert_eq!(take("/queue?token=se%2Bcret&a=%2F"), (Some("se+cret".into()), "/queue?a=%2F".into()));
        assert_eq!(take("/queue?a=1&%74oken=secret&token=other"), (Some("secret".into()), "/queue?a=1".into()));
        assert_eq!(take("/queue?token=secret"), (Some("secret".into()), "/queue".into()));
        assert_eq!(take("/templates/x?tokens=1"), (None, "/templates/x?tokens=1".into()));
    }

    #[test]
    fn a_token_is_taken_out_of_the_path() {
        let take = |address| taken(take_path_token, address);
        assert_eq!(take("/t/secret/api/userdata/a%2Fb?x=1"), (Some("secret".into()), "/api/userdata/a%2Fb?x=1".into()));
        assert_eq!(take("/t/se%2Bc+ret/"), (Some("se+c+ret".into()), "/".into()));
        assert_eq!(take("/t/secret"), (None, "/t/secret".into()));
        assert_eq!(take("/templates/x/"), (None, "/templates/x/".into()));
    }
}
