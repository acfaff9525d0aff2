//! The path below which Darkroom is served, where a proxy gives it only a part of a site: `/darkroom` of `https://studio.example/darkroom/`.

use std::{str::FromStr, sync::Arc};

use axum::http::Extensions;
use proto::limits;

/// Checked: empty, or `/` and a segment, once or several times. A request that came in below it has it among its extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePath(Arc<str>);

impl Default for BasePath {
    /// Darkroom has the whole site.
    fn default() -> Self {
        Self("".into())
    }
}

/// Why a text is no base path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasePathError {
    #[error("{0:?} is no path; its parts may have letters, digits, \"-\", \".\", \"_\" and \"~\"")]
    Characters(String),
    #[error("it is longer than {} characters", limits::BASE_PATH)]
    Length,
    #[error("it begins with /{0}, which is a path of Darkroom's own: take another word")]
    Taken(&'static str),
}

/// The first words of Darkroom's own paths. A base path that begins with one could not be told from a path below it.
pub const OWN_PATHS: &[&str] = &[
    "agents",
    "api",
    "assets",
    "backends",
    "client",
    "comfy",
    "dailies",
    "external",
    "favicon.ico",
    "gallery",
    "grids",
    "healthz",
    "inpaint",
    "metrics",
    "model-previews",
    "progress",
    "projects",
    "queue",
    "readyz",
    "settings",
    "share",
    "sign-in",
    "sign-in.css",
    "sign-out",
    "tasks",
    "ws",
];

impl FromStr for BasePath {
    type Err = BasePathError;

    /// With or without slashes at its ends; only slashes are no base path.
    fn from_str(text: &str) -> Result<Self, BasePathError> {
        let inside = text.trim().trim_matches('/');
        if inside.is_empty() {
            return Ok(Self::default());
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.chars().all(is_plain);
        if !inside.split('/').all(is_segment) {
            return Err(BasePathError::Characters(text.to_owned()));
        }
        if inside.len() > limits::BASE_PATH {
            return Err(BasePathError::Length);
        }
        let first = inside.split('/').next().unwrap_or_default();
        if let Some(taken) = OWN_PATHS.iter().find(|own| **own == first) {
            return Err(BasePathError::Taken(taken));
        }
        Ok(Self(format!("/{inside}").into()))
    }
}

impl BasePath {
    /// That of a request.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Empty, or with a slash at its beginning and none at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Darkroom has the whole site.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address of one of Darkroom's paths, which begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address of Darkroom at a site: scheme and host, without a slash at the end.
    #[must_use]
    pub fn below(&self, site: &str) -> String {
        format!("{site}{}", self.0)
    }

    /// What comes after the base path in a path, with its query if there is one: empty, or with a slash or question mark at its beginning. `None`: it is outside.
    #[must_use]
    pub fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.as_str()).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_normalized() {
        for (text, path) in [("", ""), (" / ", ""), ("darkroom", "/darkroom"), ("/darkroom/", "/darkroom"), ("/a/b-1.2_~", "/a/b-1.2_~")] {
            assert_eq!(text.parse::<BasePath>().unwrap().as_str(), path, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_the_reason() {
        for text in ["a b", "/a//b", "/a/../b", "/.", "https://studio.example/darkroom", "/a?b", "/a#b", "/ä", "/a%20b", "/a\"b", "/a\\b"]
        {
            assert_eq!(text.parse::<BasePath>(), Err(BasePathError::Characters(text.to_owned())));
        }
        assert_eq!("x".repeat(limits::BASE_PATH + 1).parse::<BasePath>(), Err(BasePathError::Length));
        assert_eq!("/api/studio".parse::<BasePath>(), Err(BasePathError::Taken("api")));
        assert!("/apis".parse::<BasePath>().is_ok());
    }

    #[test]
    fn only_whole_segments_are_stripped() {
        let base: BasePath = "/darkroom".parse().unwrap();
        let strip = |path| base.strip(path);
        assert_eq!([strip("/darkroom"), strip("/darkroom/"), strip("/darkroom?a=b")], [Some(""), Some("/"), Some("?a=b")]);
        assert_eq!(strip("/darkroom/tasks/1?x"), Some("/tasks/1?x"));
        assert_eq!([strip("/darkrooms"), strip("/"), strip("/x/darkroom")], [None; 3]);
        assert_eq!(BasePath::default().strip("/tasks"), Some("/tasks"));
    }
}
