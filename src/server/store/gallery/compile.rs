//! A search as conditions of SQL.

use proto::{
    gallery::{Condition, Facet, Quantity, QuantityRange, Search, SearchPlace},
    time::Timestamp,
};
use rusqlite::Connection;

use super::{
    buckets, keys,
    keys::first_id,
    numbers::{has_ratio, number, size},
    values,
    words::{self, WordKind},
};

/// What the index is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexQuery {
    /// An expression of FTS5. `None`: everything that is not in the trash.
    pub expression: Option<String>,
    /// Ids from the first to before the second.
    pub ids: (i64, i64),
    /// Ids between these that are left out, from the first to before the second.
    pub gaps: Vec<(i64, i64)>,
    /// Nothing can match.
    pub is_empty: bool,
    /// It asks for nothing but these values, of which an output has at most one: then the dictionary knows how many there are.
    pub only_values: Option<Vec<i64>>,
    /// It asks for all but what matches this.
    pub all_but: Option<String>,
    /// What matches, with what of it is in the trash: counting both is faster than asking of each whether it is in the trash.
    pub with_trash: Option<(String, String)>,
    /// The same results in parts that have none in common, where counting these is faster than counting the whole.
    pub disjoint: Vec<String>,
}

/// FTS5 compares every row of an OR with all its alternatives. With more than so many, counting each by itself is faster.
const FEW: usize = 4;

/// What one condition asks of the index.
enum ConditionPart {
    /// Nothing: it holds for all outputs, or cannot be asked.
    Anything,
    Never,
    Expression(String),
    /// All outputs but these.
    Except(String),
    /// Ids of the dictionary, and the tokens that say the same.
    Values(Vec<i64>, Vec<String>),
    Date(Option<Timestamp>, Option<Timestamp>),
    Trash,
}

impl IndexQuery {
    /// Looks up the values of the search in the dictionary.
    pub fn new(connection: &Connection, search: &Search) -> rusqlite::Result<Self> {
        let mut query = Self::of_parts(None, (0, i64::MAX), Vec::new());
        // The place among the wanted, and the tokens, of which an output has at most one.
        let mut alternatives: Option<(usize, Vec<String>)> = None;
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        let (mut in_trash, mut not_in_trash) = (false, false);
        for term in &search.terms {
            match (part(connection, &term.condition)?, term.is_negated) {
                (ConditionPart::Anything, false) | (ConditionPart::Never, true) => {}
                (ConditionPart::Anything, true) | (ConditionPart::Never, false) => query.is_empty = true,
                (ConditionPart::Expression(text), false) | (ConditionPart::Except(text), true) => wanted.push(text),
                (ConditionPart::Expression(text), true) | (ConditionPart::Except(text), false) => unwanted.push(text),
                (ConditionPart::Values(ids, tokens), false) => match any_of(&tokens) {
                    Some(text) => {
                        if has_one(&term.condition) && alternatives.as_ref().is_none_or(|(_, known)| known.len() < tokens.len()) {
                            alternatives = Some((wanted.len(), tokens));
                        }
                        let knows_all = search.terms.len() == 1 && (ids.len() == 1 || has_one(&term.condition));
                        query.only_values = knows_all.then_some(ids);
                        wanted.push(text);
                    }
                    None => query.is_empty = true,
                },
                (ConditionPart::Values(_, tokens), true) => unwanted.extend(any_of(&tokens)),
                (ConditionPart::Date(from, before), false) => {
                    query.ids.0 = query.ids.0.max(from.map_or(0, first_id));
                    query.ids.1 = query.ids.1.min(before.map_or(i64::MAX, first_id));
                }
                (ConditionPart::Date(from, before), true) => {
                    query.gaps.push((from.map_or(0, first_id), before.map_or(i64::MAX, first_id)));
                }
                (ConditionPart::Trash, false) => in_trash = true,
                (ConditionPart::Trash, true) => not_in_trash = true,
            }
        }
        query.is_empty |= in_trash && not_in_trash;
        if in_trash {
            wanted.push(quoted(&keys::trash()));
        } else if wanted.is_empty() && !unwanted.is_empty() {
            query.all_but = Some(joined(&[format!("({})", unwanted.join(" OR "))], &[quoted(&keys::trash())]));
            wanted.push(quoted(&keys::live()));
        } else if !wanted.is_empty() {
            if unwanted.is_empty() {
                let all = joined(&wanted, &[]);
                query.with_trash = Some((all.clone(), format!("{all} AND {}", quoted(&keys::trash()))));
            }
            unwanted.push(quoted(&keys::trash()));
        }
        if !wanted.is_empty() {
            query.expression = Some(joined(&wanted, &unwanted));
        }
        if let Some((place, tokens)) = alternatives.filter(|(_, tokens)| tokens.len() > FEW) {
            let one = |token: &String| {
                wanted[place] = quoted(token);
                joined(&wanted, &unwanted)
            };
            query.disjoint = tokens.iter().map(one).collect();
        }
        Ok(query)
    }

    /// What [`Self::expression`], [`Self::ids`] and [`Self::gaps`] say, and nothing that makes counting faster.
    pub fn of_parts(expression: Option<String>, ids: (i64, i64), gaps: Vec<(i64, i64)>) -> Self {
        Self { expression, ids, gaps, is_empty: false, only_values: None, all_but: None, with_trash: None, disjoint: Vec::new() }
    }

    /// The condition on `column`, the id.
    pub fn range(&self, column: &str) -> String {
        let mut text = format!("{column} >= {} AND {column} < {}", self.ids.0, self.ids.1);
        for (from, before) in &self.gaps {
            text.push_str(&format!(" AND NOT ({column} >= {from} AND {column} < {before})"));
        }
        text
    }

    /// The same search, of newer outputs than this one only.
    pub fn newer_than(mut self, id: i64) -> Self {
        self.ids.0 = self.ids.0.max(id.saturating_add(1));
        self
    }

    /// The same search, of older outputs than this one only.
    pub fn older_than(mut self, id: i64) -> Self {
        self.ids.1 = self.ids.1.min(id);
        self
    }

    pub fn has_dates(&self) -> bool {
        self.ids != (0, i64::MAX) || !self.gaps.is_empty()
    }

    /// Whether it asks for all that is not in the trash.
    pub fn is_everything(&self) -> bool {
        self.expression.is_none() && !self.has_dates() && !self.is_empty
    }
}

/// Whether an output has at most one value of what is asked for.
fn has_one(condition: &Condition) -> bool {
    match condition {
        Condition::Facet { facet, .. } => !matches!(facet, Facet::Model | Facet::Lora | Facet::Tag | Facet::Album),
        _ => true,
    }
}

fn part(connection: &Connection, condition: &Condition) -> rusqlite::Result<ConditionPart> {
    let phrase = |words, kind| words::phrase(words, kind).map_or(ConditionPart::Anything, ConditionPart::Expression);
    Ok(match condition {
        Condition::Words(words) => phrase(words, WordKind::Wanted),
        Condition::Negative(words) => phrase(words, WordKind::Negative),
        Condition::Facet { facet, values } => {
            let mut ids = Vec::new();
            for value in values {
                ids.extend(values::ids_called(connection, *facet, value)?);
            }
            ids.sort_unstable();
            ids.dedup();
            by_id(ids)
        }
        Condition::Seed(seed) => ConditionPart::Expression(quoted(&keys::seed(*seed))),
        Condition::Star(true) => ConditionPart::Expression(quoted(&keys::star())),
        Condition::Star(false) => ConditionPart::Except(quoted(&keys::star())),
        Condition::Number { quantity: Quantity::Rating, range } => rating(*range),
        Condition::Number { quantity, range } => {
            let facet = match quantity {
                Quantity::Steps => keys::STEPS,
                Quantity::Cfg => keys::CFG,
                Quantity::Rating | Quantity::Pixels => keys::SIZE,
            };
            let mut values = values::numbers(connection, facet, |value| number(*quantity, value))?;
            let mut all: Vec<(u64, i64, bool)> = values.drain(..).map(|(value, id)| (value, id, range.contains(value))).collect();
            let tokens = buckets::cover(*quantity, &mut all);
            ConditionPart::Values(all.into_iter().filter(|(.., is_wanted)| *is_wanted).map(|(_, id, _)| id).collect(), tokens)
        }
        Condition::Size { width, height } => {
            let wanted = format!("{width}x{height}");
            by_id(values::ids_where(connection, keys::SIZE, |value| value == wanted)?)
        }
        Condition::Ratio { width, height } => by_id(values::ids_where(connection, keys::SIZE, |value| {
            size(value).is_some_and(|size| has_ratio(size, (u64::from(*width), u64::from(*height))))
        })?),
        Condition::Date { from, before } => ConditionPart::Date(*from, *before),
        Condition::Has(what) => ConditionPart::Expression(quoted(&keys::has(*what))),
        Condition::In(SearchPlace::Trash) => ConditionPart::Trash,
    })
}

/// Outputs without a rating have no token, so a range with 0 leaves out those with the others.
fn rating(range: QuantityRange) -> ConditionPart {
    let includes_none = range.contains(0);
    let listed = (1..=5).filter(|rating| range.contains(u64::from(*rating) * 1000) != includes_none);
    let listed: Vec<String> = listed.map(|rating| quoted(&keys::rating(rating))).collect();
    match (includes_none, listed.is_empty()) {
        (true, true) => ConditionPart::Anything,
        (false, true) => ConditionPart::Never,
        (true, false) => ConditionPart::Except(format!("({})", listed.join(" OR "))),
        (false, false) => ConditionPart::Expression(format!("({})", listed.join(" OR "))),
    }
}

fn by_id(ids: Vec<i64>) -> ConditionPart {
    let tokens = ids.iter().map(|id| keys::value(*id)).collect();
    ConditionPart::Values(ids, tokens)
}

fn any_of(tokens: &[String]) -> Option<String> {
    let tokens: Vec<String> = tokens.iter().map(|token| quoted(token)).collect();
    (!tokens.is_empty()).then(|| format!("({})", tokens.join(" OR ")))
}

/// `wanted` must not be empty.
fn joined(wanted: &[String], unwanted: &[String]) -> String {
    let wanted = wanted.join(" AND ");
    if unwanted.is_empty() { wanted } else { format!("({wanted}) NOT ({})", unwanted.join(" OR ")) }
}

/// Our own tokens: no text has them, so they need no column.
fn quoted(token: &str) -> String {
    format!("\"{token}\"")
}
