/// How far the upload of a picture is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PictureUpload {
    Idle,
    Sending,
    /// Why it was not taken, for people.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers upload"))]
    Failed(String),
}
