//! States as people read them, and their signs.

use proto::production::{BoardState, NodeStatus, QualityPreset, ReviewState, TakeReview, TakeState};

use crate::components::icon::Glyph;

pub(super) fn state_words(state: BoardState) -> (&'static str, Glyph) {
    match state {
        BoardState::Idle => ("Idle", Glyph::Minus),
        BoardState::Generating => ("Generating", Glyph::Arc),
        BoardState::Completed => ("Completed", Glyph::Check),
        BoardState::Error => ("Error", Glyph::Bang),
    }
}

pub(super) fn state_of(status: NodeStatus) -> BoardState {
    match status {
        NodeStatus::Idle => BoardState::Idle,
        NodeStatus::Generating => BoardState::Generating,
        NodeStatus::Completed => BoardState::Completed,
        NodeStatus::Error => BoardState::Error,
    }
}

pub(super) fn take_state_words(state: TakeState) -> (&'static str, Glyph) {
    match state {
        TakeState::Generating => ("Generating", Glyph::Arc),
        TakeState::Completed => ("Completed", Glyph::Check),
        TakeState::Failed => ("Failed", Glyph::Bang),
        TakeState::Cancelled => ("Cancelled", Glyph::Cross),
    }
}

pub(super) fn review_words(status: ReviewState) -> &'static str {
    match status {
        ReviewState::Todo => "To do",
        ReviewState::Ready => "Ready",
        ReviewState::InProgress => "In progress",
        ReviewState::Review => "Review",
        ReviewState::Retake => "Retake",
        ReviewState::Approved => "Approved",
        ReviewState::Hold => "On hold",
        ReviewState::Omitted => "Omitted",
    }
}

pub(super) fn take_review_words(review: TakeReview) -> &'static str {
    match review {
        TakeReview::Neutral => "Not reviewed",
        TakeReview::Approved => "Approved",
        TakeReview::Rejected => "Rejected",
        TakeReview::Retake => "Retake wanted",
    }
}

pub(super) const QUALITIES: [QualityPreset; 3] = [QualityPreset::Low, QualityPreset::Standard, QualityPreset::High];

pub(super) fn quality_words(quality: QualityPreset) -> &'static str {
    match quality {
        QualityPreset::Low => "Low",
        QualityPreset::Standard => "Standard",
        QualityPreset::High => "High",
    }
}
