//! A template that was read.

/// A text with alternatives and wildcards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PromptTemplate {
    pub(super) parts: Vec<PromptPart>,
    /// Where braces begin that are never closed: they reach to the end, as in ComfyUI's page.
    pub(super) unclosed: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum PromptPart {
    /// With the backslashes that escape braces and bars.
    Text(String),
    Choice(PromptChoice),
    Wildcard(WildcardUse),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PromptChoice {
    pub(super) picks: Option<Picks>,
    pub(super) options: Vec<PromptOption>,
}

/// How many of the options are taken, each at most once, and what is between them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picks {
    pub(super) min: usize,
    /// `None`: as many as there are.
    pub(super) max: Option<usize>,
    pub(super) separator: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PromptOption {
    /// Relative to those of the others; 1 if none is given.
    pub(super) weight: f64,
    pub(super) template: PromptTemplate,
}

/// `__pattern__`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WildcardUse {
    pub(super) pattern: String,
    pub(super) at: usize,
}

impl Picks {
    /// The numbers that can be taken of this many options.
    pub(super) fn range(&self, options: usize) -> std::ops::RangeInclusive<usize> {
        let max = self.max.unwrap_or(options).min(options);
        self.min.min(max)..=max
    }
}

impl PromptTemplate {
    /// Whether it gives always the same text.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.parts.iter().all(|part| match part {
            PromptPart::Text(_) => true,
            PromptPart::Wildcard(_) => false,
            PromptPart::Choice(choice) => choice.picks.is_none() && matches!(choice.options.as_slice(), [only] if only.template.is_fixed()),
        })
    }

    /// The wildcards that it names itself.
    pub(super) fn wildcards(&self) -> Vec<&WildcardUse> {
        let mut found = Vec::new();
        let mut templates = vec![self];
        while let Some(template) = templates.pop() {
            for part in &template.parts {
                match part {
                    PromptPart::Text(_) => {}
                    PromptPart::Wildcard(wildcard) => found.push(wildcard),
                    PromptPart::Choice(choice) => templates.extend(choice.options.iter().map(|option| &option.template)),
                }
            }
        }
        found
    }

    /// The only wildcard, if there is nothing else.
    pub(super) fn as_wildcard(&self) -> Option<&WildcardUse> {
        if let [PromptPart::Wildcard(wildcard)] = self.parts.as_slice() { Some(wildcard) } else { None }
    }
}
