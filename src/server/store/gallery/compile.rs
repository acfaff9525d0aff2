//! A search as conditions of SQL.

use proto::{
    gallery::{Condition, Facet, Quantity, QuantityRange, Search, SearchPlace},
    time::Timestamp,
};
use rusqlite::Connection;

use super::{keys, keys::first_id, values, words};

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
}

/// What one condition asks of the index.
enum Part {
    /// Nothing: it holds for all outputs, or cannot be asked.
    Anything,
    Never,
    Expression(String),
    /// All outputs but these.
    Except(String),
    Values(Vec<i64>),
    Date(Option<Timestamp>, Option<Timestamp>),
    Trash,
}

impl IndexQuery {
    /// Looks up the values of the search in the dictionary.
    pub fn new(connection: &Connection, search: &Search) -> rusqlite::Result<Self> {
        let mut query = Self { expression: None, ids: (0, i64::MAX), gaps: Vec::new(), is_empty: false, only_values: None };
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        let (mut in_trash, mut not_in_trash) = (false, false);
        for term in &search.terms {
            match (part(connection, &term.condition)?, term.is_negated) {
                (Part::Anything, false) | (Part::Never, true) => {}
                (Part::Anything, true) | (Part::Never, false) => query.is_empty = true,
                (Part::Expression(text), false) | (Part::Except(text), true) => wanted.push(text),
                (Part::Expression(text), true) | (Part::Except(text), false) => unwanted.push(text),
                (Part::Values(ids), false) => match any_of(&ids) {
                    Some(text) => {
                        let knows_all = search.terms.len() == 1 && (ids.len() == 1 || has_one(&term.condition));
                        query.only_values = knows_all.then_some(ids);
                        wanted.push(text);
                    }
                    None => query.is_empty = true,
                },
                (Part::Values(ids), true) => unwanted.extend(any_of(&ids)),
                (Part::Date(from, before), false) => {
                    query.ids.0 = query.ids.0.max(from.map_or(0, first_id));
                    query.ids.1 = query.ids.1.min(before.map_or(i64::MAX, first_id));
                }
                (Part::Date(from, before), true) => {
                    query.gaps.push((from.map_or(0, first_id), before.map_or(i64::MAX, first_id)));
                }
                (Part::Trash, false) => in_trash = true,
                (Part::Trash, true) => not_in_trash = true,
            }
        }
        query.is_empty |= in_trash && not_in_trash;
        if in_trash {
            wanted.push(quoted(&keys::trash()));
        } else if wanted.is_empty() && !unwanted.is_empty() {
            wanted.push(quoted(&keys::live()));
        } else if !wanted.is_empty() {
            unwanted.push(quoted(&keys::trash()));
        }
        if !wanted.is_empty() {
            let wanted = wanted.join(" AND ");
            query.expression = Some(match unwanted.is_empty() {
                true => wanted,
                false => format!("({wanted}) NOT ({})", unwanted.join(" OR ")),
            });
        }
        Ok(query)
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

fn part(connection: &Connection, condition: &Condition) -> rusqlite::Result<Part> {
    let in_columns = |columns: &str, words| match words::phrase(words) {
        Some(phrase) => Part::Expression(format!("{columns} : {phrase}")),
        None => Part::Anything,
    };
    Ok(match condition {
        Condition::Words(words) => in_columns("{prompt names}", words),
        Condition::Negative(words) => in_columns("negative", words),
        Condition::Facet { facet, values } => {
            let mut ids = Vec::new();
            for value in values {
                ids.extend(values::ids_called(connection, *facet, value)?);
            }
            ids.sort_unstable();
            ids.dedup();
            Part::Values(ids)
        }
        Condition::Seed(seed) => Part::Expression(quoted(&keys::seed(*seed))),
        Condition::Star(true) => Part::Expression(quoted(&keys::star())),
        Condition::Star(false) => Part::Except(quoted(&keys::star())),
        Condition::Number { quantity: Quantity::Rating, range } => rating(*range),
        Condition::Number { quantity, range } => {
            let facet = match quantity {
                Quantity::Steps => keys::STEPS,
                Quantity::Cfg => keys::CFG,
                Quantity::Rating | Quantity::Pixels => keys::SIZE,
            };
            Part::Values(values::ids_where(connection, facet, |value| number(*quantity, value).is_some_and(|value| range.contains(value)))?)
        }
        Condition::Size { width, height } => {
            let wanted = format!("{width}x{height}");
            Part::Values(values::ids_where(connection, keys::SIZE, |value| value == wanted)?)
        }
        Condition::Ratio { width, height } => Part::Values(values::ids_where(connection, keys::SIZE, |value| {
            size(value).is_some_and(|size| has_ratio(size, (u64::from(*width), u64::from(*height))))
        })?),
        Condition::Date { from, before } => Part::Date(*from, *before),
        Condition::Has(what) => Part::Expression(quoted(&keys::has(*what))),
        Condition::In(SearchPlace::Trash) => Part::Trash,
    })
}

/// Outputs without a rating have no token, so a range with 0 leaves out those with the others.
fn rating(range: QuantityRange) -> Part {
    let includes_none = range.contains(0);
    let listed = (1..=5).filter(|rating| range.contains(u64::from(*rating) * 1000) != includes_none);
    let listed: Vec<String> = listed.map(|rating| quoted(&keys::rating(rating))).collect();
    match (includes_none, listed.is_empty()) {
        (true, true) => Part::Anything,
        (false, true) => Part::Never,
        (true, false) => Part::Except(format!("({})", listed.join(" OR "))),
        (false, false) => Part::Expression(format!("({})", listed.join(" OR "))),
    }
}

fn any_of(values: &[i64]) -> Option<String> {
    let tokens: Vec<String> = values.iter().map(|id| quoted(&keys::value(*id))).collect();
    (!tokens.is_empty()).then(|| format!("({})", tokens.join(" OR ")))
}

/// Our own tokens: no text has them, so they need no column.
fn quoted(token: &str) -> String {
    format!("\"{token}\"")
}

/// As [`QuantityRange`] counts.
fn number(quantity: Quantity, value: &str) -> Option<u64> {
    match quantity {
        Quantity::Rating => None,
        Quantity::Steps | Quantity::Cfg => thousandths(value),
        Quantity::Pixels => size(value).map(|(width, height)| width.saturating_mul(height)),
    }
}

/// Digits after the third are left out.
fn thousandths(value: &str) -> Option<u64> {
    let (whole, rest) = value.split_once('.').unwrap_or((value, ""));
    let digits: String = rest.chars().chain("000".chars()).take(3).collect();
    let whole: u64 = if whole.is_empty() && !rest.is_empty() { 0 } else { whole.parse().ok()? };
    whole.checked_mul(1000)?.checked_add(digits.parse().ok()?)
}

fn size(value: &str) -> Option<(u64, u64)> {
    let (width, height) = value.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// One side is the other one times the ratio, rounded to the nearest pixel.
fn has_ratio((width, height): (u64, u64), (across, down): (u64, u64)) -> bool {
    let rounded = |side: u64, times: u64, by: u64| (2 * side * times + by) / (2 * by).max(1);
    across > 0 && down > 0 && (height == rounded(width, down, across) || width == rounded(height, across, down))
}
