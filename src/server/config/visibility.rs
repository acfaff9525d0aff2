//! `[gateway] visibility` and `[v2] visibility`.

use serde::Deserialize;

/// What one client sees of what others submitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientVisibility {
    /// Everything, as at one ComfyUI.
    #[default]
    All,
    /// Only what it submitted itself.
    Own,
}
