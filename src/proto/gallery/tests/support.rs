use crate::{
    gallery::{Condition, Facet, FacetValue, Search, SearchError, SearchWords, Term, Today},
    time::Timestamp,
};

/// 2026-11-29 23:30 UTC, which is the 30th in Berlin.
pub(super) const TODAY: Today = Today { now: Timestamp(1_795_995_000_000), utc_offset_minutes: 60 };

#[track_caller]
pub(super) fn terms(text: &str) -> Vec<Term> {
    Search::parse(text, TODAY).unwrap_or_else(|error| panic!("{text}: {error}")).terms
}

/// What the only term of a search means.
#[track_caller]
pub(super) fn condition(text: &str) -> Condition {
    let terms = terms(text);
    assert_eq!(terms.len(), 1, "{text}");
    terms[0].condition.clone()
}

#[track_caller]
pub(super) fn error(text: &str) -> SearchError {
    Search::parse(text, TODAY).expect_err(text)
}

pub(super) fn words(text: &str) -> Condition {
    Condition::Words(SearchWords { text: text.into(), is_prefix: false })
}

pub(super) fn facet(facet: Facet, values: &[&str]) -> Condition {
    Condition::Facet { facet, values: values.iter().map(|text| FacetValue { text: (*text).into(), is_prefix: false }).collect() }
}
