//! Which problem each refusal of a production is.

use crate::{
    routes::api::{kind::ProblemKind, problem::ApiProblem, responses::problem_responses},
    store::{ProductionError, ProductionRefusal},
};

impl From<ProductionRefusal> for ApiProblem {
    fn from(refusal: ProductionRefusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            ProductionRefusal::Unknown(_) => Self::new(ProblemKind::UnknownInProduction, text),
            ProductionRefusal::Field(problem) => {
                let pointer = if problem.field.is_empty() { String::new() } else { format!("/{}", problem.field) };
                Self::at(pointer, problem.message)
            }
            ProductionRefusal::Conflict { current, changed, .. } => {
                Self::new(ProblemKind::ChangedMeanwhile, text).with_current(*current, changed)
            }
            ProductionRefusal::WrongState(_) => Self::new(ProblemKind::WrongState, text),
            ProductionRefusal::Full(_) => Self::new(ProblemKind::ProductionFull, text),
            ProductionRefusal::Damaged => Self::new(ProblemKind::Internal, text),
        }
    }
}

impl From<ProductionError> for ApiProblem {
    fn from(error: ProductionError) -> Self {
        match error {
            ProductionError::Refused(refusal) => refusal.into(),
            ProductionError::Store(error) => error.into(),
        }
    }
}

problem_responses!(ReadProblems {
    400 => "Not an id, or a bad query.",
    404 => "There is no such project, or no such object in it.",
    503 => "The database cannot be read.",
});

problem_responses!(ListProblems {
    400 => "A bad query.",
    503 => "The database cannot be read.",
});

problem_responses!(NewProblems {
    400 => "Not an id, or not JSON.",
    404 => "There is no such project.",
    409 => "There is no room for more.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, or bad values: `errors` lists where.",
    503 => "It cannot be stored now.",
});

problem_responses!(ChangeProblems {
    400 => "Not an id, not JSON, or a bad If-Match.",
    404 => "There is no such project, or no such object in it.",
    409 => "It was changed since that version: `current` is how it is now, `changed` what is different. Or it cannot be done as things are.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, or bad values: `errors` lists where.",
    503 => "It cannot be stored now.",
});

problem_responses!(OrderProblems {
    400 => "Not an id, or a bad If-Match.",
    404 => "There is no such project, or no such object in it.",
    409 => "It was changed since that version: `current` is how it is now, `changed` what is different. Or it cannot be done as things are.",
    503 => "It cannot be stored now.",
});
