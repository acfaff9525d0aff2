use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// As the browser reads it: the text of each member, of whatever type.
fn read(json: &str) -> Preferences {
    let members: HashMap<String, Value> = serde_json::from_str(json).unwrap_or_default();
    Preferences::read(&|setting| members.get(setting.name()).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
}

fn any_preferences() -> impl Strategy<Value = Preferences> {
    let times = (0..700_000u32, 0..700_000u32, 0..70_000u32);
    let words = (any::<[bool; 6]>(), 0..RATES.len(), 0..Theme::ALL.len());
    (times, words).prop_map(|((backoff_first_ms, backoff_max_ms, poll_every_ms), (switches, rate, theme))| Preferences {
        auto_connect: switches[0],
        previews: switches[1],
        debug: switches[2],
        log_to_console: switches[3],
        keys: switches[4],
        notify: switches[5],
        backoff_first_ms,
        backoff_max_ms,
        poll_every_ms,
        updates_per_second: RATES[rate],
        theme: Theme::ALL[theme],
    })
}

#[test]
fn default_preferences_give_the_default_link_configuration() {
    let usual = Preferences::default();
    assert_eq!(usual.link_config(), LinkConfig::browser());
    assert!(usual.auto_connect);
    assert!(usual.previews);
    assert!(!usual.debug);
    assert_eq!(usual.tick_ms(), 16);
    assert_eq!(usual.check(), []);
    assert_eq!(read("{}"), usual);
}

#[test]
fn unreadable_members_get_the_default_and_others_are_kept() {
    let usual = Preferences::default();
    let stray = r#"{"auto_connect":"perhaps","backoff_first_ms":2000,"backoff_max_ms":-1,"poll_every_ms":1e99,"previews":false,
        "updates_per_second":17,"theme":"sepia","unknown":[1]}"#;
    assert_eq!(read(stray), Preferences { backoff_first_ms: 2_000, previews: false, ..usual });
    assert_eq!([read("not json"), read("[]"), read("null")], [usual; 3]);
    let beyond = r#"{"backoff_first_ms":99,"backoff_max_ms":600001,"poll_every_ms":249,"theme":"light"}"#;
    assert_eq!(read(beyond), Preferences { theme: Theme::Light, ..usual });
}

#[test]
fn a_first_wait_above_the_longest_resets_both() {
    let kept = read(r#"{"backoff_first_ms":50000,"backoff_max_ms":10000,"poll_every_ms":5000}"#);
    assert_eq!(kept, Preferences { poll_every_ms: 5_000, ..Preferences::default() });
}

#[test]
fn an_invalid_preference_is_reported_at_its_field() {
    let usual = Preferences::default();
    let said =
        |preferences: Preferences| preferences.check().into_iter().map(|(at, words)| format!("{}: {words}", at.name())).collect::<Vec<_>>();
    let wrong = Preferences { backoff_first_ms: 0, poll_every_ms: 61_000, ..usual };
    assert_eq!(
        said(wrong),
        ["backoff_first_ms: This must be from 0.1 to 60 seconds.", "poll_every_ms: This must be from 0.25 to 60 seconds."]
    );
    let crossed = Preferences { backoff_first_ms: 2_500, backoff_max_ms: 2_000, ..usual };
    assert_eq!(said(crossed), ["backoff_max_ms: This must be at least the first wait, 2.5 seconds."]);
}

#[test]
fn a_long_polling_interval_also_holds_while_nothing_runs() {
    let config = |poll_every_ms| Preferences { poll_every_ms, ..Preferences::default() }.link_config();
    let times = |config: LinkConfig| (config.poll_busy.as_millis(), config.poll_idle.as_millis());
    assert_eq!([times(config(250)), times(config(5_000))], [(250, 1_000), (5_000, 5_000)]);
}

#[test]
fn seconds_are_read_as_they_are_written() {
    for (ms, text) in [(0, "0"), (100, "0.1"), (250, "0.25"), (1_000, "1"), (30_000, "30"), (1_001, "1.001")] {
        assert_eq!(seconds(ms).as_str(), text);
        assert_eq!(milliseconds(text), Some(ms));
    }
    assert_eq!([milliseconds(" 2,5 "), milliseconds(".5"), milliseconds("3.")], [Some(2_500), Some(500), Some(3_000)]);
    for nonsense in ["", " ", ".", "-1", "+1", "1e3", "1.2345", "one", "99999999999", "4294968"] {
        assert_eq!(milliseconds(nonsense), None, "{nonsense:?}");
    }
}

proptest! {
    #[test]
    fn valid_preferences_round_trip_and_give_a_valid_link_configuration(preferences in any_preferences()) {
        if preferences.check().is_empty() {
            prop_assert_eq!(read(&preferences.to_json()), preferences);
            prop_assert_eq!(preferences.link_config().check(), Ok(()));
        } else {
            prop_assert_ne!(read(&preferences.to_json()), preferences);
        }
        prop_assert_eq!(read(&preferences.to_json()).check(), vec![]);
    }

    #[test]
    fn any_stored_value_gives_valid_preferences(text in "[0-9a-z.\\-]{0,12}") {
        prop_assert_eq!(Preferences::read(&|_| Some(text.clone())).check(), vec![]);
    }
}
