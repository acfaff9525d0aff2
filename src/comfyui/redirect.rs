//! Redirects of a ComfyUI, or rather of the proxy before it. Followed only where nothing can go wrong: to the same server, with the same request.

use reqwest::{Response, StatusCode, header};
use url::Url;

/// What a redirect asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The same request may be sent there.
    Follow(Url),
    /// Not followed: what to do, for people. Without anything secret.
    Elsewhere(String),
}

/// Requests that are redirected more often go in a circle.
pub(super) const MAX_REDIRECTS: usize = 4;

/// `None`: the answer does not redirect. `base`: the url of the ComfyUI.
pub(super) fn redirect(response: &Response, base: &Url) -> Option<Redirect> {
    let status = response.status();
    if !matches!(status.as_u16(), 301..=303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let target = response.url().join(location).ok()?;
    Some(decide(status, response.url(), &target, base))
}

fn decide(status: StatusCode, asked: &Url, target: &Url, base: &Url) -> Redirect {
    // The others turn a POST into a GET.
    let keeps_request = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    if keeps_request && target.origin() == asked.origin() && target.username().is_empty() && target.password().is_none() {
        return Redirect::Follow(target.clone());
    }
    Redirect::Elsewhere(words(status, asked, target, base))
}

/// Names the url to use instead.
pub(super) fn words(status: StatusCode, asked: &Url, target: &Url, base: &Url) -> String {
    let mut to = target.clone();
    to.set_query(None);
    to.set_fragment(None);
    let _ = (to.set_username(""), to.set_password(None));
    let code = status.as_u16();
    // The url of the ComfyUI is what is before the path of the request.
    let path = asked.path().strip_prefix(base.path()).unwrap_or_default();
    match to.path().trim_end_matches('/').strip_suffix(path).map(str::to_owned) {
        Some(before) if !path.is_empty() && before.ends_with('/') => {
            to.set_path(&before);
            if to == *base {
                return format!("it redirects in a circle ({code})");
            }
            format!("it redirects to {to} ({code}); use that url")
        }
        _ => format!("it redirects to {to} ({code}); use that url, or let Darkroom sign in: a token, a user or a header may be missing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn decided(status: u16, target: &str) -> Redirect {
        let base = url("https://pod.example/comfy/");
        decide(StatusCode::from_u16(status).unwrap(), &url("https://pod.example/comfy/prompt?token=hush"), &url(target), &base)
    }

    #[test]
    fn only_the_same_server_gets_the_same_request() {
        let same = "https://pod.example/other/prompt?token=hush";
        assert_eq!(decided(307, same), Redirect::Follow(url(same)));
        assert_eq!(decided(308, "https://pod.example:443/"), Redirect::Follow(url("https://pod.example/")));
        for (status, target) in [
            (301, same),
            (302, same),
            (303, same),
            (307, "http://pod.example/comfy/prompt"),
            (307, "https://pod.example:8443/comfy/prompt"),
            (308, "https://other.example/comfy/prompt"),
            (308, "https://me:hush@pod.example/comfy/prompt"),
        ] {
            let Redirect::Elsewhere(words) = decided(status, target) else { panic!("{status} {target} is followed") };
            assert!(words.contains("redirects") && !words.contains("hush"), "{words}");
        }
    }

    #[test]
    fn the_url_to_use_is_named() {
        let words = |target| match decided(302, target) {
            Redirect::Elsewhere(words) => words,
            Redirect::Follow(_) => panic!("{target} is followed"),
        };
        assert_eq!(words("https://new.example/prompt?token=hush"), "it redirects to https://new.example/ (302); use that url");
        assert_eq!(words("http://pod.example/comfy/prompt/"), "it redirects to http://pod.example/comfy/ (302); use that url");
        assert_eq!(words("https://pod.example/comfy/prompt"), "it redirects in a circle (302)");
        let sign_in = words("https://login.example/sign-in?next=hush");
        assert!(sign_in.starts_with("it redirects to https://login.example/sign-in (302); use that url, or"), "{sign_in}");
    }
}
