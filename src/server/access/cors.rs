//! Which pages of other sites may use which part of Darkroom (CORS). They are programs: they send the token, and never the cookie of a person.

use super::control::Access;

impl Access {
    /// Some other sites' pages may use the API.
    pub(crate) fn has_cors(&self) -> bool {
        !self.cors_origins.is_empty()
    }

    /// Whether pages of this origin may send requests to this path, and read the responses.
    pub(crate) fn allows_cors(&self, origin: &str, path: &str) -> bool {
        is_for_programs(path) && self.is_cors_origin(origin)
    }

    /// Whether pages of this origin may use what is for programs; all of the gateway is.
    pub(crate) fn is_cors_origin(&self, origin: &str) -> bool {
        self.cors_origins.iter().any(|known| known == origin)
    }
}

/// The API, its streams, and the script for pages that use it. Not the functions of Darkroom's own pages, which are below `/api` too.
fn is_for_programs(path: &str) -> bool {
    let is_api = path.starts_with("/api/") && !path.starts_with("/api/fn/");
    is_api || path.starts_with("/progress/") || path.starts_with("/client/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AccessConfig;

    #[test]
    fn only_exact_origins_may_use_only_the_api() {
        let shop = "https://shop.example";
        let access = Access::new(&AccessConfig { cors_origins: vec![shop.into()], ..AccessConfig::default() });
        for path in ["/api/tasks", "/api/openapi.json", "/progress/1", "/client/darkroom.js"] {
            assert!(access.allows_cors(shop, path), "{path}");
        }
        for path in ["/", "/api/fn/task", "/api", "/ws", "/sign-in", "/gallery/zip", "/metrics"] {
            assert!(!access.allows_cors(shop, path), "{path}");
        }
        for origin in ["http://shop.example", "https://shop.example:8443", "https://shop.example.evil.example", "null", ""] {
            assert!(!access.allows_cors(origin, "/api/tasks"), "{origin}");
        }
        assert!(!Access::new(&AccessConfig::default()).has_cors());
    }
}
