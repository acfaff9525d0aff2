mod dates;
mod numbers;
mod parsing;
mod support;
