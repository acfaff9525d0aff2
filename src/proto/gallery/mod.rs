//! The gallery: what it knows of an output, and what is searched for.

mod facts;
mod search;

pub use self::{
    facts::{LoraFact, OutputFacts},
    search::{Condition, Facet, FacetValue, NumberRange, Place, Quantity, Search, Term, Trait, Words},
};
