//! The settings page as rendered by the server: the defaults, since the server does not know the browser.

use darkroom::web::first_paint::FirstPaint;

use super::fixtures::{done, first_paint, gpu};
use super::render::render;

#[tokio::test]
async fn every_preference_has_a_label_a_description_and_its_default() {
    let page = render("settings", "/settings", first_paint(vec![], vec![gpu()])).await;
    page.shows("<h1>Settings</h1>").shows(">Reset to defaults</button>").hides("Event log").hides("style=");
    let names = [
        "Connect automatically",
        "First wait",
        "Longest wait",
        "Polling interval",
        "Theme",
        "Show previews",
        "Updates per second",
        "Single keys",
        "Notifications",
        "Debug mode",
        "Log to the console",
    ];
    for name in names {
        page.shows(&format!(">{name}</label>"));
    }
    assert_eq!(page.count("-hint\">"), names.len(), "each says what it means");
    page.shows(r#"id="backoff_max_ms" min="1" max="600""#).shows(r#"value="30""#).shows(r#"<option value="dark">"#);
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn the_settings_offer_to_sign_out_only_with_a_session() {
    let first = first_paint(vec![], vec![gpu()]);
    render("settings", "/settings", first.clone()).await.hides("Sign out");
    let page = render("settings-session", "/settings", FirstPaint { signed_in: true, ..first }).await;
    page.shows(r#"method="post" action="/sign-out""#).shows(r#"<button type="submit" class="button">Sign out</button>"#);
}

#[tokio::test]
async fn without_javascript_the_settings_explain_why_they_are_empty() {
    let page = render("settings-plain", "/settings", first_paint(vec![], vec![gpu()])).await;
    page.shows("Preferences belong to the browser that they are kept in, and need JavaScript");
    // Controls that need JavaScript are hidden by the stylesheet, and disabled until hydration.
    page.shows(r#"<fieldset disabled class="settings with-script">"#);
}

#[tokio::test]
async fn every_page_links_to_the_settings_and_sets_the_theme_before_the_first_paint() {
    let page = render("settings-link", "/", first_paint(vec![done(3)], vec![gpu()])).await;
    page.shows(r#"<a href="/settings""#);
    let head = page.html().split("<link rel=\"stylesheet\"").next().unwrap();
    assert!(head.contains("localStorage.getItem('darkroom.preferences.1')"), "the theme is set before the first style");
}
