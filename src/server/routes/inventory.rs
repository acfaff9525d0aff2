//! Lists the routes of a router. axum exposes them only in the `Debug` output of the router, so that is parsed.

use std::collections::HashMap;

use axum::Router;

const METHODS: [&str; 7] = ["get", "head", "post", "patch", "put", "delete", "options"];

/// Path and methods of each route, sorted by path. A route for any method lists all methods; the fallback is left out.
pub(crate) fn of<S>(router: &Router<S>) -> Vec<(String, Vec<String>)> {
    parse(&format!("{router:?}"))
}

/// `RouteId(3): MethodRouter(MethodRouter { get: Route, post: None, …`, and then `RouteId(3): "/tasks/{id}"`.
fn parse(printed: &str) -> Vec<(String, Vec<String>)> {
    let routes = printed.split("fallback_router:").next().unwrap_or_default();
    let mut methods: HashMap<&str, Vec<String>> = HashMap::new();
    let mut paths: HashMap<&str, String> = HashMap::new();
    for (id, rest) in routes.split("RouteId(").skip(1).filter_map(|part| part.split_once("): ")) {
        if let Some(path) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
            paths.insert(id, path.to_owned());
        } else {
            let has = |method: &&&str| !rest.contains(&format!("{method}: None"));
            let some: Vec<String> = METHODS.iter().filter(has).map(|method| (*method).to_owned()).collect();
            methods.insert(id, if some.is_empty() { METHODS.map(str::to_owned).into() } else { some });
        }
    }
    let mut all: Vec<_> = paths.into_iter().map(|(id, path)| (path, methods.remove(id).unwrap_or_default())).collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use axum::{
        extract::DefaultBodyLimit,
        routing::{any, get},
    };

    use super::*;

    /// If this fails, the `Debug` format of axum changed.
    #[test]
    fn each_route_has_its_methods() {
        let inner: Router = Router::new().route("/b/{id}", get(async || {}).patch(async || {}));
        let nested: Router = Router::new().route("/c", get(async || {}).layer(DefaultBodyLimit::max(1)));
        let router: Router = Router::new()
            .route("/any", any(async || {}))
            .merge(inner)
            .nest("/n", nested)
            .fallback(async || {})
            .layer(DefaultBodyLimit::max(1));
        let all = of(&router);
        let expected: [(&str, &[&str]); 3] = [("/any", &METHODS), ("/b/{id}", &["get", "patch"]), ("/n/c", &["get"])];
        let plain: Vec<(&str, Vec<&str>)> =
            all.iter().map(|(path, methods)| (path.as_str(), methods.iter().map(String::as_str).collect())).collect();
        assert_eq!(plain, expected.map(|(path, methods)| (path, methods.to_vec())));
    }
}
