//! Why a page of a production is not shown, and a change not made.

use proto::production::ProductionProblem;

use crate::store::{ProductionError, ProductionRefusal};

pub(super) fn problem(error: ProductionError) -> ProductionProblem {
    let message = error.to_string();
    match error {
        ProductionError::Refused(ProductionRefusal::Unknown(_)) => ProductionProblem::NotFound(message),
        ProductionError::Refused(ProductionRefusal::Conflict { version, current }) => {
            ProductionProblem::Conflict { version, current: current.to_string() }
        }
        ProductionError::Refused(ProductionRefusal::Field(problem)) => {
            ProductionProblem::Refused { field: problem.field, message: problem.message }
        }
        ProductionError::Refused(_) => ProductionProblem::Refused { field: String::new(), message },
        ProductionError::Store(_) => ProductionProblem::Unavailable(message),
    }
}
